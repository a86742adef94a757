// Raft for the metadata log. One input at a time, effects out, no clock and no disk but the log's own (synchronous, not yet
// durable) appends. See raft-state.ts for the shape and README.md for the reasons.
import type { Random } from '../../base/random.ts'
import { electionTick, voteAnswered, voteRefused, voteRequested } from './raft-election.ts'
import { fetchAnswered, fetchWhenIdle, followerTick, leaderResigned, snapshotAnswered } from './raft-follower.ts'
import {
  fetched,
  fetchResponse,
  isSomebodyToTell,
  leaderTick,
  quorumTimeoutAtMs,
  resign,
  settleLeader,
  snapshotFetched,
  snapshotResponse,
} from './raft-leader.ts'
import type { RaftLog } from './raft-log.ts'
import type { FetchRequest, FetchSnapshotRequest, RaftMessage } from './raft-messages.ts'
import {
  becomeFollower,
  becomeUnattached,
  enterEpoch,
  heardLeader,
  persist,
  standLaterAtMs,
  standSoonAtMs,
} from './raft-roles.ts'
import {
  nobody,
  type QuorumState,
  type Raft,
  type RaftEffect,
  type RaftInput,
  type RaftOptions,
  type ReplicaProgress,
} from './raft-state.ts'

/** As it stands after a start: no leader, nothing known to be durable, the epoch and the vote as they were written. */
export function createRaft(
  options: RaftOptions,
  voters: readonly number[],
  log: RaftLog,
  state: QuorumState | undefined,
  random: Random,
): Raft {
  const raft: Raft = {
    options,
    log,
    random,
    configuredVoters: voters,
    voters,
    voterSet: undefined,
    connected: new Set(),
    nowMs: 0,
    epoch: Math.max(state?.leaderEpoch ?? 0, log.lastEpoch),
    votedId: state !== undefined && state.leaderEpoch >= log.lastEpoch ? state.votedId : nobody,
    leaderId: nobody,
    role: { kind: 'unattached', electionAtMs: Infinity },
    // What a snapshot holds is committed.
    highWatermark: Math.max(log.startOffset, log.latestSnapshot?.endOffset ?? 0),
    isCaughtUp: false,
    syncedEndOffset: log.startOffset,
    syncingTo: undefined,
    failedElections: 0,
    leaderlessSinceMs: 0,
    nextFetchId: 1,
  }
  takeVoters(raft)
  return raft
}

export function step(raft: Raft, nowMs: number, input: RaftInput, out: RaftEffect[]): void {
  raft.nowMs = nowMs
  handle(raft, input, out)
  takeVoters(raft)
  if (raft.role.kind === 'leader') settleLeader(raft, raft.role, out)
  if (raft.role.kind === 'follower') fetchWhenIdle(raft, raft.role, out)
  syncWhenIdle(raft, out)
}

/** A replica's voters are those that its own log names last, committed or not; where it names nobody, or no more, the configured. */
function takeVoters(raft: Raft): void {
  const { voters } = raft.log
  if (voters === raft.voterSet) return
  raft.voterSet = voters
  raft.voters = voters?.voters.map(({ id }) => id) ?? raft.configuredVoters
}

/** What the leader knows of a replica; undefined for one that never fetched, and where this node does not lead. */
export const progressOf = ({ role }: Raft, replica: number): ReplicaProgress | undefined =>
  role.kind === 'leader' ? role.replicas.get(replica) : undefined

/** When to come back with a tick. */
export function nextDeadlineMs(raft: Raft): number {
  const { role } = raft
  switch (role.kind) {
    case 'unattached':
      return role.electionAtMs
    case 'prospective':
    case 'candidate':
      return role.untilMs
    case 'follower':
      return Math.min(role.timeoutAtMs, role.fetch?.resendAtMs ?? Infinity)
    case 'leader': {
      const parked = [...role.replicas.values()].map((replica) => replica.parked?.untilMs ?? Infinity)
      return Math.min(
        quorumTimeoutAtMs(raft, role),
        isSomebodyToTell(raft, role) ? role.announceAtMs : Infinity,
        ...parked,
      )
    }
  }
}

function handle(raft: Raft, input: RaftInput, out: RaftEffect[]): void {
  switch (input.type) {
    case 'start':
      raft.leaderlessSinceMs = raft.nowMs
      becomeUnattached(raft, standSoonAtMs(raft), 'started', out)
      break
    case 'tick':
      tick(raft, out)
      break
    case 'message':
      receive(raft, input.from, input.message, out)
      break
    case 'peer-up':
      peerUp(raft, input.peer)
      break
    case 'peer-lost':
      peerLost(raft, input.peer, out)
      break
    case 'log-synced':
      raft.syncedEndOffset = Math.max(raft.syncedEndOffset, raft.syncingTo ?? 0)
      raft.syncingTo = undefined
      break
    case 'clock-gap':
      forgetSilence(raft)
      break
    case 'resign':
      if (raft.role.kind === 'leader') resign(raft, raft.role, input.reason, out)
      break
    case 'appended':
      break
    case 'disk-failed':
      diskFailed(raft, out)
      break
  }
}

