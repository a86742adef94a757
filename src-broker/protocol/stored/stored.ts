import { assert } from '../../base/assert.ts'
import { type Codec, compileCodec } from '../compile.ts'
import { MalformedFrame, WireReader } from '../reader.ts'
import type { Decoded, Encodable, Shape } from '../schema.ts'
import { WireWriter } from '../writer.ts'

interface StoredDefinition<Fields extends Shape> {
  /** How a log tells its records apart; what has no need of it has none. */
  readonly id?: number
  readonly name: string
  readonly versions: readonly [min: number, max: number]
  /** First version with compact lengths and tagged fields; left out where none has. */
  readonly flexibleFrom?: number
  readonly fields: Fields
}

/** Something kept in a log, in a file or inside a request, in the same notation as the messages. */
export class Stored<Fields extends Shape = Shape> {
  readonly id: number
  readonly name: string
  readonly minVersion: number
  readonly maxVersion: number
  readonly flexibleFrom: number
  readonly fields: Fields
  readonly #codecs: Codec<Fields>[] = []

  constructor(definition: StoredDefinition<Fields>) {
    this.id = definition.id ?? -1
    this.name = definition.name
    this.minVersion = definition.versions[0]
    this.maxVersion = definition.versions[1]
    this.flexibleFrom = definition.flexibleFrom ?? Infinity
    this.fields = definition.fields
  }

  supports(version: number): boolean {
    return version >= this.minVersion && version <= this.maxVersion
  }

  codec(version: number): Codec<Fields> {
    assert(this.supports(version), `${this.name} has no version ${version}`)
    return (this.#codecs[version] ??= compileCodec(this.name, this.fields, version, version >= this.flexibleFrom))
  }

  /** The codec of a version that was read: a newer release may have written it. */
  codecOfRead(version: number): Codec<Fields> {
    if (!this.supports(version)) throw new MalformedFrame(`${this.name} has no version ${version}`)
    return this.codec(version)
  }
}

export const defineStored = <Fields extends Shape>(definition: StoredDefinition<Fields>): Stored<Fields> =>
  new Stored(definition)

/** An int16 version, then the fields: the values of `__consumer_offsets`, the consumer protocol, files. */
export function encodeVersioned<Fields extends Shape>(
  stored: Stored<Fields>,
  value: Encodable<Fields>,
  version: number = stored.maxVersion,
): Uint8Array {
  return bytesOf((writer) => {
    writer.int16(version)
    stored.codec(version).encode(value, writer)
  })
}

export function decodeVersioned<Fields extends Shape>(stored: Stored<Fields>, bytes: Uint8Array): Decoded<Fields> {
  const reader = new WireReader(bytes)
  return stored.codecOfRead(reader.int16()).decode(reader)
}

/** What `write` writes, as bytes of their own. */
export function bytesOf(write: (writer: WireWriter) => void): Uint8Array {
  const writer = new WireWriter(128)
  write(writer)
  return writer.take()
}
