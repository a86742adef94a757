import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Codec, UnsupportedByVersion } from '../../src-broker/protocol/compile.ts'
import { apis } from '../../src-broker/protocol/messages/index.ts'
import { WireReader } from '../../src-broker/protocol/reader.ts'
import type { AnyField, Shape } from '../../src-broker/protocol/schema.ts'
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
} from '../../src-broker/protocol/stored/consumer-protocol.ts'
import { leaderChangeMessage, voters } from '../../src-broker/protocol/stored/control-records.ts'
import { groupMetadataValue, offsetCommitValue } from '../../src-broker/protocol/stored/group-records.ts'
import { metadataRecords } from '../../src-broker/protocol/stored/metadata-records.ts'
import { producerSnapshot } from '../../src-broker/protocol/stored/producer-snapshot.ts'
import type { Stored } from '../../src-broker/protocol/stored/stored.ts'
import { WireWriter } from '../../src-broker/protocol/writer.ts'

/** A shape and the codec of each of its versions. */
interface Message {
  readonly name: string
  readonly shape: Shape
  readonly versions: readonly number[]
  codec(version: number): Codec<Shape>
}

const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index)

const ofApis: Message[] = [...apis.values()].flatMap((api) => {
  const versions = range(api.minVersion, api.maxVersion)
  return [
    { name: `${api.name}Request`, shape: api.request, versions, codec: (version) => api.requestCodec(version) },
    { name: `${api.name}Response`, shape: api.response, versions, codec: (version) => api.responseCodec(version) },
  ]
})

const ofStored: Message[] = [
  ...Object.values(metadataRecords),
  leaderChangeMessage,
  voters,
  offsetCommitValue,
  groupMetadataValue,
  consumerProtocolSubscription,
  consumerProtocolAssignment,
  producerSnapshot,
].map((stored: Stored) => ({
  name: stored.name,
  shape: stored.fields,
  versions: range(stored.minVersion, stored.maxVersion),
  codec: (version) => stored.codec(version),
}))

describe.each([...ofApis, ...ofStored])('$name', ({ shape, versions, codec }) => {
  test('what one version can say comes back as it was', () => {
    for (const version of versions) {
      fc.assert(
        fc.property(structOf(shape, version), (message) => {
          expect(decoded(codec(version), encoded(codec(version), message))).toEqual(message)
        }),
        { numRuns: 30 },
      )
    }
  })

  test('what a version cannot say is dropped where it may be ignored, and refused otherwise', () => {
    fc.assert(
      fc.property(structOf(shape), fc.constantFrom(...versions), (message, version) => {
        const expected = inVersion(shape, version, message)
        if (expected === refused) expect(() => encoded(codec(version), message)).toThrow(UnsupportedByVersion)
        else expect(decoded(codec(version), encoded(codec(version), message))).toEqual(expected)
      }),
      { numRuns: 40 },
    )
  })

  test('a field left out means its default', () => {
    fc.assert(
      fc.property(structOf(shape, versions.at(-1)), (message) => {
        const terse = withoutDefaults(shape, message)
        expect(encoded(codec(versions.at(-1)!), terse)).toEqual(encoded(codec(versions.at(-1)!), message))
      }),
      { numRuns: 30 },
    )
  })
})

type Struct = Record<string, unknown>

function encoded(codec: Codec<Shape>, message: Struct): Uint8Array {
  const writer = new WireWriter(64)
  codec.encode(message, writer)
  return writer.take()
}

function decoded(codec: Codec<Shape>, bytes: Uint8Array): Struct {
  const reader = new WireReader(bytes)
  const message = codec.decode(reader)
  expect(reader.remaining).toBe(0)
  return message
}

/** Messages that `version` can carry, or, without a version, all that the type allows. */
function structOf(shape: Shape, version?: number): fc.Arbitrary<Struct> {
  return fc.record(
    Object.fromEntries(
      Object.entries(shape).map(([name, field]) => {
        const isAbsent = version !== undefined && !field.isIn(version)
        const fallback = fc.constant(defaultOf(field))
        if (isAbsent) return [name, fallback]
        return [name, field.isOptional ? fc.oneof(fallback, anyValueOf(field, version)) : anyValueOf(field, version)]
      }),
    ),
  )
}

