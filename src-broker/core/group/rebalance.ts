// The course of a rebalance: everybody is asked to rejoin (PreparingRebalance), the joiners get a new generation and its leader
// the task to assign (CompletingRebalance), the assignment is committed and handed out (Stable). Timing and tie-breaks follow
// Kafka's GroupMetadataManager, so that clients tuned against it behave the same here.
import { errors } from '../../protocol/errors.ts'
import { answerJoin, answerSync, currentAssignment, currentGeneration, joinError, syncError } from './answers.ts'
import { newMemberJoinTimeoutMs } from './config.ts'
import { type ClassicGroup, electProtocol, type Member, type Rebalance } from './group.ts'
import type { Shard } from './shard.ts'
import { snapshot, writeMetadata } from './snapshot.ts'

/** Something changed that concerns every member. */
export function rebalanceOrComplete(shard: Shard, group: ClassicGroup, reason: string): void {
  if (group.state !== 'PreparingRebalance') prepareRebalance(shard, group, reason)
  else if (!group.rebalance!.isInitial) completeIfAllJoined(shard, group)
}

/** A member given up may end even an initial rebalance early; one that joins or leaves may not. */
export function completeIfAllJoined(shard: Shard, group: ClassicGroup): void {
  if (group.state === 'PreparingRebalance' && group.hasAllJoined) completeJoin(shard, group)
}

export function prepareRebalance(shard: Shard, group: ClassicGroup, reason: string): void {
  const { env } = shard.room
  if (group.state === 'CompletingRebalance') answerSyncs(shard, group, errors.REBALANCE_IN_PROGRESS)
  group.rebalance?.deadline?.cancel()
  const isInitial = group.state === 'Empty'
  group.rebalance = {
    startedAtMs: env.monotonicMs(),
    reason,
    isInitial,
    hasNewMember: false,
    pendingSync: new Set(),
    isAssigned: false,
    deadline: undefined,
  }
  group.enter('PreparingRebalance', env.wallMs())
  if (isInitial) {
    const delayMs = shard.room.config.groupInitialRebalanceDelayMs
    waitForCompany(shard, group, group.rebalance, delayMs, Math.max(group.rebalanceTimeoutMs - delayMs, 0))
  } else if (group.hasAllJoined) completeJoin(shard, group)
  else waitForMembers(shard, group)
}

/** The first generation of a group waits a little after each newcomer, so that many starting at once cost one rebalance. */
function waitForCompany(
  shard: Shard,
  group: ClassicGroup,
  rebalance: Rebalance,
  delayMs: number,
  leftMs: number,
): void {
  const { env, deadlines, config } = shard.room
  rebalance.deadline = deadlines.at(env.monotonicMs() + delayMs, () => {
    if (!rebalance.hasNewMember || leftMs === 0) return completeJoin(shard, group)
    rebalance.hasNewMember = false
    const nextDelayMs = Math.min(config.groupInitialRebalanceDelayMs, leftMs)
    waitForCompany(shard, group, rebalance, nextDelayMs, Math.max(leftMs - delayMs, 0))
  })
}

function waitForMembers(shard: Shard, group: ClassicGroup): void {
  const { env, deadlines } = shard.room
  group.rebalance!.deadline = deadlines.at(env.monotonicMs() + group.rebalanceTimeoutMs, () =>
    completeJoin(shard, group),
  )
}

/** The door closes: who has not rejoined is out, save static members, who keep their place until their session ends. */
function completeJoin(shard: Shard, group: ClassicGroup): void {
  group.rebalance!.deadline?.cancel()
  for (const member of [...group.members.values()]) {
    if (member.join === undefined && member.groupInstanceId === null) dropMember(shard, group, member, 'member-expired')
  }
  if (group.members.size === 0) return becomeEmpty(shard, group)
  const hasLeader = group.members.get(group.leaderId!)!.join !== undefined
  if (!hasLeader) {
    const joined = [...group.members.values()].find((member) => member.join !== undefined)
    if (joined === undefined) return waitForMembers(shard, group)
    group.leaderId = joined.memberId
  }
  beginGeneration(shard, group)
}

