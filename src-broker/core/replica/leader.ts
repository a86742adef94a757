// The leader's view of one partition. Followers pull; their log end offset is their acknowledgement.
import { errors } from '../../protocol/errors.ts'
import type { Partition } from './partition.ts'
import type { AppendWait, FollowerProgress, Leader } from './role.ts'

export interface Leadership {
  readonly epoch: number
  readonly partitionEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly isRecovering: boolean
  readonly minInsyncReplicas: number
  readonly replicaLagTimeMaxMs: number
}

/** `waiting`: appends of the epoch before, where this broker led it too. */
export function becomeLeader(
  partition: Partition,
  brokerId: number,
  given: Leadership,
  nowMs: number,
  waiting: AppendWait[] = [],
): Leader {
  const { log } = partition
  const leader: Leader = {
    kind: 'leader',
    epoch: given.epoch,
    epochStartOffset: log.logEndOffset,
    partitionEpoch: given.partitionEpoch,
    replicas: given.replicas,
    isr: given.isr,
    proposedIsr: undefined,
    isRecovering: given.isRecovering,
    minInsyncReplicas: Math.min(given.minInsyncReplicas, given.replicas.length),
    replicaLagTimeMaxMs: given.replicaLagTimeMaxMs,
    followers: new Map(),
    waiting,
  }
  log.assignEpoch(given.epoch, log.logEndOffset)
  partition.role = leader
  keepFollowers(leader, brokerId, nowMs)
  advanceHighWatermark(partition, leader, nowMs)
  answerWhereTooFew(leader)
  return leader
}

/** The controller changed replicas, ISR or settings without a new leader epoch. */
export function updateLeadership(
  partition: Partition,
  leader: Leader,
  brokerId: number,
  given: Leadership,
  nowMs: number,
): void {
  if (given.partitionEpoch < leader.partitionEpoch) return
  // The same epoch again brings settings only: an ISR that was asked for may still be committed.
  if (given.partitionEpoch > leader.partitionEpoch) leader.proposedIsr = undefined
  leader.partitionEpoch = given.partitionEpoch
  leader.replicas = given.replicas
  for (const [id, follower] of leader.followers) {
    // Whoever left has to catch up anew before anything waits for it.
    if (leader.isr.includes(id) && !given.isr.includes(id)) follower.caughtUpAtMs = -Infinity
  }
  leader.isr = given.isr
  leader.isRecovering = given.isRecovering
  leader.minInsyncReplicas = Math.min(given.minInsyncReplicas, given.replicas.length)
  keepFollowers(leader, brokerId, nowMs)
  advanceHighWatermark(partition, leader, nowMs)
  answerWhereTooFew(leader)
}

function keepFollowers(leader: Leader, brokerId: number, nowMs: number): void {
  for (const id of leader.followers.keys()) if (!leader.replicas.includes(id)) leader.followers.delete(id)
  for (const id of leader.replicas) {
    if (id === brokerId || leader.followers.has(id)) continue
    leader.followers.set(id, {
      logEndOffset: -1,
      logStartOffset: -1,
      caughtUpAtMs: leader.isr.includes(id) ? nowMs : -Infinity,
      heardEndOffset: Infinity,
      heardAtMs: nowMs,
      brokerEpoch: -1,
      stream: undefined,
    })
  }
}

/** True when the follower's acknowledgement moved the high watermark. */
export function followerFetched(
  partition: Partition,
  leader: Leader,
  brokerId: number,
  logEndOffset: number,
  nowMs: number,
): boolean {
  const follower = leader.followers.get(brokerId)
  if (follower === undefined) return false // Reassigned away while the message was under way.
  follower.logEndOffset = logEndOffset
  const leaderEndOffset = partition.log.logEndOffset
  if (logEndOffset >= leaderEndOffset) follower.caughtUpAtMs = nowMs
  else if (logEndOffset >= follower.heardEndOffset) {
    follower.caughtUpAtMs = Math.max(follower.caughtUpAtMs, follower.heardAtMs)
  }
  follower.heardEndOffset = leaderEndOffset
  follower.heardAtMs = nowMs
  return advanceHighWatermark(partition, leader, nowMs)
}

/** A follower that has everything says nothing while nothing is written; what is written next must not find it long behind. */
export function noteIdle({ log }: Partition, { followers }: Leader, nowMs: number): void {
  for (const follower of followers.values()) {
    if (follower.logEndOffset >= log.logEndOffset) follower.caughtUpAtMs = nowMs
  }
}

