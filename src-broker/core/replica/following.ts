// The follower's part: it asks its leader where to begin, truncates where the two logs differ, and copies what is announced.
import type { Deadlines } from '../../base/deadlines.ts'
import { attempt, DiskError } from '../../base/disk.ts'
import type { Env } from '../env.ts'
import type { Links } from '../links.ts'
import { type CopyOutcome, copyAnnounced } from './copy.ts'
import { follow, loseSource, announced as noteAnnounced } from './follower.ts'
import { announcementWidth, type FollowAnswer, type ReplicaFetchResponse } from './hand-off.ts'
import type { Outbox } from './outbox.ts'
import type { Partition } from './partition.ts'
import type { PartitionRegistry } from './registry.ts'
import type { Follower, Source } from './role.ts'

/** Why a follower cannot follow: the leader's file is spoilt where it has to go on, or its own disk takes nothing. */
export type StuckReason = 'leader-corrupt' | 'own-disk'

/** A leader that has not yet heard of its own election is asked again after this. */
const askAgainMs = 20
/** Where asking again does not help the pause doubles, up to this. */
const askAgainMsMax = 5_000
/** What was spoilt so often in a row is so in the leader's file, and not just in the reading or while the leader cut its log. */
const failuresBeforeReport = 4

export interface FollowingContext {
  readonly env: Env
  readonly deadlines: Deadlines
  readonly links: Links
  readonly registry: PartitionRegistry
  readonly outbox: Outbox
  /** Epoch of this broker's registration in this life, -1 before it. */
  brokerEpoch(): number
  /** This replica cannot follow. */
  stuck(partition: Partition, follower: Follower, why: StuckReason): void
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
    const { links, outbox, brokerEpoch } = this.#context
    if (follower.leaderId < 0 || follower.isAsking || !links.isUp(follower.leaderId) || brokerEpoch() < 0) return
    if (!this.#isOpen(partition, follower)) return
    follower.isAsking = true
    loseSource(follower)
    partition.log.forgetEmptyEpochs()
    outbox.ask(follower.leaderId, {
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
      if (follower === undefined) continue
      // What is under way was asked in an earlier registration's name, in which nobody joins an ISR.
      if (isNew) follower.isAsking = false
      if (isNew || follower.source === undefined) this.ask(partition, follower)
    }
  }

  forget(partition: Partition): void {
    this.#toCopy.delete(partition)
  }

  receiveResponse(from: number, { answers }: ReplicaFetchResponse): void {
    for (const answer of answers) this.#answered(from, answer)
  }

  #answered(from: number, { followerHandle, leaderEpoch, outcome }: FollowAnswer): void {
    const partition = this.#context.registry.byHandle(followerHandle)
    const follower = partition?.follower
    if (partition === undefined || follower === undefined) return
    if (follower.leaderId !== from || follower.leaderEpoch !== leaderEpoch) return
    follower.isAsking = false
    switch (outcome.kind) {
      case 'follow':
        loseSource(follower)
        if (!this.#canBeginAt(partition, outcome.batchOffset)) return this.#failed(partition, follower, 'own-disk')
        follower.source = follow(outcome, follower.leaderEpoch)
        return
      case 'diverging':
        return this.#cut(partition, follower, () => truncate(partition, outcome.epoch, outcome.endOffset))
      case 'out-of-range':
        return this.#cut(partition, follower, () => {
          partition.log.truncateFullyAndStartAt(outcome.logStartOffset)
          partition.highWatermark = outcome.logStartOffset
        })
      case 'corrupt':
        return this.#failed(partition, follower, 'leader-corrupt')
      case 'not-leader':
        return this.#askLater(partition, follower, askAgainMs)
    }
  }

  /**
   * A log without records may begin amid a batch of its leader's, whose first records were deleted, or which an unclean election put
   * there. It takes the whole batch, as the leader has it (UnexpectedAppendOffsetException in Kafka). False where the disk refuses.
   */
  #canBeginAt(partition: Partition, batchOffset: number): boolean {
    const { log } = partition
    if (log.logStartOffset < log.logEndOffset || batchOffset >= log.logEndOffset) return true
    return isCut(partition, () => log.truncateFullyAndStartAt(batchOffset))
  }

  receiveAnnouncements(from: number, numbers: readonly number[]): void {
    for (let at = 1; at + announcementWidth <= numbers.length; at += announcementWidth) {
      const partition = this.#context.registry.byHandle(numbers[at]!)
      const follower = partition?.follower
      if (partition === undefined || follower?.leaderId !== from || follower.leaderEpoch !== numbers[at + 1]) continue
      const { source } = follower
      if (source === undefined) continue
      noteAnnounced(source, numbers[at + 2]!, numbers[at + 3]!)
      source.leaderEndOffset = numbers[at + 4]!
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
    const outcome = this.#copied(partition, follower, source)
    if (log.logEndOffset > endBefore) {
      follower.failures = 0
      follower.isStuck = false
    }
    if (outcome !== 'more') this.#toCopy.delete(partition)
    if (outcome === 'lost') this.#failed(partition, follower)
    if (outcome === 'refused') this.#failed(partition, follower, 'leader-corrupt')
    if (outcome === 'disk') this.#failed(partition, follower, 'own-disk')
    // Behind a leader that has deleted more than this follower has: the next question starts it anew there.
    const logStartOffset = Math.min(source.leaderLogStartOffset, log.logEndOffset)
    if (logStartOffset > log.logStartOffset) log.advanceLogStartOffset(logStartOffset)
    partition.highWatermark = Math.max(partition.highWatermark, Math.min(source.leaderHighWatermark, log.logEndOffset))
    if (log.logEndOffset === endBefore && log.logStartOffset === startBefore) return
    const to = this.#context.outbox.acknowledgements(follower.leaderId)
    to.push(source.leaderHandle, follower.leaderEpoch, log.logEndOffset, log.logStartOffset)
  }

  #copied(partition: Partition, follower: Follower, source: Source): CopyOutcome | 'disk' {
    try {
      return copyAnnounced(this.#context.env, partition, follower, source)
    } catch (error) {
      if (error instanceof DiskError) return 'disk'
      throw error
    }
  }

  /** Then asks again. */
  #cut(partition: Partition, follower: Follower, cut: () => void): void {
    if (isCut(partition, cut)) this.ask(partition, follower)
    else this.#failed(partition, follower, 'own-disk')
  }

  /** What is told of the log must be so: what the last clean stop wrote down may not be. */
  #isOpen(partition: Partition, follower: Follower): boolean {
    const isOpen = attempt(() => partition.log.ensureOpen())
    if (!isOpen) this.#failed(partition, follower, 'own-disk')
    return isOpen
  }

  /** Asks again, ever more rarely. Says once why, where it stays so. */
  #failed(partition: Partition, follower: Follower, why?: StuckReason): void {
    loseSource(follower)
    const pauseMs = Math.min(askAgainMs * 2 ** follower.failures, askAgainMsMax)
    follower.failures++
    if (why !== undefined && follower.failures >= failuresBeforeReport && !follower.isStuck) {
      follower.isStuck = true
      this.#context.stuck(partition, follower, why)
    }
    this.#askLater(partition, follower, pauseMs)
  }

  #askLater(partition: Partition, follower: Follower, pauseMs: number): void {
    const { deadlines, env } = this.#context
    deadlines.at(env.monotonicMs() + pauseMs, () => {
      if (partition.role === follower && follower.source === undefined) this.ask(partition, follower)
    })
  }
}

/** False where the disk refuses: a full one has no room for the checkpoint that comes first. What is half cut then, recovery finds. */
function isCut({ log }: Partition, cut: () => void): boolean {
  const isDone = attempt(cut)
  if (!isDone) log.abandon()
  return isDone
}

/** Back to the last offset that leader and follower have in common, epoch by epoch (KIP-101, KIP-279). */
function truncate({ log }: Partition, leaderEpoch: number, leaderEndOffset: number): void {
  const own = log.endOffsetForEpoch(leaderEpoch)
  const common = own.epoch < 0 ? log.logStartOffset : own.endOffset
  log.truncateTo(Math.max(log.logStartOffset, Math.min(leaderEndOffset, common, log.logEndOffset)))
}