function anyValueOf(field: AnyField, version?: number): fc.Arbitrary<unknown> {
  const isNullable = version === undefined ? field.rules.nullableSince < Infinity : field.isNullableIn(version)
  const value = notNull(field, version)
  return isNullable ? fc.option(value, { freq: 4 }) : value
}

function notNull({ type }: AnyField, version?: number): fc.Arbitrary<unknown> {
  if (type.kind === 'array') return fc.array(anyValueOf(type.item, version), { maxLength: 3 })
  if (type.kind === 'struct') return structOf(type.shape, version)
  return scalars[type.kind]
}

const blob = fc.oneof(fc.uint8Array({ maxLength: 8 }), fc.uint8Array({ minLength: 126, maxLength: 130 }))

const scalars = {
  bool: fc.boolean(),
  int8: fc.integer({ min: -0x80, max: 0x7f }),
  int16: fc.integer({ min: -0x8000, max: 0x7fff }),
  uint16: fc.integer({ min: 0, max: 0xffff }),
  int32: fc.integer(),
  uint32: fc.integer({ min: 0, max: 0xffff_ffff }),
  int64: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  int53: fc.maxSafeInteger(),
  float64: fc.double({ noNaN: true }),
  string: fc.oneof(fc.string({ maxLength: 70 }), fc.string({ unit: 'binary', maxLength: 70 })),
  bytes: blob,
  uuid: fc.uint8Array({ minLength: 16, maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex')),
  records: fc.option(blob),
}

function defaultOf(field: AnyField): unknown {
  const { fallback, type } = field
  if (type.kind !== 'struct' || fallback === null) return fallback
  return Object.fromEntries(Object.entries(type.shape).map(([name, inner]) => [name, defaultOf(inner)]))
}

const refused = Symbol('refused')

/** Kafka's rules once more, without any code generation: the message as `version` carries it, or `refused`. */
function inVersion(shape: Shape, version: number, message: Struct): Struct | typeof refused {
  const entries = Object.entries(shape).map(([name, field]) => {
    const value = message[name]
    if (field.isIn(version)) return [name, valueInVersion(field, version, value)] as const
    const isDroppable = field.rules.isIgnorable || isSame(value, defaultOf(field))
    return [name, isDroppable ? defaultOf(field) : refused] as const
  })
  return entries.some(([, value]) => value === refused) ? refused : Object.fromEntries(entries)
}

function valueInVersion(field: AnyField, version: number, value: unknown): unknown {
  const { type } = field
  if (value === null) return field.isNullableIn(version) || type.kind === 'records' ? null : refused
  if (type.kind === 'struct') return inVersion(type.shape, version, value as Struct)
  if (type.kind !== 'array') return value
  const items = (value as unknown[]).map((item) => valueInVersion(type.item, version, item))
  return items.includes(refused) ? refused : items
}

const isSame = (one: unknown, other: unknown): boolean => {
  try {
    expect(one).toEqual(other)
    return true
  } catch {
    return false
  }
}

function withoutDefaults(shape: Shape, message: Struct): Struct {
  const told = Object.entries(shape).filter(
    ([name, field]) => !field.isOptional || !isSame(message[name], defaultOf(field)),
  )
  return Object.fromEntries(
    told.map(([name, { type }]) => {
      const value = message[name]
      if (type.kind === 'struct' && value !== null) return [name, withoutDefaults(type.shape, value as Struct)]
      if (type.kind === 'array' && value !== null && type.item.type.kind === 'struct') {
        const { shape: itemShape } = type.item.type
        return [name, (value as Struct[]).map((item) => withoutDefaults(itemShape, item))]
      }
      return [name, value]
    }),
  )
}
