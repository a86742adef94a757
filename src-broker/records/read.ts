// The records inside a batch, for whoever must look: readers of messages, coordinators that replay, searches by time.
//
// One record, all lengths and deltas zigzag varints:
//   length · attributes (1 byte, unused) · timestamp delta · offset delta · key length (-1 null) · key
//   · value length (-1 null) · value · header count · per header: key length · key · value length (-1 null) · value

import { readUtf8 } from '../base/text.ts'
import * as batch from './batch.ts'
import { CorruptBatch } from './corrupt-batch.ts'
import { VarintReader } from './varint.ts'

/** A record as handed out. Key and value are views of the batch's bytes: copy what is to outlive them. */
export interface BatchRecord {
  readonly offset: number
  readonly timestamp: number
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly RecordHeader[]
}

export interface RecordHeader {
  readonly key: string
  readonly value: Uint8Array | null
}

/** The smallest record: length, attributes, two deltas, two null lengths, no headers. A batch cannot hold more of them than fit. */
const recordBytesMin = 7
/** An empty key's length and a null value's. */
const headerBytesMin = 2

/** Every record of the whole batch at `at`, in order. Throws CorruptBatch where the bytes do not hold what the header says. */
export function* readRecords(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  decompress: batch.Decompress,
): Generator<BatchRecord, void> {
  const cursor = new RecordCursor(bytes, view, at, decompress)
  while (cursor.next()) {
    const { offset, timestamp, key, value, headers } = cursor
    yield { offset, timestamp, key, value, headers }
  }
}

/** Steps through the records of one batch without making an object of each. Key, value and headers are cut out when asked for. */
export class RecordCursor {
  offset = -1
  timestamp = -1
  /** As it is written, whatever the batch says of its times. */
  timestampDelta = 0
  readonly #reader: VarintReader
  readonly #baseOffset: number
  readonly #lastOffsetDelta: number
  readonly #baseTimestamp: number
  /** The one time of all records where the broker's clock set it, else -1. */
  readonly #logAppendTime: number
  #left: number
  #recordAt = 0
  #offsetDeltaAt = 0
  #keyAt = 0
  #keyLength = -1
  #valueAt = 0
  #valueLength = -1
  #headersAt = 0
  #recordEnd = 0

  constructor(bytes: Uint8Array, view: DataView, at: number, decompress: batch.Decompress) {
    if (!batch.isWhole(view, at, bytes.length)) throw new CorruptBatch('not a whole batch')
    const codec = batch.codec(view, at)
    const end = at + batch.sizeInBytes(view, at)
    if (codec === batch.codecs.none) this.#reader = new VarintReader(bytes, at + batch.batchHeaderBytes, end)
    else {
      const block = inflated(codec, bytes.subarray(at + batch.batchHeaderBytes, end), decompress)
      this.#reader = new VarintReader(block, 0, block.length)
    }
    this.#left = batch.recordCount(view, at)
    if (this.#left < 0 || this.#left * recordBytesMin > this.#reader.to - this.#reader.at) {
      throw new CorruptBatch(`${this.#left} records in ${this.#reader.to - this.#reader.at} bytes`)
    }
    this.#recordEnd = this.#reader.at
    this.#baseOffset = batch.baseOffset(view, at)
    this.#lastOffsetDelta = batch.lastOffsetDelta(view, at)
    this.#baseTimestamp = batch.baseTimestamp(view, at)
    this.#logAppendTime = batch.isLogAppendTime(view, at) ? batch.maxTimestamp(view, at) : -1
  }

  /** Moves on to the next record; false after the last. */
  next(): boolean {
    const reader = this.#reader
    reader.at = this.#recordEnd
    if (this.#left === 0) {
      if (reader.at !== reader.to) throw new CorruptBatch(`${reader.to - reader.at} bytes after the last record`)
      return false
    }
    this.#left--
    this.#recordAt = reader.at
    this.#recordEnd = this.#endOf(reader.varint(), reader.to)
    reader.byte() // Attributes: unused.
    const timestampDelta = reader.varlong()
    this.timestampDelta = timestampDelta
    this.#offsetDeltaAt = reader.at
    this.timestamp = this.#logAppendTime >= 0 ? this.#logAppendTime : this.#baseTimestamp + timestampDelta
    const offsetDelta = reader.varint()
    if (offsetDelta < 0 || offsetDelta > this.#lastOffsetDelta) throw new CorruptBatch(`offset delta ${offsetDelta}`)
    this.offset = this.#baseOffset + offsetDelta
    this.#keyLength = reader.varint()
    this.#keyAt = reader.at
    reader.at = this.#endOf(this.#keyLength, this.#recordEnd)
    this.#valueLength = reader.varint()
    this.#valueAt = reader.at
    reader.at = this.#endOf(this.#valueLength, this.#recordEnd)
    this.#headersAt = reader.at
    return true
  }

  get hasKey(): boolean {
    return this.#keyLength >= 0
  }

  get hasValue(): boolean {
    return this.#valueLength >= 0
  }

  /** The bytes that hold the records, decompressed, and where in them this one is. */
  get block(): Uint8Array {
    return this.#reader.bytes
  }

  get recordAt(): number {
    return this.#recordAt
  }

  get recordEnd(): number {
    return this.#recordEnd
  }

  /** Where in the record the offset delta begins, behind the time. */
  get offsetDeltaAt(): number {
    return this.#offsetDeltaAt
  }

  get key(): Uint8Array | null {
    return this.#keyLength < 0 ? null : this.#reader.bytes.subarray(this.#keyAt, this.#keyAt + this.#keyLength)
  }

  get value(): Uint8Array | null {
    return this.#valueLength < 0 ? null : this.#reader.bytes.subarray(this.#valueAt, this.#valueAt + this.#valueLength)
  }

  get headers(): readonly RecordHeader[] {
    const reader = new VarintReader(this.#reader.bytes, this.#headersAt, this.#recordEnd)
    const count = reader.varint()
    if (count === 0) return noHeaders
    if (count < 0 || count * headerBytesMin > reader.to - reader.at) throw new CorruptBatch(`${count} headers`)
    const headers: RecordHeader[] = []
    for (let index = 0; index < count; index++) {
      const keyLength = reader.varint()
      if (keyLength < 0) throw new CorruptBatch('a header without a key')
      const keyAt = reader.at
      reader.at = endOf(reader, keyLength, reader.to)
      const key = readUtf8(reader.bytes, keyAt, reader.at)
      const valueLength = reader.varint()
      const valueAt = reader.at
      reader.at = endOf(reader, valueLength, reader.to)
      headers.push({ key, value: valueLength < 0 ? null : reader.bytes.subarray(valueAt, reader.at) })
    }
    return headers
  }

  #endOf(length: number, limit: number): number {
    return endOf(this.#reader, length, limit)
  }
}

const noHeaders: readonly RecordHeader[] = []

/** Where `length` bytes from here end; -1 is null and takes none. */
function endOf(reader: VarintReader, length: number, limit: number): number {
  if (length < -1 || length > limit - reader.at)
    throw new CorruptBatch(`length ${length} in ${limit - reader.at} bytes`)
  return length < 0 ? reader.at : reader.at + length
}

function inflated(codec: number, block: Uint8Array, decompress: batch.Decompress): Uint8Array {
  if (codec > batch.codecs.zstd) throw new CorruptBatch(`unknown codec ${codec}`)
  try {
    return decompress(codec as batch.Codec, block)
  } catch (cause) {
    throw new CorruptBatch('cannot decompress the records', { cause })
  }
}
