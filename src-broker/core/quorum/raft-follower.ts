// The follower pulls. It asks for more only when all it has is on disk, so that its fetch offset acknowledges.
import { assert } from '../../base/assert.ts'
import type { EndQuorumEpoch, FetchResponse } from './raft-messages.ts'
import { becomeFollower, becomeUnattached, heardLeader, standSoonAtMs } from './raft-roles.ts'
import { type Follower, nobody, type Raft, type RaftEffect } from './raft-state.ts'

/** Called after every input: asks the leader for what comes next unless something is under way. */
export function fetchWhenIdle(raft: Raft, role: Follower, out: RaftEffect[]): void {
  const { epoch, highWatermark, log, nowMs, options } = raft
  if (role.fetch !== undefined || !raft.connected.has(role.leaderId) || raft.syncedEndOffset < log.endOffset) return
  const fetchId = raft.nextFetchId++
  role.fetch = { id: fetchId, resendAtMs: nowMs + options.fetchWaitMaxMs + options.fetchTimeoutMs / 4 }
  out.push({
    type: 'send',
    to: role.leaderId,
    message: {
      kind: 'fetch',
      epoch,
      fetchId,
      fetchOffset: log.endOffset,
      lastFetchedEpoch: log.lastEpoch,
      highWatermark,
    },
  })
}

export function followerTick(raft: Raft, role: Follower, out: RaftEffect[]): void {
  if (raft.nowMs >= role.timeoutAtMs) becomeUnattached(raft, standSoonAtMs(raft), 'the leader did not answer', out)
  else if (role.fetch !== undefined && raft.nowMs >= role.fetch.resendAtMs) role.fetch = undefined
}

export function fetchAnswered(raft: Raft, from: number, response: FetchResponse, out: RaftEffect[]): void {
  const { log, role } = raft
  if (role.kind !== 'follower' || role.leaderId !== from || role.fetch?.id !== response.fetchId) return
  const { fetch } = role
  role.fetch = undefined
  if (response.leaderId === nobody) return becomeUnattached(raft, standSoonAtMs(raft), 'the leader has resigned', out)
  if (response.leaderId !== from) return becomeFollower(raft, response.leaderId, out)
  heardLeader(raft, role)
  if (response.divergingEpoch !== undefined) truncate(raft, response.divergingEpoch)
  // Damaged on the way or at the leader: ask again, but not at once.
  if (response.records !== undefined && !log.appendAsFollower(response.records)) role.fetch = fetch
  const highWatermark = Math.min(response.highWatermark, log.endOffset)
  if (highWatermark <= raft.highWatermark) return
  raft.highWatermark = highWatermark
  out.push({ type: 'committed', highWatermark })
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
