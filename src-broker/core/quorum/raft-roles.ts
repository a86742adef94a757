// From one role to another. Whatever raises the epoch or gives a vote goes through `persist` here, and what is said on the
// strength of it goes into the list that `persist` returns.
import {
  type Candidate,
  type Follower,
  isVoter,
  majority,
  mayStand,
  nobody,
  otherVoters,
  type Raft,
  type RaftEffect,
  type ReplicaProgress,
  reachableVoters,
} from './raft-state.ts'

/** Returns the effects that may happen only once the state is on disk. */
export function persist(raft: Raft, out: RaftEffect[]): RaftEffect[] {
  const then: RaftEffect[] = []
  const state = { leaderId: raft.leaderId, leaderEpoch: raft.epoch, votedId: raft.votedId }
  out.push({ type: 'persist', state, then })
  return then
}

/** Enters a later epoch, in which nothing is known yet and no vote is given. The caller persists and chooses the role. */
export function enterEpoch(raft: Raft, epoch: number): void {
  raft.epoch = epoch
  raft.votedId = nobody
}

export function becomeUnattached(raft: Raft, electionAtMs: number, reason: string, out: RaftEffect[]): void {
  raft.role = { kind: 'unattached', electionAtMs }
  setLeader(raft, nobody, reason, out)
}

export function becomeFollower(raft: Raft, leaderId: number, out: RaftEffect[]): void {
  raft.failedElections = 0
  raft.role = { kind: 'follower', leaderId, heardMs: 0, timeoutAtMs: 0, fetch: undefined, snapshot: undefined }
  heardLeader(raft, raft.role)
  setLeader(raft, leaderId, 'elected', out)
}

export function becomeProspective(raft: Raft, out: RaftEffect[]): void {
  raft.role = ballot(raft, 'prospective')
  askForVotes(raft, true, out)
}

export function becomeCandidate(raft: Raft, out: RaftEffect[]): void {
  enterEpoch(raft, raft.epoch + 1)
  raft.votedId = raft.options.id
  raft.role = ballot(raft, 'candidate')
  askForVotes(raft, false, persist(raft, out))
}

/** Its first record says that it leads; with it, and not before, all that earlier leaders left behind is committed. */
export function becomeLeader(raft: Raft, grantingVoters: readonly number[], out: RaftEffect[]): void {
  const { epoch, log, nowMs, options, voters } = raft
  const epochStartOffset = log.endOffset
  log.appendLeaderChange({ leaderId: options.id, voters, grantingVoters }, epoch)
  const replicas = new Map(otherVoters(raft).map((id) => [id, unheardOf(nowMs)]))
  raft.role = { kind: 'leader', electedAtMs: nowMs, epochStartOffset, replicas, announceAtMs: nowMs }
  raft.failedElections = 0
  setLeader(raft, options.id, 'elected', out)
}

/** The moment to stand at the start and after a leader's loss: almost at once, one voter after the other. */
export function standSoonAtMs(raft: Raft): number {
  if (!canElect(raft)) return Infinity
  const { electionStaggerMs } = raft.options
  const rank = Math.max(0, reachableVoters(raft).indexOf(raft.options.id))
  return raft.nowMs + (raft.voters.length === 1 ? 0 : (rank + raft.random() / 2) * electionStaggerMs)
}

/** After a round that nobody won: apart by chance, further with every round. */
export function standAgainAtMs(raft: Raft): number {
  if (!canElect(raft)) return Infinity
  const { electionStaggerMs, electionTimeoutMs } = raft.options
  const backoffMs = Math.min(electionStaggerMs * 2 ** Math.min(raft.failedElections, 16), electionTimeoutMs)
  return raft.nowMs + backoffMs * (0.5 + raft.random())
}

/** Somebody else has our vote, or the promise of it: leave the time to make use of it. */
export const standLaterAtMs = (raft: Raft): number =>
  mayStand(raft) ? raft.nowMs + raft.options.electionTimeoutMs * (0.5 + raft.random() / 2) : Infinity

export function heardLeader(raft: Raft, role: Follower): void {
  role.heardMs = raft.nowMs
  role.timeoutAtMs = raft.nowMs + raft.options.fetchTimeoutMs * (1 + raft.random() / 4)
}

export const unheardOf = (nowMs: number): ReplicaProgress => ({
  directoryId: undefined,
  logEndOffset: -1,
  highWatermark: -1,
  lastFetchMs: nowMs,
  lastCaughtUpMs: nowMs,
  parked: undefined,
})

const canElect = (raft: Raft): boolean => mayStand(raft) && reachableVoters(raft).length >= majority(raft)

const ballot = (raft: Raft, kind: Candidate['kind']): Candidate => ({
  kind,
  granted: new Set(isVoter(raft) ? [raft.options.id] : []),
  rejected: new Set(otherVoters(raft).filter((id) => !raft.connected.has(id))),
  untilMs: raft.nowMs + raft.options.electionTimeoutMs,
})

function askForVotes(raft: Raft, preVote: boolean, out: RaftEffect[]): void {
  const { epoch, log } = raft
  for (const to of otherVoters(raft).filter((id) => raft.connected.has(id))) {
    const message = { kind: 'vote', epoch, preVote, lastOffsetEpoch: log.lastEpoch, lastOffset: log.endOffset } as const
    out.push({ type: 'send', to, message })
  }
}

function setLeader(raft: Raft, leaderId: number, reason: string, out: RaftEffect[]): void {
  if (raft.leaderId !== nobody && leaderId === nobody) raft.leaderlessSinceMs = raft.nowMs
  if (raft.leaderId === leaderId && leaderId === nobody) return
  raft.leaderId = leaderId
  out.push({ type: 'leadership-changed', leaderId, epoch: raft.epoch, reason })
}
