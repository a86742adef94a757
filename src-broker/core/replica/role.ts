// What a replica is at the moment, as plain data; leader.ts and follower.ts have the rules.
import type { Origin } from '../../records/validate.ts'
import type { PeerFile } from '../env.ts'

export interface Leader {
  readonly kind: 'leader'
  readonly epoch: number
  /** Log end when this epoch began: a replica below it may lack what an earlier leader committed. */
  readonly epochStartOffset: number
  partitionEpoch: number
  replicas: readonly number[]
  isr: readonly number[]
  /** An ISR that the controller has been asked for, or undefined. */
  proposedIsr: readonly number[] | undefined
  /** Elected uncleanly, and the controller waits to hear that it has taken over (LeaderRecoveryState). */
  isRecovering: boolean
  replicaLagTimeMaxMs: number
  /** min.insync.replicas, at most the number of replicas. */
  minInsyncReplicas: number
  readonly followers: Map<number, FollowerProgress>
  /** Appends that wait for the high watermark, in offset order. */
  readonly waiting: AppendWait[]
}

export interface FollowerProgress {
  /** -1 until it has asked in this epoch, and again once its link is lost. */
  logEndOffset: number
  /** -1 until it has asked in this epoch. */
  logStartOffset: number
  /** Monotonic time at which it last had everything that the leader had. */
  caughtUpAtMs: number
  /** The leader's log end, and when, at its last acknowledgement: who has that much by the next one was caught up then. */
  heardEndOffset: number
  heardAtMs: number
  /** Epoch of the broker's registration when it asked: a later life must not join on what an earlier one had (KIP-903). */
  brokerEpoch: number
  /** What it has been told; undefined while it does not follow. */
  stream: Stream | undefined
}

/** How far a follower has been told to read. */
export interface Stream {
  readonly followerHandle: number
  segmentBase: number
  position: number
  highWatermark: number
  logStartOffset: number
  /** How often it was told of new data since it last acknowledged any. */
  unanswered: number
}

/** An append with acks=all whose answer waits. */
export interface AppendWait {
  /**
   * A client's goes on waiting where this broker leads in the next epoch too, and is told when too few replicas are left in sync. A
   * coordinator's does neither: with each epoch it loads anew, and it counts on nothing but what is committed.
   */
  readonly origin: Origin
  /** Offset after its last record. */
  readonly endOffset: number
  completed(errorCode: number): void
}

export interface Follower {
  readonly kind: 'follower'
  /** -1 while the partition has no leader. */
  readonly leaderId: number
  readonly leaderEpoch: number
  /** What this follower reads from; undefined until the leader has answered. */
  source: Source | undefined
  /** A question is on its way to the leader. */
  isAsking: boolean
  /** How often in a row asking led to nothing that could be copied. */
  failures: number
  /** It has been said that this replica cannot follow. */
  isStuck: boolean
}

export interface Source {
  readonly leaderHandle: number
  segmentBase: number
  /** Position in the leader's segment file up to which this follower has copied. */
  position: number
  /** Base offset of the first batch to be read; undefined once it was. */
  batchOffset: number | undefined
  readonly leaderEpoch: number
  leaderEndOffset: number
  file: PeerFile | undefined
  /** How far the leader says its segments go, oldest first; copied from the front. */
  readonly announced: AnnouncedSegment[]
  leaderHighWatermark: number
  leaderLogStartOffset: number
}

export interface AnnouncedSegment {
  readonly segmentBase: number
  endPosition: number
}
