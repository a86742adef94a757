// Our schemas against Kafka's own: the same fields in the same order, with the same type, versions, nullable versions, tag and
// default. What is looked at is the range of versions that we speak.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { errorOf, errors } from '../../src-broker/protocol/errors.ts'
import { apis } from '../../src-broker/protocol/messages/index.ts'
import type { AnyField, Shape } from '../../src-broker/protocol/schema.ts'
import {
  consumerProtocolAssignment,
  consumerProtocolSubscription,
} from '../../src-broker/protocol/stored/consumer-protocol.ts'
import * as controlRecords from '../../src-broker/protocol/stored/control-records.ts'
import * as groupRecords from '../../src-broker/protocol/stored/group-records.ts'
import { metadataRecords } from '../../src-broker/protocol/stored/metadata-records.ts'
import { producerSnapshot } from '../../src-broker/protocol/stored/producer-snapshot.ts'
import { Stored } from '../../src-broker/protocol/stored/stored.ts'

const folder = process.env.KAFKA_MESSAGES ?? join(import.meta.dirname, '../../../shared/reference/kafka-messages')
const isMissing = !existsSync(folder)
if (isMissing) console.log(`schemas not held against Kafka's: there is no ${folder}; KAFKA_MESSAGES may name another`)

describe.skipIf(isMissing)("schemas are Kafka's", () => {
  test.each([...apis.values()])('$key $name', (api) => {
    const request = load('wire', `${api.name}Request`)
    const response = load('wire', `${api.name}Response`)
    const range: Range = [api.minVersion, api.maxVersion]
    expect(range).toEqual(stableVersions(request))
    expect(api).toMatchObject({ key: request.apiKey, flexibleFrom: flexibleFrom(request) })
    expect(flexibleFrom(response)).toBe(api.flexibleFrom)
    expectSame(api.request, request, range)
    expectSame(api.response, response, range)
  })

  const stored = [
    ...Object.values(metadataRecords),
    ...[...Object.values(groupRecords), ...Object.values(controlRecords)].filter((value) => value instanceof Stored),
    consumerProtocolSubscription,
    consumerProtocolAssignment,
    producerSnapshot,
  ]

  test.each(stored.map((value: Stored) => value))('$name', (schema) => {
    const kafka = load(existsSync(join(folder, 'records', `${schema.name}.json`)) ? 'records' : 'wire', schema.name)
    const range: Range = [schema.minVersion, schema.maxVersion]
    expect(range).toEqual(rangeOf(kafka.validVersions))
    expect(schema).toMatchObject({ id: kafka.apiKey ?? -1, flexibleFrom: flexibleFrom(kafka) })
    expectSame(schema.fields, kafka, range)
  })
})

const errorTable = join(folder, '../errors.json')

test.skipIf(!existsSync(errorTable))("error codes are Kafka's", () => {
  const theirs: { code: number; name: string; retriable: boolean }[] = JSON.parse(readFileSync(errorTable, 'utf8'))
  const ours = Object.values(errors).map((code) => errorOf(code))
  expect(ours.map(({ code, name, isRetriable }) => ({ code, name, retriable: isRetriable }))).toEqual(theirs)
})

type Range = readonly [from: number, to: number]

interface KafkaField {
  name: string
  type: string
  versions: string
  nullableVersions?: string
  taggedVersions?: string
  tag?: number
  default?: string | number | boolean
  ignorable?: boolean
  fields?: KafkaField[]
}

interface KafkaMessage {
  apiKey?: number
  validVersions: string
  flexibleVersions: string
  latestVersionUnstable?: boolean
  fields: KafkaField[]
  commonStructs?: { name: string; fields: KafkaField[] }[]
}

/** One field, in words of both sides. */
interface Line {
  path: string
  type: string
  versions: Range
  /** First version in which it may be null. */
  nullableFrom?: number | undefined
  tag?: number | undefined
  default?: string | undefined
  /** Told only of a field that some version of its struct lacks. */
  isIgnorable?: boolean
}

function expectSame(ours: Shape, kafka: KafkaMessage, range: Range): void {
  const theirs = linesOfKafka(kafka.fields, range, kafka)
  const freeDefaults = new Set(theirs.filter((line) => line.default === undefined).map((line) => line.path))
  const mine = linesOfShape(ours, range).map((line) =>
    // Where a field may be null in every version Kafka's default is still the type's zero, unless told; ours is null.
    freeDefaults.has(line.path) ? { ...line, default: undefined } : line,
  )
  expect(mine).toEqual(theirs)
}

