import { utf8Length, writeUtf8 } from '../base/text.ts'
import type { Uuid } from '../base/uuid.ts'
import { viewOf } from './reader.ts'

/** Bytes that are somewhere else, usually a slice of a log file, and are read straight into the outgoing frame. */
export interface RecordsSource {
  readonly byteLength: number
  /** Puts exactly `byteLength` bytes into `target` from index `at`. */
  readInto(target: Uint8Array, at: number): void
}

/**
 * Appends to a slab. `take` hands out what was written since the last take and goes on behind it, so that many small
 * frames share one allocation; when the slab is full the unfinished part moves to a fresh one.
 * Positions are counted from the last take, and so survive that move.
 */
export class WireWriter {
  readonly #slabBytes: number
  readonly #allocate: (byteLength: number) => Uint8Array
  #bytes: Uint8Array
  #view: DataView
  #from = 0
  #at = 0

  /** `allocate` lets a host that has them use unzeroed buffers. */
  constructor(slabBytes = 16_384, allocate = (byteLength: number): Uint8Array => new Uint8Array(byteLength)) {
    this.#slabBytes = slabBytes
    this.#allocate = allocate
    this.#bytes = allocate(slabBytes)
    this.#view = viewOf(this.#bytes)
  }

  /** Goes on in the caller's buffer from index `at`. What does not fit moves, whole, to a buffer of the writer's own. */
  into(bytes: Uint8Array, at: number): this {
    this.#bytes = bytes
    this.#view = viewOf(bytes)
    this.#from = this.#at = at
    return this
  }

  /** Bytes written since the last take. */
  get length(): number {
    return this.#at - this.#from
  }

  /** The bytes written since the last take; they are the caller's from now on. */
  take(): Uint8Array {
    const taken = this.#bytes.subarray(this.#from, this.#at)
    this.#from = this.#at
    return taken
  }

  /** Forgets everything behind `length`. */
  rewind(length: number): void {
    this.#at = this.#from + length
  }

