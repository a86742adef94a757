// The leader answers fetches, counts what a majority has on disk, and resigns when a majority has gone silent.
import { assert } from '../../base/assert.ts'
import type { FetchRequest, FetchResponse } from './raft-messages.ts'
import { becomeUnattached, standLaterAtMs, unheardOf } from './raft-roles.ts'
import { type Leader, majority, otherVoters, type Raft, type RaftEffect, type ReplicaProgress } from './raft-state.ts'

/** A fetch by a replica in this leader's own epoch. */
export function fetched(raft: Raft, role: Leader, from: number, request: FetchRequest, out: RaftEffect[]): void {
  const { log, nowMs } = raft
  const replica = role.replicas.get(from) ?? unheardOf(nowMs)
  role.replicas.set(from, replica)
  replica.lastFetchMs = nowMs
  replica.highWatermark = request.highWatermark
  const divergingEpoch = divergence(raft, request)
  if (divergingEpoch !== undefined) {
    const message = fetchResponse(raft, request.fetchId, { divergingEpoch })
    out.push({ type: 'send', to: from, message })
    return
  }
  replica.logEndOffset = request.fetchOffset
  if (request.fetchOffset >= log.endOffset) replica.lastCaughtUpMs = nowMs
  const { fetchId, fetchOffset } = request
  replica.parked = { fetchId, fetchOffset, untilMs: nowMs + raft.options.fetchWaitMaxMs }
}

/** Where the follower's log and ours part, if they do. */
function divergence({ log }: Raft, request: FetchRequest): FetchResponse['divergingEpoch'] {
  if (request.fetchOffset === 0) return undefined
  const shared = log.endOffsetForEpoch(request.lastFetchedEpoch)
  const isShared = shared.epoch === request.lastFetchedEpoch && request.fetchOffset <= shared.endOffset
  return isShared ? undefined : shared
}

/** Called after every input: commits what a majority has, answers the fetches that have something to learn. */
export function settleLeader(raft: Raft, role: Leader, out: RaftEffect[]): void {
  advanceHighWatermark(raft, role, out)
  announce(raft, role, out)
  for (const [to, replica] of role.replicas) answerWhenReady(raft, to, replica, out)
}

function advanceHighWatermark(raft: Raft, role: Leader, out: RaftEffect[]): void {
  const ends = raft.voters.map((id) =>
    id === raft.options.id ? raft.syncedEndOffset : role.replicas.get(id)!.logEndOffset,
  )
  const durableOnMajority = ends.sort((a, b) => b - a)[majority(raft) - 1]!
  // A record of an earlier epoch is committed only through one of this epoch (Raft, figure 8).
  if (durableOnMajority <= role.epochStartOffset || durableOnMajority <= raft.highWatermark) return
  assert(durableOnMajority <= raft.log.endOffset, 'the high watermark would pass the log end')
  raft.highWatermark = durableOnMajority
  out.push({ type: 'committed', highWatermark: durableOnMajority })
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

function answerWhenReady(raft: Raft, to: number, replica: ReplicaProgress, out: RaftEffect[]): void {
  const { parked } = replica
  if (parked === undefined) return
  const hasRecords = parked.fetchOffset < raft.log.endOffset
  if (!hasRecords && replica.highWatermark >= raft.highWatermark && raft.nowMs < parked.untilMs) return
  replica.parked = undefined
  const records = hasRecords ? raft.log.read(parked.fetchOffset, raft.options.fetchBytesMax) : undefined
  out.push({ type: 'send', to, message: fetchResponse(raft, parked.fetchId, { records }) })
}

/** When a majority, the leader included, was last known to listen, and for how long that is good. */
export function quorumTimeoutAtMs(raft: Raft, role: Leader): number {
  if (raft.voters.length === 1) return Infinity
  const heard = otherVoters(raft).map((id) => role.replicas.get(id)!.lastFetchMs)
  const majorityHeardMs = heard.sort((a, b) => b - a)[majority(raft) - 2]!
  return majorityHeardMs + 1.5 * raft.options.fetchTimeoutMs
}

export function leaderTick(raft: Raft, role: Leader, out: RaftEffect[]): void {
  if (raft.nowMs >= quorumTimeoutAtMs(raft, role)) resign(raft, role, 'a majority has gone silent', out)
}

export function resign(raft: Raft, role: Leader, reason: string, out: RaftEffect[]): void {
  const byLogEnd = [...role.replicas].sort(([, a], [, b]) => b.logEndOffset - a.logEndOffset)
  const preferredCandidates = byLogEnd.map(([id]) => id).filter((id) => raft.voters.includes(id))
  const message = { kind: 'end-quorum-epoch', epoch: raft.epoch, preferredCandidates } as const
  for (const to of raft.connected) out.push({ type: 'send', to, message })
  becomeUnattached(raft, standLaterAtMs(raft), reason, out)
}

/** An answer in our epoch; who is not the leader says who is, and nothing else. */
export function fetchResponse(
  raft: Raft,
  fetchId: number,
  content: Partial<Pick<FetchResponse, 'records' | 'divergingEpoch'>> = {},
): FetchResponse {
  const { epoch, highWatermark, leaderId } = raft
  return {
    kind: 'fetch-response',
    epoch,
    fetchId,
    leaderId,
    highWatermark,
    divergingEpoch: content.divergingEpoch,
    records: content.records,
  }
}
