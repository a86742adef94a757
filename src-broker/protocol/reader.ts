import { utf8Length } from '../base/text.ts'
import type { Uuid } from '../base/uuid.ts'
import { readText, readUuid } from './text-cache.ts'

/** The bytes are not what the protocol says they are. Always the sender's doing: answer by closing the connection. */
export class MalformedFrame extends Error {
  override readonly name = 'MalformedFrame'
}

/**
 * A cursor over bytes [at, end) of a received buffer. Every length is checked against what is left before anything is
 * allocated. One reader serves a whole connection: `over` moves it to the next frame.
 *
 * Methods come in the four forms the wire knows: `string`, `compactString` (flexible versions: length + 1 as a varint)
 * and the same with `nullable` in front. The plain ones refuse null.
 */
export class WireReader {
  at = 0
  end = 0
  #bytes: Uint8Array
  #view: DataView

  constructor(bytes: Uint8Array = noBytes, from = 0, to: number = bytes.length) {
    this.#bytes = bytes
    this.#view = viewOf(bytes)
    this.at = from
    this.end = to
  }

  /** Moves to bytes [from, to). `view` covers all of `bytes`; passing it along saves making one per frame. */
  over(bytes: Uint8Array, view: DataView, from: number, to: number): this {
    this.#bytes = bytes
    this.#view = view
    this.at = from
    this.end = to
    return this
  }

  get remaining(): number {
    return this.end - this.at
  }

  bool(): boolean {
    return this.#bytes[this.#take(1)] !== 0
  }

  int8(): number {
    return this.#view.getInt8(this.#take(1))
  }

  int16(): number {
    return this.#view.getInt16(this.#take(2))
  }

  uint16(): number {
    return this.#view.getUint16(this.#take(2))
  }

  int32(): number {
    return this.#view.getInt32(this.#take(4))
  }

  uint32(): number {
    return this.#view.getUint32(this.#take(4))
  }

  int64(): bigint {
    return this.#view.getBigInt64(this.#take(8))
  }

  /** An int64 as a number: exact to ±2^53, beyond that the nearest double. */
  int53(): number {
    const at = this.#take(8)
    return this.#view.getInt32(at) * 0x1_0000_0000 + this.#view.getUint32(at + 4)
  }

  float64(): number {
    return this.#view.getFloat64(this.#take(8))
  }

  uuid(): Uuid {
    return readUuid(this.#view, this.#take(16))
  }

  /** An unsigned varint of at most 32 bits. */
  uvarint(): number {
    let value = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.#bytes[this.#take(1)]!
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    const last = this.#bytes[this.#take(1)]!
    if (last > 0x0f) throw new MalformedFrame('varint of more than 32 bits')
    return (value | (last << 28)) >>> 0
  }

  string(): string {
    return this.#text(this.int16())
  }

  nullableString(): string | null {
    const length = this.int16()
    return length === -1 ? null : this.#text(length)
  }

  compactString(): string {
    return this.#text(this.uvarint() - 1)
  }

  compactNullableString(): string | null {
    const length = this.uvarint() - 1
    return length === -1 ? null : this.#text(length)
  }

  /** A copy: these bytes are small and outlive the request (group metadata, assignments), the receive buffer does not. */
  bytes(): Uint8Array {
    return this.#copy(this.int32())
  }

  nullableBytes(): Uint8Array | null {
    const length = this.int32()
    return length === -1 ? null : this.#copy(length)
  }

  compactBytes(): Uint8Array {
    return this.#copy(this.uvarint() - 1)
  }

  compactNullableBytes(): Uint8Array | null {
    const length = this.uvarint() - 1
    return length === -1 ? null : this.#copy(length)
  }

  /** A view into the receive buffer, not a copy: valid for as long as that buffer is. */
  records(): Uint8Array | null {
    const length = this.int32()
    return length === -1 ? null : this.#slice(length)
  }

  compactRecords(): Uint8Array | null {
    const length = this.uvarint() - 1
    return length === -1 ? null : this.#slice(length)
  }

  /** The length of an array whose items take at least `itemBytes` each. */
  arrayLength(itemBytes: number): number {
    return this.#items(this.int32(), itemBytes)
  }

  /** -1 for null. */
  nullableArrayLength(itemBytes: number): number {
    const length = this.int32()
    return length === -1 ? -1 : this.#items(length, itemBytes)
  }

  compactArrayLength(itemBytes: number): number {
    return this.#items(this.uvarint() - 1, itemBytes)
  }

  compactNullableArrayLength(itemBytes: number): number {
    const length = this.uvarint() - 1
    return length === -1 ? -1 : this.#items(length, itemBytes)
  }

  /** Reads the size of a tagged field and returns where it ends. */
  taggedEnd(): number {
    const size = this.uvarint()
    if (size > this.end - this.at) throw this.#underrun('tagged field', size)
    return this.at + size
  }

  /** A known tagged field must fill its declared size. */
  expectAt(end: number): void {
    if (this.at !== end) throw new MalformedFrame(`tagged field ends at ${this.at}, its size says ${end}`)
  }

  skipTo(end: number): void {
    this.at = end
  }

  /** Skips the tagged fields of a struct that knows none. */
  skipTagged(): void {
    for (let count = this.uvarint(); count > 0; count--) {
      this.uvarint()
      this.skipTo(this.taggedEnd())
    }
  }

  #take(length: number): number {
    const at = this.at
    if (length > this.end - at) throw this.#underrun('value', length)
    this.at = at + length
    return at
  }

  #text(length: number): string {
    if (length > stringBytesMax) throw new MalformedFrame(`string of length ${length}; the most is ${stringBytesMax}`)
    const at = this.#run('string', length)
    const text = readText(this.#bytes, at, at + length)
    // Every byte that is no UTF-8 has become three: such a text could not be written back where it came from.
    if (text.includes('\ufffd') && utf8Length(text) !== length) throw new MalformedFrame('string that is not UTF-8')
    return text
  }

  #copy(length: number): Uint8Array {
    const view = this.#slice(length)
    const copy = new Uint8Array(view.length)
    copy.set(view)
    return copy
  }

  #slice(length: number): Uint8Array {
    const at = this.#run('bytes', length)
    return this.#bytes.subarray(at, at + length)
  }

  #run(what: string, length: number): number {
    const at = this.at
    if (length < 0 || length > this.end - at) throw this.#underrun(what, length)
    this.at = at + length
    return at
  }

  #items(length: number, itemBytes: number): number {
    if (length < 0 || length * itemBytes > this.end - this.at) throw this.#underrun('array', length)
    return length
  }

  #underrun(what: string, length: number): MalformedFrame {
    if (length < 0) return new MalformedFrame(`${what} of length ${length} where null may not be`)
    return new MalformedFrame(`${what} of length ${length} with ${this.end - this.at} bytes left`)
  }
}

/** As in Kafka: flexible versions could carry more, but what is stored or sent on in older ones could not. */
const stringBytesMax = 0x7fff

const noBytes = new Uint8Array(0)

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
