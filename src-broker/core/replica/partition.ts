import type { Uuid } from '../../base/uuid.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import type { ParkedFetch } from './parked-fetch.ts'
import type { Follower, Leader } from './role.ts'

const none: readonly ParkedFetch[] = []

/** This broker's replica of one partition: a log, how far it is committed, and what the replica is at the moment. */
export class Partition {
  readonly topic: string
  readonly topicId: Uuid
  readonly index: number
  /** This broker's own number for the partition; peers use it in repeating messages. */
  readonly handle: number
  readonly log: PartitionLog
  role: Leader | Follower | undefined = undefined
  /** Undefined until there is one: most of thousands of partitions are never waited for. */
  #parkedFetches: Set<ParkedFetch> | undefined
  /** Something changed in this turn; see Replicas.endTurn. */
  isDirty = false
  /** The high watermark that parked fetches last had a look at. */
  shownHighWatermark = -1
  /** The role changed: whoever is parked has to hear of it, wherever the high watermark is. */
  wakesAll = false

  constructor(topic: string, topicId: Uuid, index: number, handle: number, log: PartitionLog) {
    this.topic = topic
    this.topicId = topicId
    this.index = index
    this.handle = handle
    this.log = log
  }

  /** Fetches that wait for the high watermark (or the role) to change. */
  get parkedFetches(): Iterable<ParkedFetch> {
    return this.#parkedFetches ?? none
  }

  park(fetch: ParkedFetch): void {
    this.#parkedFetches ??= new Set()
    this.#parkedFetches.add(fetch)
  }

  unpark(fetch: ParkedFetch): void {
    this.#parkedFetches?.delete(fetch)
  }

  get name(): string {
    return `${this.topic}-${this.index}`
  }

  /** Offset after the last record known to be on every in-sync replica. Kept with the log, which checkpoints it. */
  get highWatermark(): number {
    return this.log.highWatermark
  }

  set highWatermark(offset: number) {
    this.log.highWatermark = offset
  }

  get leader(): Leader | undefined {
    return this.role?.kind === 'leader' ? this.role : undefined
  }

  get follower(): Follower | undefined {
    return this.role?.kind === 'follower' ? this.role : undefined
  }
}
