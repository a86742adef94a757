// What a leader tells its followers: how far its files go, and how much of them is committed.
import type { Deadlines } from '../../base/deadlines.ts'
import type { Env } from '../env.ts'
import type { Outbox } from './outbox.ts'
import type { Partition } from './partition.ts'
import type { Leader, Stream } from './role.ts'

/** A high watermark that moves without new data reaches the followers this much later, with whatever else moved meanwhile. */
const highWatermarkLagMs = 10

/** Who is held up reads nothing: what it is told would only pile up. From so many on it is told the rest when it answers. */
const unansweredMax = 100

const isSilent = (stream: Stream): boolean => stream.unanswered >= unansweredMax

/** The follower has acknowledged data. True where there may be news that were held back from it. */
export function answered(stream: Stream): boolean {
  const wasSilent = isSilent(stream)
  stream.unanswered = 0
  return wasSilent
}

export class Announcements {
  readonly #env: Env
  readonly #deadlines: Deadlines
  readonly #outbox: Outbox
  /** Of these only the high watermark (or the log start) moved. */
  readonly #quiet = new Set<Partition>()

  constructor(env: Env, deadlines: Deadlines, outbox: Outbox) {
    this.#env = env
    this.#deadlines = deadlines
    this.#outbox = outbox
  }

  /** At the end of a turn in which something of the partition changed. */
  announce(partition: Partition, leader: Leader): void {
    for (const [brokerId, { stream }] of leader.followers) {
      if (stream === undefined || isSilent(stream)) continue
      if (this.#announceSegments(partition, leader, brokerId, stream)) continue
      if (!isUpToDate(partition, stream)) this.#later(partition)
    }
  }

  forget(partition: Partition): void {
    this.#quiet.delete(partition)
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
    if (hasNews) stream.unanswered++
    return hasNews
  }

  #tell(partition: Partition, leader: Leader, brokerId: number, stream: Stream): void {
    const { log, highWatermark } = partition
    stream.highWatermark = highWatermark
    stream.logStartOffset = log.logStartOffset
    const to = this.#outbox.announcements(brokerId)
    to.push(stream.followerHandle, leader.epoch, stream.segmentBase, stream.position)
    to.push(log.logEndOffset, highWatermark, log.logStartOffset)
  }

  #later(partition: Partition): void {
    if (this.#quiet.size === 0) {
      this.#deadlines.at(this.#env.monotonicMs() + highWatermarkLagMs, () => this.#announceQuiet())
    }
    this.#quiet.add(partition)
  }

  #announceQuiet(): void {
    for (const partition of this.#quiet) {
      const { leader } = partition
      for (const [brokerId, { stream }] of leader?.followers ?? []) {
        if (stream === undefined || isSilent(stream)) continue
        if (this.#announceSegments(partition, leader!, brokerId, stream)) continue
        if (!isUpToDate(partition, stream)) this.#tell(partition, leader!, brokerId, stream)
      }
    }
    this.#quiet.clear()
  }
}

const isUpToDate = (partition: Partition, stream: Stream): boolean =>
  stream.highWatermark === partition.highWatermark && stream.logStartOffset === partition.log.logStartOffset
