import type { Voter, VoterSet } from './voters.ts'

/** The log as Raft needs it. Appends are at once visible here and durable only after a sync, which Raft asks for as an effect. */
export interface RaftLog {
  /** Where the log begins: 0, or where a snapshot that is there ends. */
  readonly startOffset: number
  readonly endOffset: number
  /** Epoch of the last batch, or of the snapshot where there is none behind it; 0 where there is neither. */
  readonly lastEpoch: number
  /**
   * The largest epoch not above `epoch` that has batches here, and where it ends; that of what lies before the log's start,
   * ending there, where there is none; -1 where `epoch` is older than that.
   */
  endOffsetForEpoch(epoch: number): { readonly epoch: number; readonly endOffset: number }
  /** Appends one batch in the leader's epoch and returns its base offset. The batch is stamped in place. */
  appendAsLeader(batch: Uint8Array, epoch: number): number
  appendLeaderChange(change: LeaderChange, epoch: number): void
  /** The voters from here on. */
  appendVoters(voters: readonly Voter[], epoch: number): void
  /** Batches as the leader has them, starting at the log's end; false where not one of them is sound. */
  appendAsFollower(batches: Uint8Array): boolean
  /** Batches from `offset` on: at least one whole, as many as fit in `maxBytes`, the last of them perhaps cut off. */
  read(offset: number, maxBytes: number): Uint8Array
  truncateTo(offset: number): void
  /** As the last VotersRecord has them; undefined where there is none and the voters are those of the configuration. */
  readonly voters: VoterSet | undefined

  readonly latestSnapshot: SnapshotId | undefined
  /** A part of a snapshot; undefined where it is gone. */
  readSnapshot(id: SnapshotId, position: number, maxBytes: number): SnapshotPart | undefined
  /**
   * Takes a part of the leader's snapshot, in order. With the last one the snapshot is on disk and in place of all the log, which
   * goes on where it ends. `refused` where the whole is not sound: from the beginning, then.
   */
  receiveSnapshot(id: SnapshotId, part: SnapshotPart): 'more' | 'installed' | 'refused'
}

/** All that was committed before `endOffset`; `epoch` is that of the last record it covers. */
export interface SnapshotId {
  readonly endOffset: number
  readonly epoch: number
}

export interface SnapshotPart {
  readonly position: number
  readonly bytes: Uint8Array
  /** Of the whole. */
  readonly size: number
}

/** Says who leads from here on. An epoch's records are committed through it and never before it. */
export interface LeaderChange {
  readonly leaderId: number
  readonly voters: readonly number[]
  readonly grantingVoters: readonly number[]
}