  /** Makes room for `byteLength` more bytes at once; worth calling before writing much. */
  ensure(byteLength: number): void {
    if (byteLength > this.#bytes.length - this.#at) this.#grow(byteLength)
  }

  bool(value: boolean): void {
    this.ensure(1)
    this.#bytes[this.#at++] = value ? 1 : 0
  }

  int8(value: number): void {
    this.ensure(1)
    this.#bytes[this.#at++] = value
  }

  int16(value: number): void {
    this.ensure(2)
    this.#view.setInt16(this.#at, value)
    this.#at += 2
  }

  uint16(value: number): void {
    this.int16(value)
  }

  int32(value: number): void {
    this.ensure(4)
    this.#view.setInt32(this.#at, value)
    this.#at += 4
  }

  uint32(value: number): void {
    this.int32(value)
  }

  int64(value: bigint): void {
    this.ensure(8)
    this.#view.setBigInt64(this.#at, value)
    this.#at += 8
  }

  /** A number as an int64. The double nearest to the largest int64 lies above it and is written as that largest. */
  int53(value: number): void {
    this.ensure(8)
    const high = Math.floor(value / 0x1_0000_0000)
    const isPastInt64 = high > 0x7fff_ffff
    this.#view.setInt32(this.#at, isPastInt64 ? 0x7fff_ffff : high)
    this.#view.setUint32(this.#at + 4, isPastInt64 ? 0xffff_ffff : value - high * 0x1_0000_0000)
    this.#at += 8
  }

  float64(value: number): void {
    this.ensure(8)
    this.#view.setFloat64(this.#at, value)
    this.#at += 8
  }

  uuid(value: Uuid): void {
    this.ensure(16)
    for (let digit = 0; digit < 32; digit += 2) {
      this.#bytes[this.#at++] = (hexDigit(value.charCodeAt(digit)) << 4) | hexDigit(value.charCodeAt(digit + 1))
    }
  }

  /** An unsigned varint of at most 32 bits. */
  uvarint(value: number): void {
    this.ensure(uvarintBytes(value))
    let rest = value
    while (rest > 0x7f) {
      this.#bytes[this.#at++] = (rest & 0x7f) | 0x80
      rest >>>= 7
    }
    this.#bytes[this.#at++] = rest
  }

  string(text: string): void {
    const length = stringBytes(text)
    this.int16(length)
    this.#text(text, length)
  }

  nullableString(text: string | null): void {
    if (text === null) this.int16(-1)
    else this.string(text)
  }

  compactString(text: string): void {
    const length = stringBytes(text)
    this.uvarint(length + 1)
    this.#text(text, length)
  }

  compactNullableString(text: string | null): void {
    if (text === null) this.uvarint(0)
    else this.compactString(text)
  }

  bytes(value: Uint8Array): void {
    this.int32(value.length)
    this.raw(value)
  }

  nullableBytes(value: Uint8Array | null): void {
    if (value === null) this.int32(-1)
    else this.bytes(value)
  }

  compactBytes(value: Uint8Array): void {
    this.uvarint(value.length + 1)
    this.raw(value)
  }

  compactNullableBytes(value: Uint8Array | null): void {
    if (value === null) this.uvarint(0)
    else this.compactBytes(value)
  }

  records(value: Uint8Array | RecordsSource | null): void {
    this.int32(value === null ? -1 : value.byteLength)
    if (value !== null) this.raw(value)
  }

  compactRecords(value: Uint8Array | RecordsSource | null): void {
    this.uvarint(value === null ? 0 : value.byteLength + 1)
    if (value !== null) this.raw(value)
  }

  /** -1 for null. */
  arrayLength(length: number): void {
    this.int32(length)
  }

  /** -1 for null. */
  compactArrayLength(length: number): void {
    this.uvarint(length + 1)
  }

  /** Bytes as they are, without a length. */
  raw(value: Uint8Array | RecordsSource): void {
    this.ensure(value.byteLength)
    if (value instanceof Uint8Array) this.#bytes.set(value, this.#at)
    else value.readInto(this.#bytes, this.#at)
    this.#at += value.byteLength
  }

  /** Leaves room for an int32 length; `endFrame` fills it in. */
  beginFrame(): number {
    this.int32(0)
    return this.length
  }

  endFrame(begun: number): void {
    this.#view.setInt32(this.#from + begun - 4, this.length - begun)
  }

  /** Begins something with its size, a varint, in front. */
  beginSized(): number {
    this.ensure(1)
    this.#at++
    return this.length
  }

  /** Puts the size in front of what was written since `begun`, moving it where the size takes more than the one byte left for it. */
  endSized(begun: number): void {
    const size = this.length - begun
    const extra = uvarintBytes(size) - 1
    this.ensure(extra)
    const start = this.#from + begun
    if (extra > 0) this.#bytes.copyWithin(start + extra, start, this.#at)
    this.#at = start - 1
    this.uvarint(size)
    this.#at += size
  }

  #text(text: string, length: number): void {
    this.ensure(length)
    this.#at = writeUtf8(text, this.#bytes, this.#at)
  }

  #grow(byteLength: number): void {
    const written = this.length
    // A slab to spare, so that the few bytes behind a large value do not move it again.
    const grown = this.#allocate(Math.max(2 * written, written + byteLength) + this.#slabBytes)
    grown.set(this.#bytes.subarray(this.#from, this.#at))
    this.#bytes = grown
    this.#view = viewOf(grown)
    this.#from = 0
    this.#at = written
  }
}

/** The most is what an int16 can tell; Kafka keeps compact strings to it too. */
function stringBytes(text: string): number {
  const length = utf8Length(text)
  if (length > 0x7fff) throw new RangeError(`a string of ${length} bytes; the wire takes 32767`)
  return length
}

const hexDigit = (code: number): number => (code < 0x3a ? code - 0x30 : code - 0x57)

const uvarintBytes = (value: number): number =>
  value < 0x80 ? 1 : value < 0x4000 ? 2 : value < 0x20_0000 ? 3 : value < 0x1000_0000 ? 4 : 5
