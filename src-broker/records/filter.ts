// What compaction leaves of a batch. The batch keeps its place: base offset, last offset, producer, sequence and epoch are
// those it had, whatever is left inside. Kafka's MemoryRecords.filterTo does the same.

import * as batch from './batch.ts'
import { RecordCursor } from './read.ts'
import { varlongBytes, writeVarlong } from './varint.ts'

export interface RecordFilter {
  /** Of the record that the cursor is at. */
  keeps(record: RecordCursor): boolean
  /** Given to a batch in which a tombstone stays and which has none yet. */
  readonly deleteHorizonMs: number
}

interface Codecs {
  readonly crc32c: batch.Crc32c
  readonly decompress: batch.Decompress
  readonly compress: batch.Compress
}

/**
 * The whole batch at `at` without the records that the filter drops: new bytes, `all` where it stays as it is, `none` where no
 * record is left. Throws CorruptBatch.
 */
export function filteredBatch(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  filter: RecordFilter,
  codecs: Codecs,
): Uint8Array | 'all' | 'none' {
  const cursor = new RecordCursor(bytes, view, at, codecs.decompress)
  const kept = new Kept(cursor)
  while (cursor.next()) if (filter.keeps(cursor)) kept.add()
  if (kept.count === 0) return 'none'
  const isNewHorizon = kept.hasTombstone && batch.deleteHorizonMs(view, at) === Infinity
  if (kept.count === batch.recordCount(view, at) && !isNewHorizon) return 'all'

  const shiftMs = isNewHorizon ? batch.baseTimestamp(view, at) - filter.deleteHorizonMs : 0
  const plain = kept.block(shiftMs)
  const codec = batch.codec(view, at) as batch.Codec
  const block = codec === batch.codecs.none ? plain : codecs.compress(codec, plain)
  const made = new Uint8Array(batch.batchHeaderBytes + block.length)
  const madeView = new DataView(made.buffer)
  made.set(bytes.subarray(at, at + batch.batchHeaderBytes))
  made.set(block, batch.batchHeaderBytes)
  batch.stampContent(madeView, 0, made.length, kept.count, kept.maxTimestamp)
  if (isNewHorizon) batch.stampDeleteHorizon(madeView, 0, filter.deleteHorizonMs)
  batch.stampCrc(made, madeView, 0, codecs.crc32c)
  return made
}

/** The batch at `at` without any record: what keeps a producer's last sequence, or a segment's end, when the records are gone. */
export function emptiedBatch(bytes: Uint8Array, at: number, crc32c: batch.Crc32c): Uint8Array {
  const made = bytes.slice(at, at + batch.batchHeaderBytes)
  const view = new DataView(made.buffer)
  batch.stampEmpty(view, 0)
  batch.stampCrc(made, view, 0, crc32c)
  return made
}

/** The records of one batch that stay. */
class Kept {
  count = 0
  maxTimestamp = -1
  hasTombstone = false
  readonly #cursor: RecordCursor
  /** Of each record three places in the block: where it begins, where its offset delta does, where it ends; and its time delta. */
  readonly #places: number[] = []

  constructor(cursor: RecordCursor) {
    this.#cursor = cursor
  }

  add(): void {
    const { recordAt, offsetDeltaAt, recordEnd, timestampDelta, timestamp, hasValue } = this.#cursor
    this.#places.push(recordAt, offsetDeltaAt, recordEnd, timestampDelta)
    this.count++
    this.maxTimestamp = Math.max(this.maxTimestamp, timestamp)
    this.hasTombstone ||= !hasValue
  }

  /** The bytes of the kept records, their time deltas larger by `shiftMs`. */
  block(shiftMs: number): Uint8Array {
    const { block } = this.#cursor
    const places = this.#places
    const into = new Uint8Array(this.#sizeInBytes(shiftMs))
    let next = 0
    for (let index = 0; index < places.length; index += 4) {
      const [from, restFrom, to, delta] = [places[index]!, places[index + 1]!, places[index + 2]!, places[index + 3]!]
      if (shiftMs === 0) into.set(block.subarray(from, to), next)
      else {
        next = writeVarlong(bodyBytes(delta + shiftMs, restFrom, to), into, next) + 1 // The attributes byte stays 0.
        next = writeVarlong(delta + shiftMs, into, next)
        into.set(block.subarray(restFrom, to), next)
      }
      next += shiftMs === 0 ? to - from : to - restFrom
    }
    return into
  }

  #sizeInBytes(shiftMs: number): number {
    const places = this.#places
    let sum = 0
    for (let index = 0; index < places.length; index += 4) {
      const [from, restFrom, to, delta] = [places[index]!, places[index + 1]!, places[index + 2]!, places[index + 3]!]
      const body = bodyBytes(delta + shiftMs, restFrom, to)
      sum += shiftMs === 0 ? to - from : varlongBytes(body) + body
    }
    return sum
  }
}

/** A record behind its length: attributes, time delta, and what follows it. */
const bodyBytes = (timestampDelta: number, restFrom: number, to: number): number =>
  1 + varlongBytes(timestampDelta) + to - restFrom
