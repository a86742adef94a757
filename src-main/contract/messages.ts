/** A key, value or header value, told apart: null (a tombstone when it is a value), empty, and bytes shown as well as they can be. */
export type Payload =
  | { readonly kind: 'null' }
  | { readonly kind: 'empty' }
  /** Valid JSON, kept as the text it came as: 64-bit integers stay exact. */
  | { readonly kind: 'json'; readonly text: string; readonly sizeBytes: number; readonly isCut: boolean }
  | { readonly kind: 'text'; readonly text: string; readonly sizeBytes: number; readonly isCut: boolean }
  | { readonly kind: 'binary'; readonly hex: string; readonly sizeBytes: number; readonly isCut: boolean }

/** `unreadable`: a batch that is damaged, too large or of an old format; its raw bytes stand for the value. */
export type RowKind = 'record' | 'transaction-commit' | 'transaction-abort' | 'control' | 'unreadable'

/** One line of the message list; long contents are cut (`isCut`), the detail has them whole. */
export interface MessageRow {
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
  readonly timestampType: 'create' | 'append'
  readonly kind: RowKind
  readonly key: Payload
  readonly value: Payload
  readonly headerCount: number
}

export interface MessageDetail extends MessageRow {
  readonly headers: readonly { readonly key: string; readonly value: Payload }[]
  readonly batch: BatchFacts
  /** The value as hex (up to 1 MiB), for the hex view. */
  readonly valueHex: string | null
  readonly keyHex: string | null
}

export interface BatchFacts {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly leaderEpoch: number
  readonly compression: 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'
  readonly sizeBytes: number
  readonly recordCount: number
  readonly isTransactional: boolean
  readonly producerId: string
  readonly producerEpoch: number
  readonly baseSequence: number
}

export interface MessageQuery {
  readonly topic: string
  /** Null means all. */
  readonly partitions: readonly number[] | null
  readonly from:
    | { readonly kind: 'newest' }
    | { readonly kind: 'oldest' }
    | { readonly kind: 'offset'; readonly offset: number }
    | { readonly kind: 'timestamp'; readonly timestampMs: number }
    /** Where an earlier page ended. */
    | { readonly kind: 'cursor'; readonly cursor: string }
  readonly limit: number
  /** Plain text looked for in key, value and headers, case ignored; empty takes all. */
  readonly contains: string
}

export interface MessagePage {
  /** In the order asked for: newest first, or oldest first for the other starts. */
  readonly rows: readonly MessageRow[]
  /** Goes on where this page ended, or null when everything has been read. */
  readonly nextCursor: string | null
  readonly scannedRecords: number
  readonly scannedBytes: number
  readonly tookMs: number
  readonly stopped: 'page-full' | 'end' | 'scan-limit'
  /** Offsets beyond this page, so records at most; null where a partition could not be asked how long it is. */
  readonly unreadOffsets: number | null
  /** Partitions that the page lacks although something may be in them, and why. The cursor asks them again. */
  readonly unreachable: readonly UnreachablePartition[]
}

export interface UnreachablePartition {
  readonly partition: number
  readonly reason: string
}

export interface TailRequest {
  readonly topic: string
  /** Null means all. */
  readonly partitions: readonly number[] | null
  /** As in a MessageQuery. */
  readonly contains: string
}

/** Rows that arrived since the last batch; `skipped` of them were dropped because the window could not keep up. */
export interface TailBatch {
  readonly tailId: string
  readonly rows: readonly MessageRow[]
  readonly skipped: number
}

/** Three ways to say a content: null, empty, or text / hex bytes. */
export type PayloadInput =
  | { readonly kind: 'null' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'hex'; readonly hex: string }

export interface ProduceRequest {
  readonly topic: string
  /** Null: by key (murmur2), as the Java client would; keyless goes round the partitions. */
  readonly partition: number | null
  readonly key: PayloadInput
  readonly value: PayloadInput
  readonly headers: readonly { readonly key: string; readonly value: PayloadInput }[]
}

export interface ProduceOutcome {
  readonly partition: number
  readonly offset: number
  readonly timestampMs: number
}
