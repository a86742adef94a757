/** The log as Raft needs it. Appends are at once visible here and durable only after a sync, which Raft asks for as an effect. */
export interface RaftLog {
  readonly startOffset: number
  readonly endOffset: number
  /** Epoch of the last batch, 0 where there is none. */
  readonly lastEpoch: number
  /** The largest epoch not above `epoch` that has batches here, and where it ends; epoch 0 at the log's start where there is none. */
  endOffsetForEpoch(epoch: number): { readonly epoch: number; readonly endOffset: number }
  /** Appends one batch in the leader's epoch and returns its base offset. The batch is stamped in place. */
  appendAsLeader(batch: Uint8Array, epoch: number): number
  appendLeaderChange(change: LeaderChange, epoch: number): void
  /** Batches as the leader has them, starting at the log's end; false where not one of them is sound. */
  appendAsFollower(batches: Uint8Array): boolean
  /** Batches from `offset` on: at least one whole, as many as fit in `maxBytes`, the last of them perhaps cut off. */
  read(offset: number, maxBytes: number): Uint8Array
  truncateTo(offset: number): void
}

/** Says who leads from here on. An epoch's records are committed through it and never before it. */
export interface LeaderChange {
  readonly leaderId: number
  readonly voters: readonly number[]
  readonly grantingVoters: readonly number[]
}
