// All replicas of one broker: who leads what, what followers are told at the end of a turn, what leaders are asked.
import type { Deadlines } from '../../base/deadlines.ts'
import type { Uuid } from '../../base/uuid.ts'
import { errors } from '../../protocol/errors.ts'
import type { Origin } from '../../records/validate.ts'
import type { Env } from '../env.ts'
import type { Links } from '../links.ts'
import type { LeaderAppend, PartitionLog } from '../log/partition-log.ts'
import { copyAnnounced } from './copy.ts'
import { becomeFollower, follow, loseSource, announced as noteAnnounced } from './follower.ts'
import {
  acknowledgement,
  acknowledgementWidth,
  announcement,
  announcementWidth,
  type ReplicaFetch,
  type ReplicaFetchResponse,
} from './hand-off.ts'
import type { IsrChanges } from './isr-changes.ts'
import {
  advanceHighWatermark,
  becomeLeader,
  followerFetched,
  type Leadership,
  resign,
  updateLeadership,
} from './leader.ts'
import { Outbox } from './outbox.ts'
import { Partition } from './partition.ts'
import type { Follower, Leader, Stream } from './role.ts'

/** A high watermark that moves without new data reaches the followers this much later, with whatever else moved meanwhile. */
const highWatermarkLagMs = 10
/** A leader that has not yet heard of its own election is asked again after this. */
const askAgainMs = 20

export interface ReplicaContext {
  readonly env: Env
  readonly deadlines: Deadlines
  readonly links: Links
  readonly brokerId: number
  readonly isrChanges: IsrChanges
  /** Epoch of a broker's registration as the metadata has it now. */
  brokerEpochOf(brokerId: number): number
  /** A partition began or ceased to be led here. */
  roleChanged(partition: Partition): void
}

