// The leader answers fetches, counts what a majority has on disk, and resigns when a majority has gone silent.
import { assert } from '../../base/assert.ts'
import type { FetchRequest, FetchResponse, FetchSnapshotRequest, FetchSnapshotResponse } from './raft-messages.ts'
import { becomeUnattached, standLaterAtMs, unheardOf } from './raft-roles.ts'
import {
  isVoter,
  type Leader,
  majority,
  otherVoters,
  type Raft,
  type RaftEffect,
  type ReplicaProgress,
  votesFrom,
} from './raft-state.ts'

/** A fetch by a replica in this leader's own epoch. */
export function fetched(raft: Raft, role: Leader, from: number, request: FetchRequest, out: RaftEffect[]): void {
  const { log, nowMs } = raft
  const replica = replicaOf(role, from, nowMs)
  if (replica.directoryId !== request.directoryId) Object.assign(replica, unheardOf(nowMs))
  replica.directoryId = request.directoryId
  replica.lastFetchMs = nowMs
  replica.highWatermark = request.highWatermark
  const parting = whereLogsPart(raft, request)
  if (parting !== undefined) {
    out.push({ type: 'send', to: from, message: fetchResponse(raft, request.fetchId, parting) })
    return
  }
  replica.logEndOffset = request.fetchOffset
  if (request.fetchOffset >= log.endOffset) replica.lastCaughtUpMs = nowMs
  const { fetchId, fetchOffset } = request
  replica.parked = { fetchId, fetchOffset, untilMs: nowMs + raft.options.fetchWaitMaxMs }
}

/** A part of a snapshot, for a replica in this leader's own epoch. */
export function snapshotFetched(
  raft: Raft,
  role: Leader,
  from: number,
  request: FetchSnapshotRequest,
  out: RaftEffect[],
): void {
  replicaOf(role, from, raft.nowMs).lastFetchMs = raft.nowMs
  const part = raft.log.readSnapshot(request.snapshotId, request.position, raft.options.snapshotBytesMax)
  out.push({ type: 'send', to: from, message: snapshotResponse(raft, request.fetchId, part) })
}

function replicaOf(role: Leader, id: number, nowMs: number): ReplicaProgress {
  const replica = role.replicas.get(id) ?? unheardOf(nowMs)
  role.replicas.set(id, replica)
  return replica
}

/** Where the follower's log and ours part, if they do; the snapshot, where ours does not reach back so far. */
function whereLogsPart(
  { log }: Raft,
  { fetchOffset, lastFetchedEpoch }: FetchRequest,
): Pick<FetchResponse, 'divergingEpoch'> | Pick<FetchResponse, 'snapshotId'> | undefined {
  const { startOffset, latestSnapshot } = log
  const shared = log.endOffsetForEpoch(lastFetchedEpoch)
  const isShared = fetchOffset === 0 || (shared.epoch === lastFetchedEpoch && fetchOffset <= shared.endOffset)
  if (fetchOffset < startOffset || (!isShared && startOffset > 0 && shared.endOffset <= startOffset)) {
    assert(latestSnapshot !== undefined, `the log begins at ${startOffset} and no snapshot leads there`)
    return { snapshotId: latestSnapshot }
  }
  return isShared ? undefined : { divergingEpoch: shared }
}

/** Called after every input: commits what a majority has, answers the fetches that have something to learn. */
export function settleLeader(raft: Raft, role: Leader, out: RaftEffect[]): void {
  advanceHighWatermark(raft, role, out)
  announce(raft, role, out)
  for (const [to, replica] of role.replicas) answerWhenReady(raft, to, replica, out)
  // A leader that is to vote no longer leads until that is committed (KIP-853).
  const isRemoved = !isVoter(raft) && raft.highWatermark > (raft.voterSet?.offset ?? 0)
  if (isRemoved) resign(raft, role, 'it is no voter any more', out)
}

function advanceHighWatermark(raft: Raft, role: Leader, out: RaftEffect[]): void {
  const ends = raft.voters.map((id) =>
    id === raft.options.id ? raft.syncedEndOffset : (voterProgress(raft, role, id)?.logEndOffset ?? -1),
  )
  const durableOnMajority = ends.sort((a, b) => b - a)[majority(raft) - 1]!
  // A record of an earlier epoch is committed only through one of this epoch (Raft, figure 8).
  if (durableOnMajority <= role.epochStartOffset || durableOnMajority <= raft.highWatermark) return
  assert(durableOnMajority <= raft.log.endOffset, 'the high watermark would pass the log end')
  raft.highWatermark = durableOnMajority
  raft.isCaughtUp = true
  out.push({ type: 'committed', highWatermark: durableOnMajority })
}

/** What is known of a voter, from the disk that votes. */
function voterProgress(raft: Raft, role: Leader, id: number): ReplicaProgress | undefined {
  const replica = role.replicas.get(id)
  return replica !== undefined && votesFrom(raft, id, replica.directoryId) ? replica : undefined
}

