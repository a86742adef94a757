// What Raft's voters say to each other, named as Kafka names it. Plain objects: they cross a message port as they are.
import type { Uuid } from '../../base/uuid.ts'
import type { SnapshotId, SnapshotPart } from './raft-log.ts'

interface FromReplica {
  /** The sender's own epoch. A higher one than the receiver's always makes the receiver follow. */
  readonly epoch: number
}

export interface VoteRequest extends FromReplica {
  readonly kind: 'vote'
  /** Only asks whether the vote would be given (KIP-996): no epoch is raised, nothing is written. */
  readonly preVote: boolean
  readonly lastOffsetEpoch: number
  readonly lastOffset: number
}

export interface VoteResponse extends FromReplica {
  readonly kind: 'vote-response'
  readonly preVote: boolean
  readonly voteGranted: boolean
  readonly leaderId: number
  /** Of the voter: with another disk it is another voter. */
  readonly directoryId: Uuid
}

/** The new leader makes itself known. The follower's first fetch is the answer. */
export interface BeginQuorumEpoch extends FromReplica {
  readonly kind: 'begin-quorum-epoch'
}

/** The leader resigns, so that nobody has to wait for a timeout. */
export interface EndQuorumEpoch extends FromReplica {
  readonly kind: 'end-quorum-epoch'
  /** Voters by how much of the log they have, the fullest first: it stands first. */
  readonly preferredCandidates: readonly number[]
}

export interface FetchRequest extends FromReplica {
  readonly kind: 'fetch'
  readonly fetchId: number
  /** Of the follower: with another disk it is another voter. */
  readonly directoryId: Uuid
  /** End of what the follower has on disk, synced: its acknowledgement. */
  readonly fetchOffset: number
  readonly lastFetchedEpoch: number
  /** What the follower knows to be committed; the leader answers at once when it knows of more. */
  readonly highWatermark: number
}

export interface FetchResponse extends FromReplica {
  readonly kind: 'fetch-response'
  readonly fetchId: number
  /** -1 where the asked replica knows of no leader; another id than the sender's sends the follower there. */
  readonly leaderId: number
  readonly highWatermark: number
  /** The follower's log has another past: it drops what lies beyond, then asks again. */
  readonly divergingEpoch: { readonly epoch: number; readonly endOffset: number } | undefined
  /** The leader's log no longer reaches back so far: the follower fetches this first. */
  readonly snapshotId: SnapshotId | undefined
  /** Whole record batches, as they stand in the leader's log. */
  readonly records: Uint8Array | undefined
}

/** Asks for a part of a snapshot (KIP-630). */
export interface FetchSnapshotRequest extends FromReplica {
  readonly kind: 'fetch-snapshot'
  readonly fetchId: number
  readonly snapshotId: SnapshotId
  readonly position: number
}

export interface FetchSnapshotResponse extends FromReplica {
  readonly kind: 'fetch-snapshot-response'
  readonly fetchId: number
  /** As in a fetch. */
  readonly leaderId: number
  /** Undefined where the snapshot is gone: a newer one has taken its place. */
  readonly part: SnapshotPart | undefined
}

export type RaftMessage =
  | VoteRequest
  | VoteResponse
  | BeginQuorumEpoch
  | EndQuorumEpoch
  | FetchRequest
  | FetchResponse
  | FetchSnapshotRequest
  | FetchSnapshotResponse