function beginGeneration(shard: Shard, group: ClassicGroup): void {
  const { env, deadlines } = shard.room
  const rebalance = group.rebalance!
  group.generation++
  group.protocolName = electProtocol([...group.members.values()])
  group.enter('CompletingRebalance', env.wallMs())
  for (const member of group.members.values()) {
    rebalance.pendingSync.add(member.memberId)
    answerJoin(member, currentGeneration(group, member.memberId))
    member.isNew = false
    restartSession(shard, group, member)
  }
  rebalance.deadline = deadlines.at(env.monotonicMs() + group.rebalanceTimeoutMs, () => expireSyncs(shard, group))
}

/** An empty group is written down too: its offsets expire from this moment on. */
function becomeEmpty(shard: Shard, group: ClassicGroup): void {
  group.generation++
  group.protocolName = null
  group.enter('Empty', shard.room.env.wallMs())
  // Should this not be committed, a next coordinator finds the generation before, whose members are gone, and lets them expire.
  writeMetadata(shard, group, snapshot(group, new Map()), () => {})
  tellRebalanced(shard, group)
}

/** Members that were given a generation and never asked for their assignment hold everybody up no longer. */
function expireSyncs(shard: Shard, group: ClassicGroup): void {
  const silent = [...group.rebalance!.pendingSync]
  for (const memberId of silent) dropMember(shard, group, group.members.get(memberId)!, 'member-expired')
  prepareRebalance(shard, group, `${silent.join(', ')} did not ask for an assignment`)
}

/** The member has its assignment, or waits for it. */
export function syncArrived(group: ClassicGroup, member: Member): void {
  const { pendingSync, deadline } = group.rebalance ?? {}
  if (pendingSync?.delete(member.memberId) && pendingSync.size === 0) deadline?.cancel()
}

/** Takes a member out. The caller decides whether that means a rebalance. */
export function dropMember(
  shard: Shard,
  group: ClassicGroup,
  member: Member,
  kind: 'member-left' | 'member-expired',
): void {
  answerJoin(member, joinError(errors.UNKNOWN_MEMBER_ID, ''))
  answerSync(member, syncError(errors.UNKNOWN_MEMBER_ID))
  group.remove(member)
  group.rebalance?.pendingSync.delete(member.memberId)
  shard.room.sink.event({ kind, groupId: group.groupId, memberId: member.memberId, clientId: member.clientId })
}

/** The member has shown itself, or must do so from now on. */
export function restartSession(shard: Shard, group: ClassicGroup, member: Member): void {
  const { env, deadlines } = shard.room
  const timeoutMs = member.isNew ? newMemberJoinTimeoutMs : member.sessionTimeoutMs
  member.session?.cancel()
  member.session = deadlines.at(env.monotonicMs() + timeoutMs, () => {
    // Who waits for the others cannot heartbeat; the session starts anew with the answer.
    if (!member.isNew && (member.join !== undefined || member.sync !== undefined)) return
    dropMember(shard, group, member, 'member-expired')
    if (group.state === 'PreparingRebalance') completeIfAllJoined(shard, group)
    else prepareRebalance(shard, group, `the session of ${member.memberId} ended after ${timeoutMs} ms`)
  })
}

/** Hands out the committed assignment, or an error. */
export function answerSyncs(shard: Shard, group: ClassicGroup, errorCode: number): void {
  for (const member of group.members.values()) {
    if (member.sync === undefined) continue
    answerSync(member, errorCode === errors.NONE ? currentAssignment(group, member) : syncError(errorCode))
    restartSession(shard, group, member)
  }
}

export function tellRebalanced(shard: Shard, group: ClassicGroup): void {
  const { startedAtMs, reason } = group.rebalance!
  shard.room.sink.event({
    kind: 'group-rebalanced',
    groupId: group.groupId,
    generation: group.generation,
    members: group.members.size,
    tookMs: Math.round(shard.room.env.monotonicMs() - startedAtMs),
    reason,
  })
}
