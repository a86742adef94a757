// Raft's state, inputs and effects. KRaft's shape: followers pull, their fetch offset is their acknowledgement, and it
// counts what is synced only. Behaviour is in raft-roles (transitions), raft-election, raft-follower and raft-leader.
import type { Random } from '../../base/random.ts'
import { type Uuid, zeroUuid } from '../../base/uuid.ts'
import type { RaftLog, SnapshotId } from './raft-log.ts'
import type { RaftMessage } from './raft-messages.ts'
import type { VoterSet } from './voters.ts'

export interface RaftOptions {
  readonly id: number
  /** Of this replica's disk. */
  readonly directoryId: Uuid
  /** A follower that got no answer for so long takes the leader for lost. */
  readonly fetchTimeoutMs: number
  /** How long the leader keeps a fetch for which there is nothing. */
  readonly fetchWaitMaxMs: number
  readonly fetchBytesMax: number
  /** Of a part of a snapshot. */
  readonly snapshotBytesMax: number
  /** How long a round of votes may take, and the most that failed rounds are apart. */
  readonly electionTimeoutMs: number
  /** What each voter waits longer than the one before it in the order of ids, so that they do not stand all at once. */
  readonly electionStaggerMs: number
}

export const raftDefaults = {
  fetchTimeoutMs: 1_000,
  fetchWaitMaxMs: 300,
  fetchBytesMax: 1_048_576,
  snapshotBytesMax: 1_048_576,
  electionTimeoutMs: 500,
  electionStaggerMs: 6,
  directoryId: zeroUuid,
} as const satisfies Omit<RaftOptions, 'id'>

/** What must be on disk before it counts: the epoch, and who got this voter's vote in it. -1 for nobody. */
export interface QuorumState {
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly votedId: number
}

export interface Raft {
  readonly options: RaftOptions
  readonly log: RaftLog
  readonly random: Random
  /** They count while the log names nobody. */
  readonly configuredVoters: readonly number[]
  voters: readonly number[]
  /** What the log says of them; undefined until it does. */
  voterSet: VoterSet | undefined
  /** Nodes whose link is open. */
  readonly connected: Set<number>
  nowMs: number
  epoch: number
  votedId: number
  leaderId: number
  role: Role
  /** Offset after the last record known to be durable on a majority. */
  highWatermark: number
  /**
   * All that was committed when this life began is known to be here. Before that the high watermark may be that of long ago: a snapshot's,
   * or as far as the own log has come.
   */
  isCaughtUp: boolean
  /** What of the own log would survive a power loss. */
  syncedEndOffset: number
  /** The log end that the sync under way will have made durable. */
  syncingTo: number | undefined
  /** Rounds of votes since there was a leader. */
  failedElections: number
  /** When the last leader was lost sight of. */
  leaderlessSinceMs: number
  nextFetchId: number
}

export type Role = Unattached | Candidate | Follower | Leader

/** Knows of no leader and waits to stand, or to be asked for its vote. */
export interface Unattached {
  readonly kind: 'unattached'
  electionAtMs: number
}

/** Asks for votes: first whether it would get them (prospective, KIP-996), then in earnest in a new epoch. */
export interface Candidate {
  readonly kind: 'prospective' | 'candidate'
  readonly granted: Set<number>
  readonly rejected: Set<number>
  readonly untilMs: number
}

export interface Follower {
  readonly kind: 'follower'
  readonly leaderId: number
  /** When the leader last answered. */
  heardMs: number
  /** The leader counts as lost then, unless it answers before. */
  timeoutAtMs: number
  fetch: { readonly id: number; readonly resendAtMs: number } | undefined
  /** Being fetched in place of the log, and how far that has come. */
  snapshot: { readonly id: SnapshotId; readonly position: number } | undefined
}

export interface Leader {
  readonly kind: 'leader'
  readonly electedAtMs: number
  readonly epochStartOffset: number
  /** Everyone who fetches, and every voter. Not the leader itself. */
  readonly replicas: Map<number, ReplicaProgress>
  /** When voters that have not come yet are told again who leads. */
  announceAtMs: number
}

/** What the leader knows of a replica from its fetches. */
export interface ReplicaProgress {
  /** Undefined before the first fetch of the epoch. */
  directoryId: Uuid | undefined
  /** Durable there; -1 before the first fetch of the epoch. */
  logEndOffset: number
  highWatermark: number
  lastFetchMs: number
  lastCaughtUpMs: number
  parked: { readonly fetchId: number; readonly fetchOffset: number; readonly untilMs: number } | undefined
}

export type RaftInput =
  | { readonly type: 'start' }
  | { readonly type: 'tick' }
  | { readonly type: 'message'; readonly from: number; readonly message: RaftMessage }
  | { readonly type: 'peer-up' | 'peer-lost'; readonly peer: number }
  | { readonly type: 'log-synced' }
  /** The clock has jumped: silence measured across the jump means nothing. */
  | { readonly type: 'clock-gap' }
  | { readonly type: 'resign'; readonly reason: string }
  /** The leader appended on behalf of its controller. */
  | { readonly type: 'appended' }
  /** The disk refused what was to be written. */
  | { readonly type: 'disk-failed' }

export type RaftEffect =
  | { readonly type: 'send'; readonly to: number; readonly message: RaftMessage }
  /** Write and sync the state; what follows from it is in `then`. */
  | { readonly type: 'persist'; readonly state: QuorumState; readonly then: RaftEffect[] }
  /** Sync the log in the background; `log-synced` says when. */
  | { readonly type: 'sync-log' }
  | { readonly type: 'committed'; readonly highWatermark: number }
  /** The leader's snapshot has taken the place of the log: all that was replayed is replaced by it. */
  | { readonly type: 'snapshot-installed'; readonly snapshotId: SnapshotId }
  | { readonly type: 'leadership-changed'; readonly leaderId: number; readonly epoch: number; readonly reason: string }

export const nobody = -1

export const isVoter = (raft: Raft): boolean =>
  raft.voters.includes(raft.options.id) && votesFrom(raft, raft.options.id, raft.options.directoryId)

/**
 * Whether it may stand: as a voter, or where the record that takes it out may not be committed. It may be the only one to have it,
 * and then nobody else can be elected either. It stands in the set without itself, and does not count its own vote.
 */
export const mayStand = (raft: Raft): boolean =>
  isVoter(raft) ||
  (raft.voterSet !== undefined &&
    raft.voterSet.offset >= raft.highWatermark &&
    raft.voterSet.previous.some(({ id }) => id === raft.options.id))

/** Whether the voter of that id is the one with that disk. Voters of the configuration have no disk to be known by. */
export const votesFrom = ({ voterSet }: Raft, id: number, directoryId: Uuid | undefined): boolean =>
  voterSet === undefined || voterSet.voters.some((voter) => voter.id === id && voter.directoryId === directoryId)

export const majority = (raft: Raft): number => Math.floor(raft.voters.length / 2) + 1

/** Voters that could take part in an election now, this one included, in the order in which they stand. */
export const reachableVoters = (raft: Raft): number[] =>
  raft.voters.filter((id) => id === raft.options.id || raft.connected.has(id)).sort((a, b) => a - b)

export const otherVoters = (raft: Raft): number[] => raft.voters.filter((id) => id !== raft.options.id)

/** Whether a log that ends there has all that may be committed in ours. */
export const isUpToDate = (raft: Raft, lastOffsetEpoch: number, lastOffset: number): boolean =>
  lastOffsetEpoch > raft.log.lastEpoch || (lastOffsetEpoch === raft.log.lastEpoch && lastOffset >= raft.log.endOffset)
