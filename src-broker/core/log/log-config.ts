import type { Compression } from '../../records/recompress.ts'
import type { BatchRules } from '../../records/validate.ts'

/** A topic's settings as far as its logs follow them. Kafka's names in camel case, with their units; Infinity is "no limit". */
export interface LogConfig extends BatchRules {
  /** A segment is closed before it would grow beyond this. */
  readonly segmentBytes: number
  /** … or when this lies between its first record and the newest. */
  readonly segmentMs: number
  /** … or when its offset index would. */
  readonly segmentIndexBytes: number
  /** Bytes of log between two entries of the sparse index. */
  readonly indexIntervalBytes: number
  /** How batches are stored; undefined for as the producer sent them. */
  readonly compression: Compression | undefined
  readonly retentionMs: number
  /** Of one partition. */
  readonly retentionBytes: number
  /** How much of a compacted log must be new before it is compacted again. */
  readonly minCleanableDirtyRatio: number
  /** Younger records are not compacted. */
  readonly minCompactionLagMs: number
  /** Older ones are, however few they are. */
  readonly maxCompactionLagMs: number
  /** How long a tombstone stays after the compaction that met it first. */
  readonly deleteRetentionMs: number
}

/** Apache Kafka 4.3's own. */
export const defaultLogConfig: LogConfig = {
  segmentBytes: 1_073_741_824,
  segmentMs: 604_800_000,
  segmentIndexBytes: 10_485_760,
  indexIntervalBytes: 4_096,
  compression: undefined,
  retentionMs: 604_800_000,
  retentionBytes: Infinity,
  minCleanableDirtyRatio: 0.5,
  minCompactionLagMs: 0,
  maxCompactionLagMs: Infinity,
  deleteRetentionMs: 86_400_000,
  cleanupPolicy: 'delete',
  maxMessageBytes: 1_048_588,
  messageTimestampType: 'CreateTime',
  messageTimestampBeforeMaxMs: Infinity,
  messageTimestampAfterMaxMs: 3_600_000,
}
