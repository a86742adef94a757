// What the files of a log hold, while they are in use.
//
// Who knows what: the segments know offsets, times and bytes, the epoch cache which leader wrote them, the producer state
// which producers. All of it changes in one place, `#added`, for leaders, followers and recovery alike.

import * as batch from '../../records/batch.ts'
import { mustLookInside } from '../../records/validate.ts'
import type { FollowerAppend, LeaderAppend } from './append-types.ts'
import type { EpochCache } from './epoch-cache.ts'
import type { LogConfig } from './log-config.ts'
import type { LogEnv } from './log-env.ts'
import { offsetEntryBytes } from './offset-index.ts'
import { ProducerSnapshots } from './producer-snapshots.ts'
import { ProducerState } from './producer-state.ts'
import { loadProducers, recoveryPosition, scanFrom } from './recovery.ts'
import type { Segment } from './segment.ts'
import { finishSwaps } from './segment-swap.ts'
import { Segments } from './segments.ts'

export const relativeOffsetMax = 2_147_483_647

export class LogContent {
  readonly env: LogEnv
  readonly segments: Segments
  readonly snapshots: ProducerSnapshots
  readonly producers = new ProducerState()
  readonly epochs: EpochCache
  /** The next record's offset. */
  endOffset: number
  readonly leaderAppend: LeaderAppend = {
    errorCode: 0,
    baseOffset: -1,
    lastOffset: -1,
    logAppendTime: -1,
    isDuplicate: false,
  }
  readonly followerAppend: FollowerAppend = { byteCount: 0, refusal: undefined }
  #config: LogConfig
  #looksInside: boolean

  /** Finds the files, or makes a first one at `startOffset`. `endOffset`: where they are thought to end. */
  constructor(
    env: LogEnv,
    directory: string,
    config: LogConfig,
    epochs: EpochCache,
    startOffset: number,
    endOffset: number,
  ) {
    const { disk, crc32c } = env
    const names = finishSwaps(disk, directory, disk.list(directory))
    this.env = env
    this.segments = new Segments(disk, directory, names, startOffset)
    this.snapshots = new ProducerSnapshots(disk, directory, names, crc32c)
    this.epochs = epochs
    this.endOffset = endOffset
    this.#config = config
    this.#looksInside = mustLookInside(config)
  }

  get config(): LogConfig {
    return this.#config
  }

  set config(config: LogConfig) {
    this.#config = config
    this.#looksInside = mustLookInside(config)
  }

  /** Whether an append has to look at the single records of a batch. */
  get looksInside(): boolean {
    return this.#looksInside
  }

  /** Whether the files end where they are thought to. */
  get isAsLeft(): boolean {
    const { active } = this.segments
    return active.isSound && active.endOffset === this.endOffset
  }

  /** Brings the producers to the end of the log. */
  loadProducers(): void {
    loadProducers(this.producers, this.snapshots, this.segments, this.endOffset)
  }

  /**
   * Reads everything from `safeOffset` on and keeps it up to the first batch that is not sound. What was added to the indexes since
   * then is built anew on the way. Before `safeOffset` nothing is read but what it takes to know the producers. Returns how many
   * bytes were cut off.
   */
  recover(safeOffset: number, logStartOffset: number): number {
    const { segments, epochs } = this
    const { crc32c } = this.env
    const index = segments.indexOf(safeOffset)
    const segment = segments.all[index]!
    const from = recoveryPosition(segment, safeOffset, logStartOffset, crc32c)
    this.endOffset = segment.batchOffsetAt(from)
    epochs.truncateFromEnd(this.endOffset)
    this.loadProducers()
    return scanFrom(segments, index, from, {
      crc32c,
      epoch: epochs.latestEpoch,
      batch: (segment, { bytes, view, at }) => this.#added(segment, bytes, view, at),
      end: (segment) => this.#seal(segment),
    })
  }

  /** Writes good batches to the end of the active segment. */
  write(bytes: Uint8Array, view: DataView, from: number, to: number): void {
    if (from === to) return
    const { active } = this.segments
    active.write(bytes, from, to)
    for (let at = from; at < to; at += batch.sizeInBytes(view, at)) this.#added(active, bytes, view, at)
  }

  /** Whether a batch has to go to a new segment; `filled` is what the active one has by then. */
  mustRoll(filled: number, bytes: number, lastOffset: number, timestamp: number): boolean {
    const { active } = this.segments
    const config = this.#config
    if (lastOffset - active.baseOffset > relativeOffsetMax) return true
    if (filled === 0) return false
    return (
      filled > config.segmentBytes - bytes ||
      (active.firstTimestamp >= 0 && timestamp - active.firstTimestamp > config.segmentMs) ||
      active.offsets.sizeInBytes > config.segmentIndexBytes - offsetEntryBytes
    )
  }

  /** Closes the active segment and begins one at `baseOffset`. */
  roll(baseOffset: number): void {
    const { segments } = this
    if (segments.active.size > 0) this.seal()
    else segments.keepFirst(segments.all.length - 1)
    segments.add(baseOffset)
  }

  /** No more is written to the active segment. */
  seal(): void {
    this.#seal(this.segments.active)
  }

  /** Drops everything: what comes next begins at `offset`. */
  restartAt(offset: number): void {
    this.segments.keepFirst(0)
    this.segments.add(offset)
    this.snapshots.removeAll()
    this.producers.clear()
    this.epochs.clear()
  }

  /** The segment ends at the log end, and the next one begins there. */
  #seal(segment: Segment): void {
    segment.seal()
    this.snapshots.save(this.endOffset, this.producers.entries())
  }

  /** The batch at `at` is in the log now, at the end of `segment`. */
  #added(segment: Segment, bytes: Uint8Array, view: DataView, at: number): void {
    const epoch = batch.partitionLeaderEpoch(view, at)
    if (epoch >= 0) this.epochs.assign(epoch, batch.baseOffset(view, at))
    if (batch.producerId(view, at) >= 0) this.producers.note(bytes, view, at)
    segment.added(view, at, this.#config.indexIntervalBytes)
    this.endOffset = batch.lastOffset(view, at) + 1
  }
}