function tick(raft: Raft, out: RaftEffect[]): void {
  const { role } = raft
  if (role.kind === 'leader') leaderTick(raft, role, out)
  else if (role.kind === 'follower') followerTick(raft, role, out)
  else electionTick(raft, role, out)
}

function receive(raft: Raft, from: number, message: RaftMessage, out: RaftEffect[]): void {
  if (message.kind === 'vote') return voteRequested(raft, from, message, out)
  if (message.epoch > raft.epoch) meetEpoch(raft, from, message, out)
  if (message.kind === 'fetch') return fetchRequested(raft, from, message, out)
  if (message.kind === 'fetch-snapshot') return snapshotRequested(raft, from, message, out)
  if (message.epoch < raft.epoch) return
  switch (message.kind) {
    case 'vote-response':
      voteAnswered(raft, from, message, out)
      break
    case 'begin-quorum-epoch':
      if (raft.leaderId === nobody) becomeFollower(raft, from, out)
      break
    case 'end-quorum-epoch':
      leaderResigned(raft, from, message, out)
      break
    case 'fetch-response':
      fetchAnswered(raft, from, message, out)
      break
    case 'fetch-snapshot-response':
      snapshotAnswered(raft, from, message, out)
      break
  }
}

/** Somebody is in a later epoch: go there, and follow its leader where the message names it. */
function meetEpoch(raft: Raft, from: number, message: RaftMessage, out: RaftEffect[]): void {
  enterEpoch(raft, message.epoch)
  const leaderId = message.kind === 'begin-quorum-epoch' ? from : 'leaderId' in message ? message.leaderId : nobody
  if (leaderId === nobody) becomeUnattached(raft, standSoonAtMs(raft), `${from} is in epoch ${message.epoch}`, out)
  else becomeFollower(raft, leaderId, out)
  persist(raft, out)
}

/** Only the leader of the very epoch serves a fetch. The others, and whoever is ahead of the asker, say who leads. */
function fetchRequested(raft: Raft, from: number, request: FetchRequest, out: RaftEffect[]): void {
  if (raft.role.kind === 'leader' && request.epoch === raft.epoch) fetched(raft, raft.role, from, request, out)
  else out.push({ type: 'send', to: from, message: fetchResponse(raft, request.fetchId) })
}

function snapshotRequested(raft: Raft, from: number, request: FetchSnapshotRequest, out: RaftEffect[]): void {
  if (raft.role.kind === 'leader' && request.epoch === raft.epoch) snapshotFetched(raft, raft.role, from, request, out)
  else out.push({ type: 'send', to: from, message: snapshotResponse(raft, request.fetchId, undefined) })
}

function peerUp(raft: Raft, peer: number): void {
  raft.connected.add(peer)
  const { role } = raft
  if (role.kind === 'unattached' && role.electionAtMs === Infinity) role.electionAtMs = standSoonAtMs(raft)
  if (role.kind === 'leader') role.announceAtMs = raft.nowMs
}

function peerLost(raft: Raft, peer: number, out: RaftEffect[]): void {
  raft.connected.delete(peer)
  const { role } = raft
  if (role.kind === 'follower' && role.leaderId === peer) {
    becomeUnattached(raft, standSoonAtMs(raft), 'the leader is gone', out)
  }
  if (role.kind === 'prospective' || role.kind === 'candidate') voteRefused(raft, role, peer, out)
  const replica = role.kind === 'leader' ? role.replicas.get(peer) : undefined
  if (replica !== undefined) replica.parked = undefined
}

function forgetSilence(raft: Raft): void {
  const { role } = raft
  if (role.kind === 'follower') heardLeader(raft, role)
  if (role.kind === 'leader') for (const replica of role.replicas.values()) replica.lastFetchMs = raft.nowMs
}

/** Leads no longer, and asks and stands later: by then there may be room again. */
function diskFailed(raft: Raft, out: RaftEffect[]): void {
  const { role, nowMs, options } = raft
  if (role.kind === 'leader') resign(raft, role, 'its disk refuses to be written', out)
  else if (role.kind === 'follower') role.fetch = { id: nobody, resendAtMs: nowMs + options.fetchTimeoutMs / 4 }
  else becomeUnattached(raft, standLaterAtMs(raft), 'its disk refuses to be written', out)
}

/** One sync at a time; all that was appended meanwhile goes with the next. */
function syncWhenIdle(raft: Raft, out: RaftEffect[]): void {
  if (raft.syncingTo !== undefined || raft.syncedEndOffset >= raft.log.endOffset) return
  raft.syncingTo = raft.log.endOffset
  out.push({ type: 'sync-log' })
}
