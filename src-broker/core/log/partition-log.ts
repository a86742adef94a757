// One partition's replica on one broker: a row of segments, of which the last is written to. Everything is synchronous.
//
// After a clean stop opening reads nothing at all; the first use lists the directory and looks at the log's tail.

import { assert } from '../../base/assert.ts'
import type { DiskFile } from '../../base/disk.ts'
import type { Uuid } from '../../base/uuid.ts'
import { type RefusedRecords, refusedRecords } from '../../records/validate.ts'
import type { AppendContext, FollowerAppend, FollowerLimits, LeaderAppend } from './append-types.ts'
import { EpochCache, type EpochEnd } from './epoch-cache.ts'
import { emptySlice, type FileSlice } from './file-slice.ts'
import { appendAsFollower } from './follower-append.ts'
import { appendAsLeader } from './leader-append.ts'
import type { LogConfig } from './log-config.ts'
import { LogContent } from './log-content.ts'
import type { LogEnv } from './log-env.ts'
import { readTopicId, topicIdFile } from './partition-metadata.ts'
import type { ProducerSnapshotEntry } from './producer-snapshot.ts'
import { deletableSegments, type Retention } from './retention.ts'
import { emptyPlace, type Place, type Segments } from './segments.ts'
import { findMaxTimestamp, findTimestamp, type TimestampedOffset } from './time-search.ts'

/** What the broker's checkpoints say of a log that it finds at its start. */
export interface LogStart {
  /** Whether the broker stopped in an orderly way: then the recovery point is the log end. */
  readonly isClean: boolean
  /** Everything before this offset is safely on disk. */
  readonly recoveryPoint: number
  readonly logStartOffset: number
  readonly highWatermark: number
  /** Where it is known already, and `partition.metadata` need not be read for it. */
  readonly topicId?: Uuid | undefined
}

export const emptyLogStart: LogStart = { isClean: true, recoveryPoint: 0, logStartOffset: 0, highWatermark: 0 }

export interface SegmentSize {
  readonly baseOffset: number
  readonly sizeInBytes: number
}

/** What recovery found missing or unreadable. */
export interface Damage {
  /** The first offset that is gone: the log end from then on. */
  readonly offset: number
  /** Cut off, as nothing in them could be trusted. */
  readonly bytes: number
  /** The checkpointed high watermark, where the log now ends before it: records that were committed are gone. */
  readonly highWatermark?: number
}

export class PartitionLog {
  readonly directory: string
  /** Set by the replica; kept here to be checkpointed with the log and to be there after a restart. */
  highWatermark: number
  /** Undefined where the log was sound at the last start. */
  damage: Damage | undefined
  /** Called when flushed records were cut off: the checkpoint has to follow before others are written in their place. */
  onRecoveryPointLowered: ((log: PartitionLog) => void) | undefined
  /** Called when a log that counted as sound turns out not to be, on its first use. */
  onDamageFound: ((log: PartitionLog) => void) | undefined
  readonly #env: LogEnv
  readonly #isClean: boolean
  /** Of the last run; of this one where the files were let go of in it. The same goes for the log end. */
  #highWatermarkBefore: number
  #logEndBefore: number
  readonly #epochs: EpochCache
  /** Undefined until first used. */
  #content: LogContent | undefined
  #config: LogConfig
  #logStartOffset: number
  #recoveryPoint: number
  #topicId: Uuid | undefined
  /** What the recovery point will be when the flush that was begun last is done. */
  #flushingTo = 0
  #isNameSynced = false

