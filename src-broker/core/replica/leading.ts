// The leader's ear: followers ask once where to begin, then say again and again how far they are.

import { CorruptBatch } from '../../records/corrupt-batch.ts'
import type { Env } from '../env.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { Place } from '../log/segments.ts'
import { answered } from './announcements.ts'
import { acknowledgementWidth, type FollowAnswer, type FollowQuestion, type ReplicaFetch } from './hand-off.ts'
import type { IsrChanges } from './isr-changes.ts'
import { followerFetched } from './leader.ts'
import type { Outbox } from './outbox.ts'
import type { Partition } from './partition.ts'
import type { PartitionRegistry } from './registry.ts'
import type { Leader } from './role.ts'

export interface LeadingContext {
  readonly env: Env
  readonly outbox: Outbox
  readonly isrChanges: IsrChanges
  readonly registry: PartitionRegistry
  /** There is something to tell at the end of the turn. */
  changed(partition: Partition): void
}

export class Leading {
  readonly #context: LeadingContext

  constructor(context: LeadingContext) {
    this.#context = context
  }

  receiveFetch(from: number, { questions }: ReplicaFetch): void {
    for (const question of questions) {
      const { followerHandle, leaderEpoch } = question
      this.#context.outbox.answer(from, { followerHandle, leaderEpoch, outcome: this.#answer(from, question) })
    }
  }

  receiveAcknowledgements(from: number, numbers: readonly number[]): void {
    for (let at = 1; at + acknowledgementWidth <= numbers.length; at += acknowledgementWidth) {
      const partition = this.#context.registry.byHandle(numbers[at]!)
      const leader = partition?.leader
      if (partition === undefined || leader === undefined || leader.epoch !== numbers[at + 1]) continue
      const follower = leader.followers.get(from)
      if (follower !== undefined) follower.logStartOffset = numbers[at + 3]!
      if (follower?.stream !== undefined && answered(follower.stream)) this.#context.changed(partition)
      this.#followerReached(partition, leader, from, numbers[at + 2]!)
    }
  }

  peerLost(brokerId: number): void {
    for (const { leader } of this.#context.registry.all()) {
      const follower = leader?.followers.get(brokerId)
      if (follower === undefined) continue
      follower.stream = undefined
      follower.logEndOffset = -1
    }
  }

  #answer(from: number, question: FollowQuestion): FollowAnswer['outcome'] {
    const partition = this.#context.registry.getById(question.topicId, question.partition)
    const leader = partition?.leader
    const follower = leader?.followers.get(from)
    if (partition === undefined || leader === undefined || follower === undefined) return { kind: 'not-leader' }
    if (leader.epoch !== question.leaderEpoch) return { kind: 'not-leader' }
    const { log } = partition
    const { fetchOffset, lastFetchedEpoch } = question
    follower.stream = undefined
    follower.brokerEpoch = question.brokerEpoch
    follower.logStartOffset = question.logStartOffset
    const outOfRange = { kind: 'out-of-range', logStartOffset: log.logStartOffset } as const
    // Of what was deleted the epochs are forgotten, too.
    if (fetchOffset < log.logStartOffset) return outOfRange
    if (lastFetchedEpoch >= 0) {
      const { epoch, endOffset } = log.endOffsetForEpoch(lastFetchedEpoch)
      // Nobody can tell any more how much of what the follower has was ever committed, and nothing before the log start is to be kept.
      if (epoch < 0 || lastFetchedEpoch < log.earliestEpoch) return outOfRange
      if (epoch !== lastFetchedEpoch || endOffset < fetchOffset) return { kind: 'diverging', epoch, endOffset }
    }
    if (fetchOffset > log.logEndOffset) return outOfRange
    const place = placeIn(log, fetchOffset)
    if (place === undefined) return { kind: 'corrupt' }
    const { segmentBase, position, batchOffset } = place
    const { followerHandle } = question
    follower.stream = { followerHandle, segmentBase, position, highWatermark: 0, logStartOffset: 0, unanswered: 0 }
    this.#followerReached(partition, leader, from, fetchOffset)
    this.#context.changed(partition)
    return { kind: 'follow', leaderHandle: partition.handle, segmentBase, position, batchOffset }
  }

  #followerReached(partition: Partition, leader: Leader, from: number, logEndOffset: number): void {
    const { env, isrChanges } = this.#context
    if (followerFetched(partition, leader, from, logEndOffset, env.monotonicMs())) this.#context.changed(partition)
    if (!leader.isr.includes(from)) isrChanges.check(partition)
  }
}

/** Undefined where the file is spoilt. */
function placeIn(log: PartitionLog, offset: number): Place | undefined {
  try {
    return log.place(offset)
  } catch (error) {
    if (error instanceof CorruptBatch) return undefined
    throw error
  }
}