/** Committed ISR plus additions under way: whoever might be elected from it must have what we call committed (KIP-497). */
function maximalIsr(leader: Leader): readonly number[] {
  const { isr, proposedIsr } = leader
  if (proposedIsr === undefined) return isr
  return [...isr, ...proposedIsr.filter((id) => !isr.includes(id))]
}

/** Follows, and lags no more than a member of the ISR may: it is about to join, and must not find the high watermark beyond it. */
function isCaughtUp(leader: Leader, follower: FollowerProgress, leaderEndOffset: number, nowMs: number): boolean {
  if (follower.stream === undefined) return false
  return follower.logEndOffset >= leaderEndOffset || nowMs - follower.caughtUpAtMs <= leader.replicaLagTimeMaxMs
}

/**
 * Moves the high watermark to the smallest log end of the maximal ISR and of those about to join, and answers what waited for it.
 * It stands still while the ISR is smaller than min.insync.replicas: what only few replicas have must not become visible (KIP-966).
 */
export function advanceHighWatermark(partition: Partition, leader: Leader, nowMs: number): boolean {
  if (leader.isr.length < leader.minInsyncReplicas) return false
  const leaderEndOffset = partition.log.logEndOffset
  let offset = leaderEndOffset
  const isr = leader.proposedIsr === undefined ? leader.isr : maximalIsr(leader)
  for (const [id, follower] of leader.followers) {
    if (follower.logEndOffset >= offset) continue
    if (isr.includes(id) || isCaughtUp(leader, follower, leaderEndOffset, nowMs)) offset = follower.logEndOffset
  }
  if (offset <= partition.highWatermark) return false
  partition.highWatermark = offset
  answerUpTo(leader, offset)
  return true
}

function answerUpTo(leader: Leader, highWatermark: number): void {
  const { waiting } = leader
  let answered = 0
  while (answered < waiting.length && waiting[answered]!.endOffset <= highWatermark)
    waiting[answered++]!.completed(errors.NONE)
  if (answered > 0) waiting.splice(0, answered)
}

/** The records are in the log and may yet be committed, but nobody knows when: until then the high watermark stands still. */
function answerWhereTooFew(leader: Leader): void {
  if (leader.isr.length >= leader.minInsyncReplicas) return
  for (const wait of takeClientWaits(leader)) wait.completed(errors.NOT_ENOUGH_REPLICAS_AFTER_APPEND)
}

/** What clients wait for; the rest stays. */
export function takeClientWaits({ waiting }: Leader): AppendWait[] {
  const taken = waiting.filter(({ origin }) => origin === 'client')
  if (taken.length > 0) waiting.splice(0, waiting.length, ...waiting.filter(({ origin }) => origin !== 'client'))
  return taken
}

/** No longer the leader: what waited may or may not survive, and its sender must ask the new leader. */
export function resign(leader: Leader): void {
  for (const wait of leader.waiting.splice(0)) wait.completed(errors.NOT_LEADER_OR_FOLLOWER)
}

/**
 * The ISR this leader would like, or undefined when today's is right or a change is already under way. One that recovers asks in any
 * case: the request says that it has.
 */
export function wantedIsr(
  partition: Partition,
  leader: Leader,
  brokerId: number,
  nowMs: number,
  isAlive: (brokerId: number) => boolean,
): readonly number[] | undefined {
  if (leader.proposedIsr !== undefined) return undefined
  const joinFrom = Math.max(partition.highWatermark, leader.epochStartOffset)
  const leaderEndOffset = partition.log.logEndOffset
  const isWanted = (id: number): boolean => {
    const follower = leader.followers.get(id)
    if (follower === undefined) return id === brokerId
    if (leader.isr.includes(id)) {
      return follower.logEndOffset >= leaderEndOffset || nowMs - follower.caughtUpAtMs <= leader.replicaLagTimeMaxMs
    }
    // One that lags as a member must not would leave at once, and join again.
    return follower.logEndOffset >= joinFrom && isCaughtUp(leader, follower, leaderEndOffset, nowMs) && isAlive(id)
  }
  const wanted = leader.replicas.filter(isWanted)
  if (wanted.length !== leader.isr.length || !wanted.every((id) => leader.isr.includes(id))) return wanted
  return leader.isRecovering ? leader.isr : undefined
}
