// What a leader checks of a batch before it takes it in, as Apache Kafka's LogValidator and ProduceRequest do.
// Of the records nothing is decoded, as long as nothing in the topic's settings depends on what is in them; of a compressed
// batch they are not even looked at. `refusedRecords` looks inside, where it must.

import * as batch from './batch.ts'
import { CorruptBatch } from './corrupt-batch.ts'
import { areRecordsSound } from './framing.ts'
import { RecordCursor } from './read.ts'

/** Kafka's error codes as far as this file decides them. The names are in protocol/errors.ts, which this room may not see. */
export const refusal = {
  none: 0,
  corruptMessage: 2,
  messageTooLarge: 10,
  invalidTimestamp: 32,
  unsupportedCompressionType: 76,
  invalidRecord: 87,
} as const

export interface BatchRules {
  /** Size of a batch as received, header included. */
  readonly maxMessageBytes: number
  readonly messageTimestampType: 'CreateTime' | 'LogAppendTime'
  /** How far a record's time may lie behind the broker's clock; Infinity for any. */
  readonly messageTimestampBeforeMaxMs: number
  /** How far ahead. */
  readonly messageTimestampAfterMaxMs: number
  readonly cleanupPolicy: 'delete' | 'compact' | 'compact,delete'
}

/** Compacted topics take no record without a key. */
export const isCompacted = (rules: BatchRules): boolean => rules.cleanupPolicy !== 'delete'

/** Who writes: a client may not write control batches nor leave out the sequence. */
export type Origin = 'client' | 'coordinator'

/** Error code of the batch at `at`, of which at most [at, to) is there; 0 where it may be appended. */
export function validateBatch(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  to: number,
  rules: BatchRules,
  origin: Origin,
  nowMs: number,
  crc32c: batch.Crc32c,
): number {
  if (to - at < batch.batchHeaderBytes) return refusal.corruptMessage
  if (batch.magic(view, at) !== batch.batchMagic) return refusal.invalidRecord
  const size = batch.sizeInBytes(view, at)
  if (size < batch.batchHeaderBytes || size > to - at) return refusal.corruptMessage
  if (size > rules.maxMessageBytes) return refusal.messageTooLarge
  if (!batch.hasValidCrc(bytes, view, at, crc32c)) return refusal.corruptMessage
  const count = batch.recordCount(view, at)
  if (count <= 0 || batch.lastOffsetDelta(view, at) !== count - 1) return refusal.invalidRecord
  const codec = batch.codec(view, at)
  if (codec > batch.codecs.zstd) return refusal.unsupportedCompressionType
  if (codec === batch.codecs.none && !areRecordsSound(bytes, at + batch.batchHeaderBytes, at + size, count)) {
    return refusal.invalidRecord
  }
  if (origin === 'client') {
    if (batch.isControl(view, at) || batch.baseOffset(view, at) !== 0) return refusal.invalidRecord
    if (batch.producerId(view, at) >= 0 && batch.baseSequence(view, at) < 0) return refusal.invalidRecord
  }
  return validateTimestamps(view, at, rules, nowMs)
}

/**
 * Times by the header: the latest bounds all of them from above. From below only the records tell, so a finite
 * `messageTimestampBeforeMaxMs` is for `refusedRecords`.
 */
function validateTimestamps(view: DataView, at: number, rules: BatchRules, nowMs: number): number {
  if (rules.messageTimestampType === 'LogAppendTime') return refusal.none
  if (batch.isLogAppendTime(view, at)) return refusal.invalidTimestamp
  return batch.maxTimestamp(view, at) - nowMs > rules.messageTimestampAfterMaxMs
    ? refusal.invalidTimestamp
    : refusal.none
}

/** Whether the topic's settings depend on single records, so that `refusedRecords` has to look. */
export const mustLookInside = (rules: BatchRules): boolean =>
  isCompacted(rules) || (rules.messageTimestampBeforeMaxMs !== Infinity && rules.messageTimestampType === 'CreateTime')

export interface RefusedRecords {
  readonly errorCode: number
  /** As Produce names them since version 8 (KIP-467); none where the batch cannot be decoded. */
  readonly records: readonly RefusedRecord[]
}

export interface RefusedRecord {
  /** Position in the batch. */
  readonly index: number
  /** Undefined where the key is missing; else the time that is out of bounds. */
  readonly timestamp: number | undefined
}

/** Which records of a batch may not be appended, and why. A batch that cannot be decoded is refused as a whole. */
export function refusedRecords(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  rules: BatchRules,
  nowMs: number,
  decompress: batch.Decompress,
): RefusedRecords {
  const records: RefusedRecord[] = []
  let errorCode: number = refusal.none
  try {
    const cursor = new RecordCursor(bytes, view, at, decompress)
    for (let index = 0; cursor.next(); index++) {
      const isKeyless = isCompacted(rules) && !cursor.hasKey
      if (!isKeyless && !isOutOfTime(cursor.timestamp, rules, nowMs)) continue
      if (errorCode !== refusal.invalidTimestamp) {
        errorCode = isKeyless ? refusal.invalidRecord : refusal.invalidTimestamp
      }
      records.push({ index, timestamp: isKeyless ? undefined : cursor.timestamp })
    }
  } catch (error) {
    if (!(error instanceof CorruptBatch)) throw error
    return { errorCode: refusal.invalidRecord, records: [] }
  }
  return { errorCode, records }
}

/** Records without a time (-1) pass. */
const isOutOfTime = (timestamp: number, rules: BatchRules, nowMs: number): boolean =>
  rules.messageTimestampType === 'CreateTime' &&
  timestamp !== -1 &&
  (nowMs - timestamp > rules.messageTimestampBeforeMaxMs || timestamp - nowMs > rules.messageTimestampAfterMaxMs)