/** Tells those who have not come yet who leads; their first fetch is the answer. */
function announce(raft: Raft, role: Leader, out: RaftEffect[]): void {
  if (raft.nowMs < role.announceAtMs) return
  const intervalMs = raft.options.fetchTimeoutMs / 2
  role.announceAtMs = raft.nowMs + intervalMs
  for (const to of raft.connected) {
    const replica = role.replicas.get(to)
    const isFollowing =
      replica !== undefined && replica.logEndOffset >= 0 && raft.nowMs - replica.lastFetchMs < intervalMs
    if (!isFollowing) out.push({ type: 'send', to, message: { kind: 'begin-quorum-epoch', epoch: raft.epoch } })
  }
}

/** Whoever waits for an answer knows who leads. */
export const isSomebodyToTell = ({ connected }: Raft, { replicas }: Leader): boolean =>
  [...connected].some((id) => replicas.get(id)?.parked === undefined)

function answerWhenReady(raft: Raft, to: number, replica: ReplicaProgress, out: RaftEffect[]): void {
  const { parked } = replica
  if (parked === undefined) return
  const hasRecords = parked.fetchOffset < raft.log.endOffset
  if (!hasRecords && replica.highWatermark >= knownHighWatermark(raft) && raft.nowMs < parked.untilMs) return
  replica.parked = undefined
  const records = hasRecords ? raft.log.read(parked.fetchOffset, raft.options.fetchBytesMax) : undefined
  out.push({ type: 'send', to, message: fetchResponse(raft, parked.fetchId, { records }) })
}

/** When a majority, the leader included, was last known to listen, and for how long that is good. */
export function quorumTimeoutAtMs(raft: Raft, role: Leader): number {
  const others = majority(raft) - (isVoter(raft) ? 1 : 0)
  if (others === 0) return Infinity
  const heard = otherVoters(raft).map((id) =>
    Math.max(role.electedAtMs, voterProgress(raft, role, id)?.lastFetchMs ?? 0),
  )
  const majorityHeardMs = heard.sort((a, b) => b - a)[others - 1]!
  return majorityHeardMs + 1.5 * raft.options.fetchTimeoutMs
}

export function leaderTick(raft: Raft, role: Leader, out: RaftEffect[]): void {
  if (raft.nowMs >= quorumTimeoutAtMs(raft, role)) return resign(raft, role, 'a majority has gone silent', out)
  answerTogether(raft, role)
}

/** Who has waited for long is answered with the first whose time is up: they come again together, and wake this node once. */
function answerTogether({ nowMs, options }: Raft, { replicas }: Leader): void {
  const isDue = ({ parked }: ReplicaProgress, atMs: number) => parked !== undefined && parked.untilMs <= atMs
  const all = [...replicas.values()]
  if (!all.some((replica) => isDue(replica, nowMs))) return
  for (const replica of all) {
    if (isDue(replica, nowMs + options.fetchWaitMaxMs / 2)) replica.parked = { ...replica.parked!, untilMs: nowMs }
  }
}

export function resign(raft: Raft, role: Leader, reason: string, out: RaftEffect[]): void {
  const byLogEnd = [...role.replicas].sort(([, a], [, b]) => b.logEndOffset - a.logEndOffset)
  const preferredCandidates = byLogEnd.map(([id]) => id).filter((id) => raft.voters.includes(id))
  const message = { kind: 'end-quorum-epoch', epoch: raft.epoch, preferredCandidates } as const
  for (const to of raft.connected) out.push({ type: 'send', to, message })
  becomeUnattached(raft, standLaterAtMs(raft), reason, out)
}

/** A leader that has committed nothing yet does not know how much is: perhaps more than it was told in its earlier life. */
const knownHighWatermark = ({ role, highWatermark }: Raft): number =>
  role.kind === 'leader' && highWatermark > role.epochStartOffset ? highWatermark : 0

/** An answer in our epoch; who is not the leader says who is, and nothing else. */
export function fetchResponse(
  raft: Raft,
  fetchId: number,
  content: Partial<Pick<FetchResponse, 'records' | 'divergingEpoch' | 'snapshotId'>> = {},
): FetchResponse {
  const { epoch, leaderId } = raft
  const highWatermark = knownHighWatermark(raft)
  const { divergingEpoch, snapshotId, records } = content
  return { kind: 'fetch-response', epoch, fetchId, leaderId, highWatermark, divergingEpoch, snapshotId, records }
}

export const snapshotResponse = (
  { epoch, leaderId }: Raft,
  fetchId: number,
  part: FetchSnapshotResponse['part'],
): FetchSnapshotResponse => ({ kind: 'fetch-snapshot-response', epoch, fetchId, leaderId, part })
