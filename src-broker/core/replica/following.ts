// The follower's part: it asks its leader where to begin, truncates where the two logs differ, and copies what is announced.
import type { Deadlines } from '../../base/deadlines.ts'
import type { Env } from '../env.ts'
import type { Links } from '../links.ts'
import { copyAnnounced } from './copy.ts'
import { follow, loseSource, announced as noteAnnounced } from './follower.ts'
import { announcementWidth, type ReplicaFetchResponse } from './hand-off.ts'
import type { Outbox } from './outbox.ts'
import type { Partition } from './partition.ts'
import type { PartitionRegistry } from './registry.ts'
import type { Follower } from './role.ts'

/** A leader that has not yet heard of its own election is asked again after this. */
const askAgainMs = 20

export interface FollowingContext {
  readonly env: Env
  readonly deadlines: Deadlines
  readonly links: Links
  readonly registry: PartitionRegistry
  readonly outbox: Outbox
  /** Epoch of this broker's registration in this life, -1 before it. */
  brokerEpoch(): number
}

export class Following {
  readonly #context: FollowingContext
  readonly #toCopy = new Set<Partition>()
  #brokerEpoch = -1

  constructor(context: FollowingContext) {
    this.#context = context
  }

  /**
   * Asks the leader where to begin. Not before this broker is registered: the leader vouches for the life that asked, and an
   * earlier one must not bring a later one into the ISR (KIP-903).
   */
  ask(partition: Partition, follower: Follower): void {
    const { links, brokerEpoch } = this.#context
    if (follower.leaderId < 0 || follower.isAsking || !links.isUp(follower.leaderId) || brokerEpoch() < 0) return
    follower.isAsking = true
    loseSource(follower)
    links.send(follower.leaderId, {
      kind: 'replica-fetch',
      topicId: partition.topicId,
      partition: partition.index,
      followerHandle: partition.handle,
      brokerEpoch: brokerEpoch(),
      leaderEpoch: follower.leaderEpoch,
      fetchOffset: partition.log.logEndOffset,
      lastFetchedEpoch: partition.log.latestEpoch,
      logStartOffset: partition.log.logStartOffset,
    })
  }

  /** This broker has been registered. What was asked under another epoch, or not yet at all, is asked now. */
  registered(): void {
    const brokerEpoch = this.#context.brokerEpoch()
    const isNew = brokerEpoch !== this.#brokerEpoch
    this.#brokerEpoch = brokerEpoch
    for (const partition of this.#context.registry.all()) {
      const { follower } = partition
      if (follower !== undefined && (isNew || follower.source === undefined)) this.ask(partition, follower)
    }
  }

  forget(partition: Partition): void {
    this.#toCopy.delete(partition)
  }

  receiveResponse(from: number, response: ReplicaFetchResponse): void {
    const partition = this.#context.registry.byHandle(response.followerHandle)
    const follower = partition?.follower
    if (partition === undefined || follower === undefined) return
    if (follower.leaderId !== from || follower.leaderEpoch !== response.leaderEpoch) return
    follower.isAsking = false
    const { outcome } = response
    switch (outcome.kind) {
      case 'follow':
        loseSource(follower)
        follower.source = follow(outcome)
        return
      case 'diverging':
        truncate(partition, outcome.epoch, outcome.endOffset)
        return this.ask(partition, follower)
      case 'out-of-range':
        partition.log.truncateFullyAndStartAt(outcome.logStartOffset)
        partition.highWatermark = outcome.logStartOffset
        return this.ask(partition, follower)
      case 'not-leader':
        return this.#askLater(partition, follower)
    }
  }

  receiveAnnouncements(from: number, numbers: readonly number[]): void {
    for (let at = 1; at + announcementWidth <= numbers.length; at += announcementWidth) {
      const partition = this.#context.registry.byHandle(numbers[at]!)
      const follower = partition?.follower
      if (partition === undefined || follower?.leaderId !== from || follower.leaderEpoch !== numbers[at + 1]) continue
      const { source } = follower
      if (source === undefined) continue
      noteAnnounced(source, numbers[at + 2]!, numbers[at + 3]!)
      source.leaderHighWatermark = numbers[at + 5]!
      source.leaderLogStartOffset = numbers[at + 6]!
      this.#toCopy.add(partition)
    }
  }

  /** Copies what was announced, each partition its share of a turn. True when there is more. */
  copy(): boolean {
    for (const partition of this.#toCopy) this.#copy(partition)
    return this.#toCopy.size > 0
  }

  peerUp(brokerId: number): void {
    for (const partition of this.#context.registry.all()) {
      const { follower } = partition
      if (follower?.leaderId === brokerId) this.ask(partition, follower)
    }
  }

  peerLost(brokerId: number): void {
    for (const { follower } of this.#context.registry.all()) {
      if (follower?.leaderId !== brokerId) continue
      follower.isAsking = false
      loseSource(follower)
    }
  }

  #copy(partition: Partition): void {
    const { follower, log } = partition
    const source = follower?.source
    if (follower === undefined || source === undefined) {
      this.#toCopy.delete(partition)
      return
    }
    const { logEndOffset: endBefore, logStartOffset: startBefore } = log
    const outcome = copyAnnounced(this.#context.env, partition, follower, source)
    if (outcome !== 'more') this.#toCopy.delete(partition)
    if (outcome === 'lost') {
      loseSource(follower)
      this.#askLater(partition, follower)
    }
    // Behind a leader that has deleted more than this follower has: the next question starts it anew there.
    const logStartOffset = Math.min(source.leaderLogStartOffset, log.logEndOffset)
    if (logStartOffset > log.logStartOffset) log.advanceLogStartOffset(logStartOffset)
    partition.highWatermark = Math.max(partition.highWatermark, Math.min(source.leaderHighWatermark, log.logEndOffset))
    if (log.logEndOffset === endBefore && log.logStartOffset === startBefore) return
    const to = this.#context.outbox.acknowledgements(follower.leaderId)
    to.push(source.leaderHandle, follower.leaderEpoch, log.logEndOffset, log.logStartOffset)
  }

  #askLater(partition: Partition, follower: Follower): void {
    const { deadlines, env } = this.#context
    deadlines.at(env.monotonicMs() + askAgainMs, () => {
      if (partition.role === follower && follower.source === undefined) this.ask(partition, follower)
    })
  }
}

/** Back to the last offset that leader and follower have in common, epoch by epoch (KIP-101, KIP-279). */
function truncate({ log }: Partition, leaderEpoch: number, leaderEndOffset: number): void {
  const own = log.endOffsetForEpoch(leaderEpoch)
  const common = own.epoch < 0 ? log.logStartOffset : own.endOffset
  log.truncateTo(Math.max(log.logStartOffset, Math.min(leaderEndOffset, common, log.logEndOffset)))
}