  private constructor(env: LogEnv, directory: string, config: LogConfig, start: LogStart) {
    this.#env = env
    this.directory = directory
    this.#config = config
    this.#isClean = start.isClean
    this.#epochs = new EpochCache(env.disk, `${directory}/leader-epoch-checkpoint`)
    this.#logStartOffset = start.logStartOffset
    this.#recoveryPoint = start.recoveryPoint
    this.#topicId = start.topicId
    this.#logEndBefore = Math.max(start.recoveryPoint, start.logStartOffset)
    this.#highWatermarkBefore = start.highWatermark
    this.highWatermark = Math.max(start.logStartOffset, Math.min(start.highWatermark, this.#logEndBefore))
  }

  /** The log in a directory that exists. Recovers it first where the broker was not stopped in an orderly way. */
  static open(env: LogEnv, directory: string, config: LogConfig, start: LogStart = emptyLogStart): PartitionLog {
    const log = new PartitionLog(env, directory, config, start)
    if (!start.isClean) log.#open()
    return log
  }

  /**
   * Looks at the files, and recovers the log where they are not as the checkpoint says. To be called before anybody is told
   * where it ends: after a clean stop that is only what was written down. A log that had nothing has nothing to lose.
   */
  ensureOpen(): void {
    if (!this.#isUntouched) this.#opened()
  }

  // ── what it is ────────────────────────────────────────────────────────────────────────────────────────────────────

  get config(): LogConfig {
    return this.#config
  }

  set config(config: LogConfig) {
    this.#config = config
    if (this.#content !== undefined) this.#content.config = config
  }

  /** Undefined where `partition.metadata` is missing. */
  get topicId(): Uuid | undefined {
    this.#topicId ??= readTopicId(this.#env.disk, this.directory)
    return this.#topicId
  }

  /** Whether it is that topic's, and not one's that had the name before. Looks once more before it says no: a log is removed for it. */
  belongsTo(topicId: Uuid): boolean {
    if (this.#topicId !== topicId) this.#topicId = readTopicId(this.#env.disk, this.directory)
    return this.#topicId === topicId
  }

  get logStartOffset(): number {
    return this.#logStartOffset
  }

  /** The next record's offset. */
  get logEndOffset(): number {
    return this.#content === undefined ? this.#logEndBefore : this.#content.endOffset
  }

  /** Everything before it would survive a power loss. */
  get recoveryPoint(): number {
    return this.#recoveryPoint
  }

  /** Does not look at the files of a log that never had a record. */
  get sizeInBytes(): number {
    if (this.#isUntouched) return 0
    return this.#opened().segments.sizeInBytes
  }

  get activeSegmentBase(): number {
    if (this.#isUntouched) return 0
    return this.#opened().segments.active.baseOffset
  }

  get activeSegmentSize(): number {
    if (this.#isUntouched) return 0
    return this.#opened().segments.active.size
  }

  /** The segment that holds `offset` and all behind it: what a follower reads of a leader's files. */
  segmentsFrom(offset: number): SegmentSize[] {
    const { segments } = this.#opened()
    return segments.from(offset).map(({ baseOffset, size }) => ({ baseOffset, sizeInBytes: size }))
  }

  // ── append ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** As `leader-append.ts` says. */
  appendAsLeader(bytes: Uint8Array, view: DataView, from: number, to: number, context: AppendContext): LeaderAppend {
    return appendAsLeader(this.#opened(), bytes, view, from, to, context)
  }

  /** Which records made `appendAsLeader` refuse a batch with INVALID_RECORD or INVALID_TIMESTAMP, as Produce answers it. */
  refusedRecords(bytes: Uint8Array, view: DataView, at: number, nowMs: number): RefusedRecords {
    return refusedRecords(bytes, view, at, this.#config, nowMs, this.#env.decompress)
  }

  /** As `follower-append.ts` says. */
  appendAsFollower(
    bytes: Uint8Array,
    view: DataView,
    from: number,
    to: number,
    limits?: FollowerLimits,
  ): FollowerAppend {
    return appendAsFollower(this.#opened(), bytes, view, from, to, limits)
  }

  // ── read ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Batches of one segment, from the one that holds `fetchOffset` on: none that holds `limitOffset` or lies behind it,
   * and no more than `maxBytes`, save that the first one comes whole where `atLeastOneBatch`. The last one may be cut
   * off. Empty where the offset is not in the log: whether that is an error is the caller's matter.
   */
  read(fetchOffset: number, maxBytes: number, limitOffset: number, atLeastOneBatch: boolean): FileSlice {
    const limit = Math.min(limitOffset, this.logEndOffset)
    if (fetchOffset < this.#logStartOffset || fetchOffset >= limit) return emptySlice
    return this.#opened().segments.slice(fetchOffset, maxBytes, limit, atLeastOneBatch)
  }

  /**
   * Where the batch that holds `offset` begins; the end of the log's last file for the log end. Throws CorruptBatch where the way
   * there is spoilt, or where the batch claims offsets that the one behind it has.
   */
  place(offset: number): Place {
    // Thousands of followers ask at a start, and most logs have nothing to give.
    if (this.#isUntouched && offset === 0) return emptyPlace
    const { segments } = this.#opened()
    const place = segments.place(offset)
    if (place.batchOffset > offset) segments.checkGap(place, this.logEndOffset)
    return place
  }

  /** The first record as late as `timestamp`; undefined where none is. */
  offsetForTimestamp(timestamp: number): TimestampedOffset | undefined {
    return findTimestamp(this.#opened().segments.all, timestamp, this.#logStartOffset, this.#env.decompress)
  }

  /** The record with the latest time; undefined where the log is empty or no record has a time. */
  offsetOfMaxTimestamp(): TimestampedOffset | undefined {
    return findMaxTimestamp(this.#opened().segments.all, this.#env.decompress)
  }

  // ── epochs ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** -1 while no leader has written. */
  get latestEpoch(): number {
    return this.#isUntouched ? this.#epochs.knownEpoch : this.#epochs.latestEpoch
  }

  /** Of the records that are left; -1 without one. */
  get earliestEpoch(): number {
    return this.#epochs.earliestEpoch
  }

  /** Epochs that have no record here any more, or never had, are not for a follower to speak of: its leader may have none of them. */
  forgetEmptyEpochs(): void {
    // Thousands of followers ask at a start: what has no records has nothing in the file of its epochs either.
    if (this.#isUntouched) return this.#epochs.forgetAll()
    const isEmpty = this.#logStartOffset === this.logEndOffset
    if (this.#epochs.latestEpoch >= 0) this.#epochs.truncateFromEnd(isEmpty ? 0 : this.logEndOffset)
  }

  /** A leader of `epoch` writes from `startOffset` on. */
  assignEpoch(epoch: number, startOffset: number): void {
    this.#epochs.assign(epoch, startOffset)
  }

  /** Where the largest known epoch up to `epoch` ends. */
  endOffsetForEpoch(epoch: number): EpochEnd {
    return this.#epochs.endOffsetFor(epoch, this.logEndOffset)
  }

  /** The epoch in which the record at `offset` was written; -1 where it is not known. */
  epochOf(offset: number): number {
    return this.#epochs.epochOf(offset)
  }

  // ── producers ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The first offset of the earliest open transaction; Infinity without one. */
  get firstOpenOffset(): number {
    return this.#opened().producers.firstOpenOffset
  }

  /** Every producer that is remembered. */
  producerEntries(): ProducerSnapshotEntry[] {
    return this.#opened().producers.entries()
  }

  /** Forgets producers that wrote nothing since `beforeMs`. */
  expireProducers(beforeMs: number): void {
    this.#content?.producers.expire(beforeMs)
  }

  // ── shorten ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Drops the batch that holds `offset` and all behind it. Returns the new log end: that of the last batch left. */
  truncateTo(offset: number): number {
    const content = this.#opened()
    const { segments } = content
    const { endOffset } = content
    // First, as it may be refused: nothing has changed then.
    if (offset < endOffset) this.#lowerRecoveryPoint(Math.min(offset, segments.place(offset).batchOffset))
    // Also where no record goes: an epoch may have begun at the log end (KAFKA-10706).
    this.#epochs.truncateFromEnd(offset)
    if (offset >= endOffset) return endOffset
    if (offset < this.#logStartOffset) {
      this.truncateFullyAndStartAt(offset)
      return offset
    }
    segments.truncateTo(offset)
    const { endOffset: newEndOffset } = segments.active
    if (newEndOffset < this.#logStartOffset) this.truncateFullyAndStartAt(this.#logStartOffset)
    else {
      this.#endsAt(content, newEndOffset)
      content.loadProducers()
    }
    return content.endOffset
  }

  /** Drops everything: what comes next begins at `offset`. */
  truncateFullyAndStartAt(offset: number): void {
    const content = this.#opened()
    this.#lowerRecoveryPoint(offset)
    content.restartAt(offset)
    this.#logStartOffset = offset
    this.#endsAt(content, offset)
  }

  /** Hides the records before `offset`. Their segments go with the next `deleteOldSegments`. */
  advanceLogStartOffset(offset: number): void {
    if (offset <= this.#logStartOffset) return
    assert(offset <= this.logEndOffset, 'a log start behind the log end')
    this.#logStartOffset = offset
    // Nothing goes that is not committed, whatever was written down of it last.
    this.highWatermark = Math.max(this.highWatermark, offset)
    this.#epochs.truncateFromStart(offset)
  }

  /**
   * Removes the oldest segments as long as they are hidden, too old or too much, and wholly below the high watermark.
   * Returns how many went.
   */
  deleteOldSegments(retention: Retention): number {
    if (this.#isUntouched) return 0
    const content = this.#opened()
    const { segments, snapshots } = content
    const count = deletableSegments(segments, retention, this.#logStartOffset, content.endOffset)
    if (count === 0) return 0
    if (count === segments.all.length) content.roll(content.endOffset)
    // First, as the disk may refuse to remove what is left out from now on.
    this.advanceLogStartOffset(segments.all[count]!.baseOffset)
    segments.removeFirst(count)
    snapshots.removeBefore(segments.oldest.baseOffset)
    return count
  }

  // ── compact ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What a compaction works on, over several turns: as long as `holds` says so, and its `cuts` stay the same. */
  get content(): LogContent {
    return this.#opened()
  }

  holds(segments: Segments): boolean {
    return this.#content?.segments === segments
  }

  // ── on disk ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Returns once all that is in the log would survive a power loss. Blocks: see `beginFlush` for doing it beside other work. */
  flush(): void {
    for (const file of this.#unsynced()) file.sync()
    this.endFlush()
  }

  /**
   * Half of a flush: what had to be written is, and the files named have to be synced by whatever means, in any order.
   * Then call `endFlush`. Empty where there is nothing to do.
   */
  beginFlush(): readonly string[] {
    return this.#unsynced().map((file) => file.path)
  }

  /** The other half. Not to be called where a sync failed: what failed once may seem to succeed the next time. */
  endFlush(): void {
    this.#recoveryPoint = Math.max(this.#recoveryPoint, this.#flushingTo)
  }

  /** Flushes and lets go of everything. The log is not to be used again. */
  close(): void {
    this.#epochs.save(this.logEndOffset)
    if (this.#content === undefined) return
    this.#content.seal()
    this.flush()
    this.#content.segments.close()
    this.#letGo()
  }

  /** Lets go of the files without a word to them: the directory is about to be removed, or the disk has failed. */
  abandon(): void {
    if (this.#content === undefined) return
    this.#content.segments.abandon()
    this.#letGo()
  }

  #letGo(): void {
    this.#logEndBefore = this.logEndOffset
    this.#highWatermarkBefore = this.highWatermark
    this.#content = undefined
  }

  /** Epochs go to the disk first: the recovery point must not overtake them. */
  #unsynced(): DiskFile[] {
    if (this.#content === undefined || this.#recoveryPoint === this.logEndOffset) return []
    this.#epochs.save(this.logEndOffset)
    this.#flushingTo = this.logEndOffset
    const files = this.#content.segments.from(this.#recoveryPoint).flatMap((segment) => segment.unsynced())
    // A log that has lost its topic's id counts as another topic's, and is removed with all its records.
    const named = this.#isNameSynced ? undefined : topicIdFile(this.#env.disk, this.directory, this.#topicId)
    this.#isNameSynced = true
    return named === undefined ? files : [...files, named]
  }

  /** The log was cut at `offset`. */
  #endsAt(content: LogContent, offset: number): void {
    content.endOffset = offset
    this.highWatermark = Math.min(this.highWatermark, offset)
    this.#flushingTo = Math.min(this.#flushingTo, offset)
    this.#lowerRecoveryPoint(offset)
  }

  /** Before others take the place of what is cut off. Where that cannot be written down, it counts as not lowered. */
  #lowerRecoveryPoint(offset: number): void {
    const before = this.#recoveryPoint
    if (offset >= before) return
    this.#recoveryPoint = offset
    try {
      this.onRecoveryPointLowered?.(this)
    } catch (error) {
      this.#recoveryPoint = before
      throw error
    }
  }

  /** Nothing was in it at the last stop, and nobody has used it since. */
  get #isUntouched(): boolean {
    return this.#content === undefined && this.#logEndBefore === 0
  }

  #opened(): LogContent {
    return this.#content ?? this.#open()
  }

  #open(): LogContent {
    const content = new LogContent(
      this.#env,
      this.directory,
      this.#config,
      this.#epochs,
      this.#logStartOffset,
      this.#logEndBefore,
    )
    this.#content = content
    try {
      if (this.#isClean && content.isAsLeft) content.loadProducers()
      else this.#recover(content)
    } catch (error) {
      content.segments.abandon()
      this.#content = undefined
      throw error
    }
    this.#logStartOffset = Math.max(this.#logStartOffset, content.segments.oldest.baseOffset)
    this.highWatermark = Math.max(this.highWatermark, this.#logStartOffset)
    // What was written down of the epochs may be older than what was deleted.
    if (this.#logStartOffset > 0) this.#epochs.truncateFromStart(this.#logStartOffset)
    return content
  }

  /** Keeps what is sound behind the recovery point, and takes note of what was not. */
  #recover(content: LogContent): void {
    // Damage before the log start must not cost what comes after it.
    const safeOffset = Math.max(this.#recoveryPoint, this.#logStartOffset)
    const bytes = content.recover(safeOffset, this.#logStartOffset)
    const offset = content.endOffset
    const highWatermark = this.#highWatermarkBefore
    const isDamaged = offset < highWatermark || bytes > 0 || offset < safeOffset
    if (isDamaged) this.damage = offset < highWatermark ? { offset, bytes, highWatermark } : { offset, bytes }
    this.highWatermark = Math.min(highWatermark, offset)
    if (offset < this.#logStartOffset) this.truncateFullyAndStartAt(this.#logStartOffset)
    else this.#endsAt(content, offset)
    if (isDamaged) this.onDamageFound?.(this)
  }
}
