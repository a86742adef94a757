// Fetched record batches, still as they came: cut apart and located by their headers, decoded only when somebody looks inside.
import * as batch from '../records/batch.ts'
import { controlTypeOf, controlTypes } from '../records/control.ts'
import { CorruptBatch } from '../records/corrupt-batch.ts'
import { RecordCursor, type RecordHeader } from '../records/read.ts'
import { decompress } from './compression.ts'
import type { TextFilter } from './text-filter.ts'

export interface FetchedBatch {
  /** The whole answer that the batch is part of, and where it begins in it. */
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly at: number
  readonly sizeBytes: number
  readonly baseOffset: number
  readonly lastOffset: number
  /** As the header says: after compaction fewer than the offsets between first and last. */
  readonly recordCount: number
  readonly maxTimestamp: number
}

/** Commit and abort markers end a transaction; other control records belong to the cluster. An unreadable batch counts as one row. */
export type RecordKind = 'record' | 'transaction-commit' | 'transaction-abort' | 'control' | 'unreadable'

export interface ReadRecord {
  readonly partition: number
  readonly offset: number
  readonly timestamp: number
  readonly kind: RecordKind
  /** Views of the fetched bytes: copy what is to outlive them. */
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly RecordHeader[]
  readonly batch: FetchedBatch
}

/** An entry of a log before version 2 of the format: offset, length and no more in common with a batch. */
const legacyEntryBytesMin = 14

/** The whole batches of a fetch answer; what is cut off at its end is left out. */
export function splitBatches(bytes: Uint8Array): FetchedBatch[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  const batches: FetchedBatch[] = []
  for (let at = 0; bytes.length - at >= legacyEntryBytesMin + batch.batchLengthEnd; ) {
    const sizeBytes = batch.sizeInBytes(view, at)
    if (sizeBytes < legacyEntryBytesMin + batch.batchLengthEnd || sizeBytes > bytes.length - at) break
    const baseOffset = batch.baseOffset(view, at)
    if (batch.isWhole(view, at, at + sizeBytes)) {
      const lastOffset = Math.max(baseOffset, batch.lastOffset(view, at))
      const recordCount = Math.max(0, batch.recordCount(view, at))
      const maxTimestamp = batch.maxTimestamp(view, at)
      batches.push({ bytes, view, at, sizeBytes, baseOffset, lastOffset, recordCount, maxTimestamp })
    } else {
      batches.push({ bytes, view, at, sizeBytes, baseOffset, lastOffset: baseOffset, recordCount: 1, maxTimestamp: -1 })
    }
    at += sizeBytes
  }
  return batches
}

/**
 * The records of a batch with offsets in [from, to) that the filter lets pass, in order. A batch that cannot be read, because
 * it is damaged, too large or of an old format, gives one row of kind 'unreadable' with its raw bytes for a value: hiding it
 * would be a lie. Rows that were read before the damage showed are kept.
 */
export function recordsOf(
  fetched: FetchedBatch,
  partition: number,
  from: number,
  to: number,
  filter: TextFilter | null,
): ReadRecord[] {
  const rows: ReadRecord[] = []
  try {
    const { bytes, view, at } = fetched
    if (!batch.isWhole(view, at, at + fetched.sizeBytes)) throw new CorruptBatch('not a batch of version 2')
    const block = bytes.subarray(at + batch.batchHeaderBytes, at + fetched.sizeBytes)
    const plain = decompress(batch.codec(view, at) as batch.Codec, block)
    if (filter !== null && !filter.mayBeIn(plain)) return rows
    const isControl = batch.isControl(view, at)
    const cursor = new RecordCursor(bytes, view, at, () => plain)
    while (cursor.next()) {
      if (cursor.offset < from || cursor.offset >= to) continue
      const { offset, timestamp, key, value } = cursor
      if (filter !== null && !filter.matches(cursor)) continue
      const kind = isControl ? kindOfControl(key) : 'record'
      rows.push({ partition, offset, timestamp, kind, key, value, headers: cursor.headers, batch: fetched })
    }
  } catch (error) {
    if (!(error instanceof CorruptBatch)) throw error
    const offset = Math.max(from, (rows.at(-1)?.offset ?? fetched.baseOffset - 1) + 1)
    if (offset < to) rows.push(unreadable(fetched, partition, offset))
  }
  return rows
}

function unreadable(fetched: FetchedBatch, partition: number, offset: number): ReadRecord {
  const value = fetched.bytes.subarray(fetched.at, fetched.at + fetched.sizeBytes)
  const timestamp = fetched.maxTimestamp
  return { partition, offset, timestamp, kind: 'unreadable', key: null, value, headers: [], batch: fetched }
}

function kindOfControl(key: Uint8Array | null): RecordKind {
  const type = controlTypeOf(key)
  if (type === controlTypes.commit) return 'transaction-commit'
  return type === controlTypes.abort ? 'transaction-abort' : 'control'
}