export class Replicas {
  readonly #context: ReplicaContext
  readonly #byTopic = new Map<string, Partition[]>()
  readonly #byTopicId = new Map<Uuid, Partition[]>()
  readonly #byHandle: (Partition | undefined)[] = []
  readonly #outbox: Outbox
  /** Filled anew for each append: this is the hottest path there is. */
  readonly #append: { leaderEpoch: number; nowMs: number; origin: Origin } = {
    leaderEpoch: 0,
    nowMs: 0,
    origin: 'client',
  }
  #dirty: Partition[] = []
  #toCopy = new Set<Partition>()
  readonly #quietHighWatermarks = new Set<Partition>()

  constructor(context: ReplicaContext) {
    this.#context = context
    this.#outbox = new Outbox(context.links)
  }

  get(topic: string, index: number): Partition | undefined {
    return this.#byTopic.get(topic)?.[index]
  }

  getById(topicId: Uuid, index: number): Partition | undefined {
    return this.#byTopicId.get(topicId)?.[index]
  }

  *all(): IterableIterator<Partition> {
    for (const partition of this.#byHandle) if (partition !== undefined) yield partition
  }

  // --- roles ---

  add(topic: string, topicId: Uuid, index: number, log: PartitionLog): Partition {
    const partition = new Partition(topic, topicId, index, this.#byHandle.length, log)
    this.#byHandle.push(partition)
    slotsOf(this.#byTopic, topic)[index] = partition
    slotsOf(this.#byTopicId, topicId)[index] = partition
    return partition
  }

  remove(partition: Partition): void {
    this.#leaveRole(partition)
    this.#byHandle[partition.handle] = undefined
    dropSlot(this.#byTopic, partition.topic, partition)
    dropSlot(this.#byTopicId, partition.topicId, partition)
    this.#toCopy.delete(partition)
    this.#quietHighWatermarks.delete(partition)
    this.markDirty(partition)
    this.#context.roleChanged(partition)
  }

  lead(partition: Partition, given: Leadership): void {
    const { brokerId, env } = this.#context
    const leader = partition.leader
    if (leader?.epoch === given.epoch) {
      updateLeadership(partition, leader, brokerId, given, env.monotonicMs())
      this.#context.isrChanges.check(partition)
    } else {
      this.#leaveRole(partition)
      becomeLeader(partition, brokerId, given, env.monotonicMs())
      this.#context.roleChanged(partition)
    }
    this.markDirty(partition)
  }

  /** Follows `leaderId` (-1: nobody leads) in that epoch. */
  follow(partition: Partition, leaderId: number, leaderEpoch: number): void {
    const { follower } = partition
    if (follower?.leaderEpoch === leaderEpoch && follower.leaderId === leaderId) return
    const wasLeader = partition.leader !== undefined
    this.#leaveRole(partition)
    partition.role = becomeFollower(leaderId, leaderEpoch)
    this.markDirty(partition)
    if (wasLeader) this.#context.roleChanged(partition)
    this.#ask(partition, partition.role)
  }

  #leaveRole(partition: Partition): void {
    const { role } = partition
    partition.role = undefined
    if (role?.kind === 'leader') resign(role)
    if (role?.kind === 'follower') loseSource(role)
  }

  // --- appending ---

  /** Appends what a producer or a coordinator brought. The caller has made sure that this broker leads. */
  append(partition: Partition, leader: Leader, bytes: Uint8Array, view: DataView, origin: Origin): LeaderAppend {
    this.#append.leaderEpoch = leader.epoch
    this.#append.nowMs = this.#context.env.wallMs()
    this.#append.origin = origin
    const result = partition.log.appendAsLeader(bytes, view, 0, bytes.length, this.#append)
    if (result.errorCode === errors.NONE && !result.isDuplicate) {
      if (leader.isr.length === 1) advanceHighWatermark(partition, leader, this.#context.env.monotonicMs())
      this.markDirty(partition)
    }
    return result
  }

  markDirty(partition: Partition): void {
    if (partition.isDirty) return
    partition.isDirty = true
    this.#dirty.push(partition)
  }

  // --- the end of a turn ---

  /** Tells followers and leaders what is new and wakes parked fetches. True when copying is not finished: call again soon. */
  endTurn(): boolean {
    for (const partition of this.#toCopy) this.#copy(partition)
    const dirty = this.#dirty
    this.#dirty = []
    for (const partition of dirty) {
      partition.isDirty = false
      if (partition.role?.kind === 'leader') this.#announce(partition, partition.role, false)
      for (const parked of [...partition.parkedFetches]) parked.wake()
    }
    this.#context.isrChanges.propose()
    this.#outbox.flush()
    return this.#toCopy.size > 0
  }

  #announce(partition: Partition, leader: Leader, evenOnlyHighWatermark: boolean): void {
    for (const [brokerId, { stream }] of leader.followers) {
      if (stream === undefined) continue
      const hasNews = this.#announceSegments(partition, leader, brokerId, stream)
      if (hasNews) continue
      if (stream.highWatermark === partition.highWatermark && stream.logStartOffset === partition.log.logStartOffset)
        continue
      if (evenOnlyHighWatermark) this.#tell(partition, leader, brokerId, stream)
      else this.#announceHighWatermarkLater(partition)
    }
  }

  #announceSegments(partition: Partition, leader: Leader, brokerId: number, stream: Stream): boolean {
    const { log } = partition
    let hasNews = false
    if (stream.segmentBase !== log.activeSegmentBase) {
      for (const { baseOffset: base, sizeInBytes: size } of log.segmentsFrom(stream.segmentBase)) {
        if (base === log.activeSegmentBase) break
        if (base !== stream.segmentBase || size > stream.position) {
          stream.segmentBase = base
          stream.position = size
          this.#tell(partition, leader, brokerId, stream)
          hasNews = true
        }
      }
      stream.segmentBase = log.activeSegmentBase
      stream.position = 0
    }
    if (log.activeSegmentSize > stream.position) {
      stream.position = log.activeSegmentSize
      this.#tell(partition, leader, brokerId, stream)
      hasNews = true
    }
    return hasNews
  }

  #tell(partition: Partition, leader: Leader, brokerId: number, stream: Stream): void {
    stream.highWatermark = partition.highWatermark
    stream.logStartOffset = partition.log.logStartOffset
    const to = this.#outbox.announcements(brokerId)
    const { log } = partition
    to.push(stream.followerHandle, leader.epoch, stream.segmentBase, stream.position)
    to.push(log.logEndOffset, stream.highWatermark, stream.logStartOffset)
  }

  #announceHighWatermarkLater(partition: Partition): void {
    if (this.#quietHighWatermarks.size === 0) {
      const { deadlines, env } = this.#context
      deadlines.at(env.monotonicMs() + highWatermarkLagMs, () => this.#announceQuietHighWatermarks())
    }
    this.#quietHighWatermarks.add(partition)
  }

  #announceQuietHighWatermarks(): void {
    for (const partition of this.#quietHighWatermarks) {
      if (partition.role?.kind === 'leader') this.#announce(partition, partition.role, true)
    }
    this.#quietHighWatermarks.clear()
  }

  #copy(partition: Partition): void {
    const { follower, log } = partition
    const source = follower?.source
    if (follower === undefined || source === undefined) {
      this.#toCopy.delete(partition)
      return
    }
    const before = log.logEndOffset
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
    if (log.logEndOffset === before) return
    this.#outbox.acknowledgements(follower.leaderId).push(source.leaderHandle, follower.leaderEpoch, log.logEndOffset)
  }

  // --- what peers say ---

  receiveNumbers(from: number, numbers: readonly number[]): void {
    if (numbers[0] === announcement) this.#receiveAnnouncements(from, numbers)
    else if (numbers[0] === acknowledgement) this.#receiveAcknowledgements(from, numbers)
  }

  #receiveAnnouncements(from: number, numbers: readonly number[]): void {
    for (let at = 1; at + announcementWidth <= numbers.length; at += announcementWidth) {
      const partition = this.#byHandle[numbers[at]!]
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

  #receiveAcknowledgements(from: number, numbers: readonly number[]): void {
    for (let at = 1; at + acknowledgementWidth <= numbers.length; at += acknowledgementWidth) {
      const partition = this.#byHandle[numbers[at]!]
      const leader = partition?.leader
      if (partition === undefined || leader === undefined || leader.epoch !== numbers[at + 1]) continue
      this.#followerReached(partition, leader, from, numbers[at + 2]!)
    }
  }

  #followerReached(partition: Partition, leader: Leader, from: number, logEndOffset: number): void {
    if (followerFetched(partition, leader, from, logEndOffset, this.#context.env.monotonicMs()))
      this.markDirty(partition)
    if (!leader.isr.includes(from)) this.#context.isrChanges.check(partition)
  }

  receiveFetch(from: number, fetch: ReplicaFetch): void {
    const outcome = this.#answerFetch(from, fetch)
    const { followerHandle, leaderEpoch } = fetch
    this.#context.links.send(from, { kind: 'replica-fetch-response', followerHandle, leaderEpoch, outcome })
  }

  #answerFetch(from: number, fetch: ReplicaFetch): ReplicaFetchResponse['outcome'] {
    const partition = this.getById(fetch.topicId, fetch.partition)
    const leader = partition?.leader
    const follower = leader?.followers.get(from)
    if (partition === undefined || leader === undefined || follower === undefined) return { kind: 'not-leader' }
    if (leader.epoch !== fetch.leaderEpoch) return { kind: 'not-leader' }
    const { log } = partition
    const { fetchOffset, lastFetchedEpoch } = fetch
    follower.stream = undefined
    follower.brokerEpoch = this.#context.brokerEpochOf(from)
    if (lastFetchedEpoch >= 0) {
      const { epoch, endOffset } = log.endOffsetForEpoch(lastFetchedEpoch)
      if (epoch < 0) return { kind: 'out-of-range', logStartOffset: log.logStartOffset }
      if (epoch !== lastFetchedEpoch || endOffset < fetchOffset) return { kind: 'diverging', epoch, endOffset }
    }
    if (fetchOffset < log.logStartOffset || fetchOffset > log.logEndOffset) {
      return { kind: 'out-of-range', logStartOffset: log.logStartOffset }
    }
    const { segmentBase, position } = log.place(fetchOffset)
    follower.stream = {
      followerHandle: fetch.followerHandle,
      segmentBase,
      position,
      highWatermark: -1,
      logStartOffset: -1,
    }
    this.#followerReached(partition, leader, from, fetchOffset)
    this.markDirty(partition)
    return { kind: 'follow', leaderHandle: partition.handle, segmentBase, position }
  }

  receiveFetchResponse(from: number, response: ReplicaFetchResponse): void {
    const partition = this.#byHandle[response.followerHandle]
    const follower = partition?.follower
    if (partition === undefined || follower === undefined) return
    if (follower.leaderId !== from || follower.leaderEpoch !== response.leaderEpoch) return
    follower.isAsking = false
    const { outcome } = response
    switch (outcome.kind) {
      case 'follow':
        loseSource(follower)
        follower.source = follow(outcome.leaderHandle, outcome.segmentBase, outcome.position)
        return
      case 'diverging':
        this.#truncate(partition, outcome.epoch, outcome.endOffset)
        return this.#ask(partition, follower)
      case 'out-of-range':
        partition.log.truncateFullyAndStartAt(outcome.logStartOffset)
        partition.highWatermark = outcome.logStartOffset
        return this.#ask(partition, follower)
      case 'not-leader':
        return this.#askLater(partition, follower)
    }
  }

  /** Back to the last offset that leader and follower have in common, epoch by epoch (KIP-101, KIP-279). */
  #truncate(partition: Partition, leaderEpoch: number, leaderEndOffset: number): void {
    const { log } = partition
    const own = log.endOffsetForEpoch(leaderEpoch)
    const common = own.epoch < 0 ? log.logStartOffset : own.endOffset
    log.truncateTo(Math.max(log.logStartOffset, Math.min(leaderEndOffset, common, log.logEndOffset)))
    partition.highWatermark = Math.min(partition.highWatermark, log.logEndOffset)
  }

  #ask(partition: Partition, follower: Follower): void {
    if (follower.leaderId < 0 || follower.isAsking || !this.#context.links.isUp(follower.leaderId)) return
    follower.isAsking = true
    loseSource(follower)
    this.#context.links.send(follower.leaderId, {
      kind: 'replica-fetch',
      topicId: partition.topicId,
      partition: partition.index,
      followerHandle: partition.handle,
      leaderEpoch: follower.leaderEpoch,
      fetchOffset: partition.log.logEndOffset,
      lastFetchedEpoch: partition.log.latestEpoch,
    })
  }

  #askLater(partition: Partition, follower: Follower): void {
    const { deadlines, env } = this.#context
    deadlines.at(env.monotonicMs() + askAgainMs, () => {
      if (partition.role === follower && follower.source === undefined) this.#ask(partition, follower)
    })
  }

  peerUp(brokerId: number): void {
    for (const partition of this.all()) {
      const { follower } = partition
      if (follower?.leaderId === brokerId) this.#ask(partition, follower)
    }
  }

  peerLost(brokerId: number): void {
    this.#outbox.forget(brokerId)
    for (const { role } of this.all()) {
      if (role?.kind === 'follower' && role.leaderId === brokerId) {
        role.isAsking = false
        loseSource(role)
      }
      const follower = role?.kind === 'leader' ? role.followers.get(brokerId) : undefined
      if (follower === undefined) continue
      follower.stream = undefined
      follower.logEndOffset = -1
    }
  }
}

function slotsOf<Key>(map: Map<Key, Partition[]>, key: Key): Partition[] {
  const known = map.get(key)
  if (known !== undefined) return known
  const slots: Partition[] = []
  map.set(key, slots)
  return slots
}

function dropSlot<Key>(map: Map<Key, Partition[]>, key: Key, partition: Partition): void {
  const slots = map.get(key)
  if (slots?.[partition.index] !== partition) return
  delete slots[partition.index]
  if (slots.every((slot) => slot === undefined)) map.delete(key)
}
