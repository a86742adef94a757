// The group coordinator's log is an ordinary partition of `__consumer_offsets`: its decisions are appended here with acks=all,
// and read back from the start when this broker begins to lead it.
import type { Deadlines } from '../base/deadlines.ts'
import { DiskError } from '../base/disk.ts'
import { errors } from '../protocol/errors.ts'
import { MalformedFrame, viewOf } from '../protocol/reader.ts'
import * as batch from '../records/batch.ts'
import { buildBatch } from '../records/build.ts'
import { CorruptBatch } from '../records/corrupt-batch.ts'
import { RecordCursor } from '../records/read.ts'
import type { Env } from './env.ts'
import type { GroupCoordinator } from './group/coordinator.ts'
import type { KeyValue } from './group/sink.ts'
import type { LeaderAppend } from './log/append-types.ts'
import type { Partition } from './replica/partition.ts'
import type { Replicas } from './replica/replicas.ts'
import type { AppendWait } from './replica/role.ts'

export const offsetsTopic = '__consumer_offsets'

/** Read per step while loading; between steps the broker does its other work. */
const loadBytesPerStep = 1 << 20

/** What a coordinator would go by cannot be read: its groups are served by nobody until another replica leads. */
export interface CoordinatorUnreadable {
  readonly kind: 'coordinator-unreadable'
  readonly topic: string
  readonly partition: number
  /** Where the records lie that cannot be read, or behind it. */
  readonly offset: number
}

export class CoordinatorLog {
  readonly #env: Env
  readonly #deadlines: Deadlines
  readonly #replicas: Replicas
  readonly #event: (event: CoordinatorUnreadable) => void

  constructor(env: Env, deadlines: Deadlines, replicas: Replicas, event: (event: CoordinatorUnreadable) => void) {
    this.#env = env
    this.#deadlines = deadlines
    this.#replicas = replicas
    this.#event = event
  }

  append(index: number, records: readonly KeyValue[], done: (errorCode: number) => void): void {
    const partition = this.#replicas.get(offsetsTopic, index)
    const leader = partition?.leader
    if (partition === undefined || leader === undefined) return done(errors.NOT_LEADER_OR_FOLLOWER)
    if (leader.isr.length < leader.minInsyncReplicas) return done(errors.NOT_ENOUGH_REPLICAS)
    const timestamp = this.#env.wallMs()
    const bytes = buildBatch(
      records.map(({ key, value }) => ({ key, value, timestamp })),
      this.#env.crc32c,
    )
    let result: LeaderAppend
    try {
      result = this.#replicas.append(partition, leader, bytes, viewOf(bytes), 'coordinator')
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      return done(errors.KAFKA_STORAGE_ERROR) // A full disk: nothing of it is in the log.
    }
    const { errorCode, lastOffset } = result
    if (errorCode !== errors.NONE) return done(errorCode)
    const endOffset = lastOffset + 1
    if (partition.highWatermark >= endOffset) return done(errors.NONE)
    const wait: AppendWait = { origin: 'coordinator', endOffset, completed: done }
    leader.waiting.push(wait)
  }

  /** Leadership of a partition of the offsets topic came or went. */
  roleChanged(partition: Partition, groups: GroupCoordinator): void {
    const { leader, index } = partition
    if (leader === undefined) return groups.resign(index)
    groups.becomeLeader(index, leader.epoch)
    this.#load(partition, leader.epoch, partition.log.logStartOffset, partition.log.logEndOffset, groups)
  }

  #load(partition: Partition, epoch: number, from: number, to: number, groups: GroupCoordinator): void {
    if (partition.leader?.epoch !== epoch) return
    try {
      this.#loadNext(partition, epoch, from, to, groups)
    } catch (error) {
      if (!(error instanceof CorruptBatch || error instanceof MalformedFrame)) throw error
      groups.unreadable(partition.index, epoch)
      this.#event({
        kind: 'coordinator-unreadable',
        topic: partition.topic,
        partition: partition.index,
        offset: from,
      })
    }
  }

  #loadNext(partition: Partition, epoch: number, from: number, to: number, groups: GroupCoordinator): void {
    const next = from < to ? this.#loadSome(partition, from, to, groups) : to
    if (next >= to) return this.#openWhenCommitted(partition, to, groups)
    this.#deadlines.at(this.#env.monotonicMs(), () => this.#load(partition, epoch, next, to, groups))
  }

  /** What was read may not be committed yet, and a coordinator that answered from it might be the only one ever to know it. */
  #openWhenCommitted({ leader, index, highWatermark }: Partition, endOffset: number, groups: GroupCoordinator): void {
    if (leader === undefined) return
    if (highWatermark >= endOffset) return groups.loaded(index, leader.epoch)
    const completed = (errorCode: number) => {
      if (errorCode === errors.NONE) groups.loaded(index, leader.epoch)
    }
    leader.waiting.push({ origin: 'coordinator', endOffset, completed })
  }

  /** Replays one stretch and returns the offset to go on from. Throws CorruptBatch where the disk has spoilt it. */
  #loadSome(partition: Partition, from: number, to: number, groups: GroupCoordinator): number {
    const slice = partition.log.read(from, loadBytesPerStep, to, true)
    const bytes = new Uint8Array(slice.byteLength)
    slice.readInto(bytes, 0)
    const view = viewOf(bytes)
    let next = from
    for (let at = 0; batch.isWhole(view, at, bytes.length); at += batch.sizeInBytes(view, at)) {
      if (!batch.hasValidCrc(bytes, view, at, this.#env.crc32c))
        throw new CorruptBatch('a batch that does not match its CRC')
      next = batch.baseOffset(view, at) + batch.lastOffsetDelta(view, at) + 1
      if (batch.isControl(view, at)) continue
      const cursor = new RecordCursor(bytes, view, at, this.#env.decompress)
      while (cursor.next()) {
        if (cursor.key !== null && cursor.offset >= from)
          groups.replay(partition.index, cursor.key, cursor.value, cursor.offset)
      }
    }
    if (next === from && bytes.length > 0) throw new CorruptBatch('no whole batch')
    return next === from ? to : next
  }
}