function linesOfShape(shape: Shape, range: Range, prefix = ''): Line[] {
  return Object.entries(shape).flatMap(([name, field]) => {
    const versions = intersection(range, [field.rules.since, field.rules.until])!
    const item = field.type.kind === 'array' ? field.type.item : undefined
    const inner = item ?? field
    const path = prefix + name
    const kind = kindOf(inner)
    const line: Line = {
      path,
      type: item === undefined ? kind : `[]${kind}`,
      versions,
      nullableFrom: kind === 'records' ? versions[0] : nullableFrom(versions, [field.rules.nullableSince, Infinity]),
      tag: field.rules.tag,
      default: defaultOf(field),
      ...(isEverywhere(versions, range) ? {} : { isIgnorable: field.rules.isIgnorable }),
    }
    return [line, ...(inner.type.kind === 'struct' ? linesOfShape(inner.type.shape, versions, `${path}.`) : [])]
  })
}

const kindOf = ({ type }: AnyField): string => (type.kind === 'int53' ? 'int64' : type.kind)

function defaultOf({ type, fallback }: AnyField): string | undefined {
  if (fallback === null) return 'null'
  if (type.kind === 'struct') return undefined
  if (type.kind === 'array' || type.kind === 'bytes') return 'empty'
  return String(fallback)
}

function linesOfKafka(fields: KafkaField[], range: Range, message: KafkaMessage, prefix = ''): Line[] {
  return fields.flatMap((field) => {
    const versions = intersection(range, rangeOf(field.versions))
    if (versions === undefined) return []
    const path = prefix + field.name[0]!.toLowerCase() + field.name.slice(1)
    const isArray = field.type.startsWith('[]')
    const itemType = field.type.slice(isArray ? 2 : 0)
    const structFields = field.fields ?? message.commonStructs?.find(({ name }) => name === itemType)?.fields
    const kind = structFields === undefined ? itemType : 'struct'
    const nullable =
      field.nullableVersions === undefined ? undefined : nullableFrom(versions, rangeOf(field.nullableVersions))
    if (field.tag !== undefined) expect(intersection(range, rangeOf(field.taggedVersions!))).toEqual(versions)
    const line: Line = {
      path,
      type: isArray ? `[]${kind}` : kind,
      versions,
      nullableFrom: nullable,
      tag: field.tag,
      default: kafkaDefault(field, isArray ? 'array' : kind, nullable === versions[0]),
      ...(isEverywhere(versions, range) ? {} : { isIgnorable: field.ignorable ?? false }),
    }
    return [line, ...(structFields === undefined ? [] : linesOfKafka(structFields, versions, message, `${path}.`))]
  })
}

function kafkaDefault(field: KafkaField, kind: string, isNullable: boolean): string | undefined {
  if (kind === 'records') return 'null'
  const given = field.default
  if (given === undefined) return isNullable || kind === 'struct' ? undefined : zeros[kind]
  return /^u?int/.test(kind) ? String(BigInt(given)) : String(given)
}

const zeros: Record<string, string> = {
  bool: 'false',
  int8: '0',
  int16: '0',
  uint16: '0',
  int32: '0',
  uint32: '0',
  int64: '0',
  float64: '0',
  string: '',
  uuid: '0'.repeat(32),
  bytes: 'empty',
  array: 'empty',
}

const isEverywhere = (versions: Range, range: Range): boolean => versions[0] === range[0] && versions[1] === range[1]

const nullableFrom = (versions: Range, nullable: Range): number | undefined => intersection(versions, nullable)?.[0]

function intersection(one: Range, other: Range): Range | undefined {
  const both: Range = [Math.max(one[0], other[0]), Math.min(one[1], other[1])]
  return both[0] <= both[1] ? both : undefined
}

/** '3-13', '9+', '4' or 'none'. */
function rangeOf(text: string): Range {
  if (text === 'none') return [Infinity, -Infinity]
  const [from, to] = text.split('-')
  return [Number.parseInt(from!, 10), text.endsWith('+') ? Infinity : Number.parseInt(to ?? from!, 10)]
}

const flexibleFrom = (message: KafkaMessage): number => rangeOf(message.flexibleVersions)[0]

function stableVersions(message: KafkaMessage): Range {
  const [from, to] = rangeOf(message.validVersions)
  return [from, message.latestVersionUnstable ? to - 1 : to]
}

/** Kafka's files are JSON with comment lines. */
const load = (kind: string, name: string): KafkaMessage =>
  JSON.parse(readFileSync(join(folder, kind, `${name}.json`), 'utf8').replace(/^\s*\/\/.*$/gm, ''))
