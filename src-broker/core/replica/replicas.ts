// All replicas of one broker: the roles they have, what is appended to them, and what a turn ends with.
import type { Deadlines } from '../../base/deadlines.ts'
import type { Uuid } from '../../base/uuid.ts'
import { errors } from '../../protocol/errors.ts'
import type { Origin } from '../../records/validate.ts'
import type { Env } from '../env.ts'
import type { Links } from '../links.ts'
import type { LeaderAppend } from '../log/append-types.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { Announcements } from './announcements.ts'
import { becomeFollower, loseSource } from './follower.ts'
import { Following, type StuckReason } from './following.ts'
import { acknowledgement, announcement, type ReplicaFetch, type ReplicaFetchResponse } from './hand-off.ts'
import type { IsrChanges } from './isr-changes.ts'
import {
  advanceHighWatermark,
  becomeLeader,
  type Leadership,
  resign,
  takeClientWaits,
  updateLeadership,
} from './leader.ts'
import { Leading } from './leading.ts'
import { Outbox } from './outbox.ts'
import type { ParkedFetch } from './parked-fetch.ts'
import type { Partition } from './partition.ts'
import { PartitionRegistry } from './registry.ts'
import type { Follower, Leader } from './role.ts'

export interface ReplicaContext {
  readonly env: Env
  readonly deadlines: Deadlines
  readonly links: Links
  readonly brokerId: number
  readonly isrChanges: IsrChanges
  /** Epoch of this broker's registration in this life, -1 before it. */
  brokerEpoch(): number
  /** A replica here cannot follow its leader. Once, as long as it stays so. */
  stuck(partition: Partition, follower: Follower, why: StuckReason): void
  /** A partition began or ceased to be led here. */
  roleChanged(partition: Partition): void
}

export class Replicas {
  readonly #context: ReplicaContext
  readonly #registry = new PartitionRegistry()
  readonly #outbox: Outbox
  readonly #announcements: Announcements
  readonly #leading: Leading
  readonly #following: Following
  /** Filled anew for each append: this is the hottest path there is. */
  readonly #append: { leaderEpoch: number; nowMs: number; origin: Origin } = {
    leaderEpoch: 0,
    nowMs: 0,
    origin: 'client',
  }
  #dirty: Partition[] = []
  /** Fetches to look at again: each once a turn, however many of its partitions moved. */
  readonly #woken = new Set<ParkedFetch>()

  constructor(context: ReplicaContext) {
    this.#context = context
    const { env, deadlines, links, isrChanges } = context
    const registry = this.#registry
    const outbox = new Outbox(links)
    this.#outbox = outbox
    this.#announcements = new Announcements(env, deadlines, outbox)
    const changed = (partition: Partition) => this.#markDirty(partition)
    this.#leading = new Leading({ env, outbox, isrChanges, registry, changed })
    const brokerEpoch = () => context.brokerEpoch()
    const stuck: ReplicaContext['stuck'] = (partition, follower, why) => context.stuck(partition, follower, why)
    this.#following = new Following({ env, deadlines, links, registry, outbox, brokerEpoch, stuck })
  }

  get(topic: string, index: number): Partition | undefined {
    return this.#registry.get(topic, index)
  }

  getById(topicId: Uuid, index: number): Partition | undefined {
    return this.#registry.getById(topicId, index)
  }

  all(): IterableIterator<Partition> {
    return this.#registry.all()
  }

  // --- roles ---

  add(topic: string, topicId: Uuid, index: number, log: PartitionLog): Partition {
    return this.#registry.add(topic, topicId, index, log)
  }

  remove(partition: Partition): void {
    this.#leaveRole(partition)
    this.#registry.remove(partition)
    this.#following.forget(partition)
    this.#announcements.forget(partition)
    this.#context.roleChanged(partition)
  }

  lead(partition: Partition, given: Leadership): void {
    const { brokerId, env, isrChanges } = this.#context
    const { leader } = partition
    if (leader?.epoch === given.epoch) {
      updateLeadership(partition, leader, brokerId, given, env.monotonicMs())
      isrChanges.check(partition)
    } else {
      // Led here without a break, nothing is cut off: what clients wait for may yet come.
      const waiting = leader === undefined ? [] : takeClientWaits(leader)
      this.#leaveRole(partition)
      partition.log.ensureOpen()
      becomeLeader(partition, brokerId, given, env.monotonicMs(), waiting)
      this.#context.roleChanged(partition)
    }
    this.#markDirty(partition)
  }

  /** Follows `leaderId` (-1: nobody leads) in that epoch. */
  follow(partition: Partition, leaderId: number, leaderEpoch: number): void {
    const { follower } = partition
    if (follower?.leaderEpoch === leaderEpoch && follower.leaderId === leaderId) return
    const wasLeader = partition.leader !== undefined
    this.#leaveRole(partition)
    partition.role = becomeFollower(leaderId, leaderEpoch)
    if (wasLeader) this.#context.roleChanged(partition)
    this.#following.ask(partition, partition.role)
  }

  #leaveRole(partition: Partition): void {
    const { role } = partition
    partition.role = undefined
    if (role?.kind === 'leader') resign(role)
    if (role?.kind === 'follower') loseSource(role)
    partition.wakesAll = true
    this.#markDirty(partition)
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
      this.#markDirty(partition)
    }
    return result
  }

  /** Hides the records before an offset that is committed. Followers hear of it with the next announcement. */
  deleteBefore(partition: Partition, offset: number): void {
    partition.log.advanceLogStartOffset(offset)
    this.#markDirty(partition)
  }

  #markDirty(partition: Partition): void {
    if (partition.isDirty) return
    partition.isDirty = true
    this.#dirty.push(partition)
  }

  // --- the end of a turn ---

  /** Tells followers and leaders what is new and wakes parked fetches. True when copying is not finished: call again soon. */
  endTurn(): boolean {
    const hasMoreToCopy = this.#following.copy()
    const dirty = this.#dirty
    this.#dirty = []
    for (const partition of dirty) {
      partition.isDirty = false
      if (partition.role?.kind === 'leader') this.#announcements.announce(partition, partition.role)
      this.#collectWoken(partition)
    }
    for (const fetch of this.#woken) fetch.wake()
    this.#woken.clear()
    this.#context.isrChanges.propose()
    this.#outbox.flush()
    return hasMoreToCopy
  }

  #collectWoken(partition: Partition): void {
    const { highWatermark, parkedFetches } = partition
    if (!partition.wakesAll && highWatermark === partition.shownHighWatermark) return
    partition.wakesAll = false
    partition.shownHighWatermark = highWatermark
    for (const fetch of parkedFetches) this.#woken.add(fetch)
  }

  // --- what peers say ---

  receiveNumbers(from: number, numbers: readonly number[]): void {
    if (numbers[0] === announcement) this.#following.receiveAnnouncements(from, numbers)
    else if (numbers[0] === acknowledgement) this.#leading.receiveAcknowledgements(from, numbers)
  }

  receiveFetch(from: number, fetch: ReplicaFetch): void {
    this.#leading.receiveFetch(from, fetch)
  }

  receiveFetchResponse(from: number, response: ReplicaFetchResponse): void {
    this.#following.receiveResponse(from, response)
  }

  /** This broker's registration is in the metadata now: followers may ask. */
  registered(): void {
    this.#following.registered()
  }

  peerUp(brokerId: number): void {
    this.#following.peerUp(brokerId)
  }

  peerLost(brokerId: number): void {
    this.#outbox.forget(brokerId)
    this.#following.peerLost(brokerId)
    this.#leading.peerLost(brokerId)
  }
}
