// The follower pulls. It asks for more only when all it has is on disk, so that its fetch offset acknowledges.
import { assert } from '../../base/assert.ts'
import type { EndQuorumEpoch, FetchResponse, FetchSnapshotResponse, RaftMessage } from './raft-messages.ts'
import { becomeFollower, becomeUnattached, heardLeader, standSoonAtMs } from './raft-roles.ts'
import { type Follower, nobody, type Raft, type RaftEffect } from './raft-state.ts'

/** Called after every input: asks the leader for what comes next unless something is under way. */
export function fetchWhenIdle(raft: Raft, role: Follower, out: RaftEffect[]): void {
  const { epoch, highWatermark, log, nowMs, options } = raft
  if (role.fetch !== undefined || !raft.connected.has(role.leaderId) || raft.syncedEndOffset < log.endOffset) return
  const fetchId = raft.nextFetchId++
  role.fetch = { id: fetchId, resendAtMs: nowMs + options.fetchWaitMaxMs + options.fetchTimeoutMs / 4 }
  const { directoryId } = options
  const [fetchOffset, lastFetchedEpoch] = [log.endOffset, log.lastEpoch]
  const message: RaftMessage =
    role.snapshot === undefined
      ? { kind: 'fetch', epoch, fetchId, directoryId, fetchOffset, lastFetchedEpoch, highWatermark }
      : { kind: 'fetch-snapshot', epoch, fetchId, snapshotId: role.snapshot.id, position: role.snapshot.position }
  out.push({ type: 'send', to: role.leaderId, message })
}

export function followerTick(raft: Raft, role: Follower, out: RaftEffect[]): void {
  if (raft.nowMs >= role.timeoutAtMs) becomeUnattached(raft, standSoonAtMs(raft), 'the leader did not answer', out)
  else if (role.fetch !== undefined && raft.nowMs >= role.fetch.resendAtMs) role.fetch = undefined
}

export function fetchAnswered(raft: Raft, from: number, response: FetchResponse, out: RaftEffect[]): void {
  const { log } = raft
  const answered = answeredByLeader(raft, from, response, out)
  if (answered === undefined) return
  const { role, fetch } = answered
  if (response.snapshotId !== undefined) {
    role.snapshot = { id: response.snapshotId, position: 0 }
    return
  }
  // What is left may differ still, epoch by epoch: only an answer that finds no difference says how much of it is committed.
  if (response.divergingEpoch !== undefined) return truncate(raft, response.divergingEpoch)
  // Damaged on the way or at the leader: ask again, but not at once.
  if (response.records !== undefined && !log.appendAsFollower(response.records)) role.fetch = fetch
  const wasCaughtUp = raft.isCaughtUp
  raft.isCaughtUp ||= response.highWatermark > 0 && response.highWatermark <= log.endOffset
  const highWatermark = Math.max(raft.highWatermark, Math.min(response.highWatermark, log.endOffset))
  if (highWatermark === raft.highWatermark && wasCaughtUp === raft.isCaughtUp) return
  raft.highWatermark = highWatermark
  out.push({ type: 'committed', highWatermark })
}

export function snapshotAnswered(raft: Raft, from: number, response: FetchSnapshotResponse, out: RaftEffect[]): void {
  const answered = answeredByLeader(raft, from, response, out)
  const snapshot = answered?.role.snapshot
  if (answered === undefined || snapshot === undefined) return
  const { role, fetch } = answered
  const { part } = response
  role.snapshot = undefined
  if (part === undefined) return // Gone meanwhile: the next fetch names a newer one.
  const { id } = snapshot
  assert(id.endOffset >= raft.highWatermark, `a snapshot up to ${id.endOffset} lacks what is committed here`)
  const received = raft.log.receiveSnapshot(id, part)
  if (received === 'more') role.snapshot = { id, position: part.position + part.bytes.length }
  else if (received === 'refused')
    role.fetch = fetch // Damaged on the way or at the leader: from the start, but not at once.
  else {
    raft.highWatermark = id.endOffset
    raft.syncedEndOffset = id.endOffset
    raft.syncingTo = undefined
    out.push({ type: 'snapshot-installed', snapshotId: id })
  }
}

/** The follower, and the fetch that this answers; undefined where it is not the leader's answer to the last one. */
function answeredByLeader(
  raft: Raft,
  from: number,
  response: FetchResponse | FetchSnapshotResponse,
  out: RaftEffect[],
): { readonly role: Follower; readonly fetch: Follower['fetch'] } | undefined {
  const { role } = raft
  if (role.kind !== 'follower' || role.leaderId !== from || role.fetch?.id !== response.fetchId) return undefined
  const { fetch } = role
  role.fetch = undefined
  if (response.leaderId === nobody) becomeUnattached(raft, standSoonAtMs(raft), 'the leader has resigned', out)
  else if (response.leaderId !== from) becomeFollower(raft, response.leaderId, out)
  else {
    heardLeader(raft, role)
    return { role, fetch }
  }
  return undefined
}

/** Drops what the leader's log does not have, by epoch (KIP-101, KIP-595). */
function truncate(raft: Raft, diverging: { readonly epoch: number; readonly endOffset: number }): void {
  const local = raft.log.endOffsetForEpoch(diverging.epoch)
  raft.log.truncateTo(Math.min(local.endOffset, diverging.endOffset))
  const { endOffset } = raft.log
  assert(endOffset >= raft.highWatermark, `the leader asks to drop committed records from ${endOffset} on`)
  raft.syncedEndOffset = Math.min(raft.syncedEndOffset, endOffset)
  if (raft.syncingTo !== undefined) raft.syncingTo = Math.min(raft.syncingTo, endOffset)
}

/** The leader leaves of its own accord. Who has most of the log stands first. */
export function leaderResigned(raft: Raft, from: number, message: EndQuorumEpoch, out: RaftEffect[]): void {
  if (raft.role.kind !== 'follower' || raft.leaderId !== from) return
  const place = message.preferredCandidates.indexOf(raft.options.id)
  const delayMs = (place < 0 ? raft.voters.length : place) * raft.options.electionStaggerMs
  becomeUnattached(raft, Math.min(standSoonAtMs(raft), raft.nowMs + delayMs), 'the leader has resigned', out)
}
