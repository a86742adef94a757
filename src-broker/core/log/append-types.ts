// What goes with an append, and what comes of it.
import type { Origin } from '../../records/validate.ts'

export interface AppendContext {
  readonly leaderEpoch: number
  readonly nowMs: number
  readonly origin: Origin
}

/** Of the last append as leader; the same object each time. */
export interface LeaderAppend {
  /** 0, or why nothing was appended. */
  errorCode: number
  /** Of the first record; -1 where nothing was appended. Of a duplicate, where it went the first time. */
  baseOffset: number
  lastOffset: number
  /** The broker's time where the topic's records carry it, else -1. */
  logAppendTime: number
  isDuplicate: boolean
}

/** Of the last append as follower; the same object each time. */
export interface FollowerAppend {
  /** Whole batches that are in the log now. What follows them is refused, or the beginning of a batch. */
  byteCount: number
  /** Why the batch behind them is not; undefined where there is none, or none that is whole. */
  refusal: 'corrupt-batch' | 'unexpected-offset' | 'unexpected-epoch' | undefined
}

/**
 * What a leader said of its log. A batch's base offset and leader epoch lie outside its checksum, so what its file says there
 * has to agree with what the leader says itself.
 */
export interface FollowerLimits {
  readonly leaderEpoch: number
  readonly leaderEndOffset: number
  /** The leader says itself that the log goes on with this batch, even if there is a gap before it. */
  readonly batchOffset: number | undefined
}
