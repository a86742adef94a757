// One partition's replica on one broker: a row of segments, of which the last is written to. Everything is synchronous.
//
// Who knows what: the segments know offsets, times and bytes, the epoch cache which leader wrote them, the producer state
// which producers. All of it changes in one place, `#added`, for leaders, followers and recovery alike.
//
// After a clean stop opening reads nothing at all; the first use lists the directory and looks at the log's tail.

import { assert } from '../../base/assert.ts'
import type { DiskFile } from '../../base/disk.ts'
import type { Uuid } from '../../base/uuid.ts'
import { errors } from '../../protocol/errors.ts'
import * as batch from '../../records/batch.ts'
import { CorruptBatch } from '../../records/corrupt-batch.ts'
import { type Compression, recompressedBatch } from '../../records/recompress.ts'
import {
  isCompacted,
  mustLookInside,
  type Origin,
  type RefusedRecords,
  refusedRecords,
  validateBatch,
} from '../../records/validate.ts'
import { EpochCache, type EpochEnd } from './epoch-cache.ts'
import { emptySlice, type FileSlice } from './file-slice.ts'
import type { LogConfig } from './log-config.ts'
import type { LogEnv } from './log-env.ts'
import { offsetEntryBytes } from './offset-index.ts'
import { readTopicId, topicIdFile } from './partition-metadata.ts'
import type { ProducerSnapshotEntry } from './producer-snapshot.ts'
import { ProducerSnapshots } from './producer-snapshots.ts'
import { ProducerState, type RememberedBatch } from './producer-state.ts'
import { loadProducers, recoveryPosition, scanFrom } from './recovery.ts'
import type { Segment } from './segment.ts'
import { finishSwaps } from './segment-swap.ts'
import { emptyPlace, type Place, Segments } from './segments.ts'
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

export interface AppendContext {
  readonly leaderEpoch: number
  readonly nowMs: number
  readonly origin: Origin
}

/** Of the last append as leader; the same object each time. */
export interface LeaderAppend {
  /** 0, or why nothing was appended. */
  errorCode: number
  /** Of the first record; -1 where nothing was appended. Of a duplicate, where it went the first time. */
  baseOffset: number
  lastOffset: number
  /** The broker's time where the topic's records carry it, else -1. */
  logAppendTime: number
  isDuplicate: boolean
}

/** Of the last append as follower; the same object each time. */
export interface FollowerAppend {
  /** Whole batches that are in the log now. What follows them is refused, or the beginning of a batch. */
  byteCount: number
  /** Why the batch behind them is not; undefined where there is none, or none that is whole. */
  refusal: 'corrupt-batch' | 'unexpected-offset' | 'unexpected-epoch' | undefined
}

/**
 * What a leader said of its log. A batch's base offset and leader epoch lie outside its checksum, so what its file says there
 * has to agree with what the leader says itself.
 */
export interface FollowerLimits {
  readonly leaderEpoch: number
  readonly leaderEndOffset: number
  /** The leader says itself that the log goes on with this batch, even if there is a gap before it. */
  readonly batchOffset: number | undefined
}

const noLimits: FollowerLimits = { leaderEpoch: Infinity, leaderEndOffset: Infinity, batchOffset: undefined }

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

export interface Retention {
  readonly nowMs: number
  /** Infinity keeps for ever; the same goes for the bytes. */
  readonly retentionMs: number
  readonly retentionBytes: number
  readonly highWatermark: number
}

const relativeOffsetMax = 2_147_483_647

export class PartitionLog {
  readonly directory: string
  /** Set by the replica; kept here to be checkpointed with the log and to be there after a restart. */
  highWatermark: number
  /** Undefined where the log was sound at the last start. */
  damage: Damage | undefined
  /** Called when flushed records were cut off: the checkpoint has to follow before others are written in their place. */
  onRecoveryPointLowered: (() => void) | undefined
  /** Called when a log that counted as sound turns out not to be, on its first use. */
  onDamageFound: (() => void) | undefined
  readonly #env: LogEnv
  readonly #isClean: boolean
  /** Of the last run; of this one where the files were let go of in it. */
  #highWatermarkBefore: number
  readonly #epochs: EpochCache
  /** What the files hold; undefined until first used. */
  #content: Content | undefined
  #config: LogConfig
  #looksInside: boolean
  #logStartOffset: number
  #logEndOffset: number
  #recoveryPoint: number
  #topicId: Uuid | undefined
  /** What the recovery point will be when the flush that was begun last is done. */
  #flushingTo = 0
  #isNameSynced = false
  readonly #leaderAppend: LeaderAppend = {
    errorCode: 0,
    baseOffset: -1,
    lastOffset: -1,
    logAppendTime: -1,
    isDuplicate: false,
  }
  readonly #followerAppend: FollowerAppend = { byteCount: 0, refusal: undefined }

  private constructor(env: LogEnv, directory: string, config: LogConfig, start: LogStart) {
    this.#env = env
    this.directory = directory
    this.#config = config
    this.#looksInside = mustLookInside(config)
    this.#isClean = start.isClean
    this.#epochs = new EpochCache(env.disk, `${directory}/leader-epoch-checkpoint`)
    this.#logStartOffset = start.logStartOffset
    this.#recoveryPoint = start.recoveryPoint
    this.#topicId = start.topicId
    this.#logEndOffset = Math.max(start.recoveryPoint, start.logStartOffset)
    this.#highWatermarkBefore = start.highWatermark
    this.highWatermark = Math.max(start.logStartOffset, Math.min(start.highWatermark, this.#logEndOffset))
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
    this.#looksInside = mustLookInside(config)
  }

  /** Undefined where `partition.metadata` is missing. */
  get topicId(): Uuid | undefined {
    this.#topicId ??= readTopicId(this.#env.disk, this.directory)
    return this.#topicId
  }

  get logStartOffset(): number {
    return this.#logStartOffset
  }

  /** The next record's offset. */
  get logEndOffset(): number {
    return this.#logEndOffset
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

  /**
   * Appends the batches in bytes[from, to): checks them, gives them their offsets and epoch in place, writes them as they
   * are. A client may bring one batch at a time. Where the answer has an error code, nothing was appended.
   */
  appendAsLeader(bytes: Uint8Array, view: DataView, from: number, to: number, context: AppendContext): LeaderAppend {
    if (this.#config.compression !== undefined && context.origin === 'client') {
      const made = this.#recompressed(bytes, view, from, to, this.#config.compression)
      if (typeof made === 'number') return this.#refuse(made)
      if (made !== undefined) return this.#append(made, new DataView(made.buffer), 0, made.length, context)
    }
    return this.#append(bytes, view, from, to, context)
  }

  /** Undefined where the batch is packed in the topic's way already, or is none: then it is for `#append` to refuse it. */
  #recompressed(
    bytes: Uint8Array,
    view: DataView,
    from: number,
    to: number,
    compression: Compression,
  ): Uint8Array<ArrayBuffer> | number | undefined {
    const { crc32c } = this.#env
    if (!batch.isWhole(view, from, to) || batch.sizeInBytes(view, from) !== to - from) return undefined
    if (batch.codec(view, from) === compression.codec || !batch.hasValidCrc(bytes, view, from, crc32c)) return undefined
    try {
      return recompressedBatch(bytes, view, from, compression, this.#env)
    } catch (error) {
      if (error instanceof CorruptBatch) return errors.INVALID_RECORD
      throw error
    }
  }

  #append(bytes: Uint8Array, view: DataView, from: number, to: number, context: AppendContext): LeaderAppend {
    const { segments, producers } = this.#opened()
    const { leaderEpoch, nowMs, origin } = context
    assert(leaderEpoch >= this.#epochs.latestEpoch, 'a leader writes in an epoch that is over')
    const result = this.#leaderAppend
    result.isDuplicate = false
    result.logAppendTime = -1
    if (from >= to) return this.#refuse(errors.INVALID_RECORD)
    const isLogAppendTime = this.#config.messageTimestampType === 'LogAppendTime'
    let offset = this.#logEndOffset
    let maxTimestamp = -1
    for (let at = from; at < to; at += batch.sizeInBytes(view, at)) {
      if (at > from && origin === 'client') return this.#refuse(errors.INVALID_RECORD)
      const errorCode = this.#check(bytes, view, at, to, origin, nowMs, producers)
      if (errorCode !== 0) return this.#refuse(errorCode)
      if (producers.duplicate !== undefined) return this.#again(producers.duplicate, isLogAppendTime)
      if (isLogAppendTime) batch.stampLogAppendTime(bytes, view, at, nowMs, this.#env.crc32c)
      batch.stampPlace(view, at, offset, leaderEpoch)
      offset += batch.lastOffsetDelta(view, at) + 1
      maxTimestamp = Math.max(maxTimestamp, batch.maxTimestamp(view, at))
    }
    if (to - from > this.#config.segmentBytes) return this.#refuse(errors.RECORD_LIST_TOO_LARGE)

    const baseOffset = this.#logEndOffset
    const { active } = segments
    if (this.#mustRoll(active, active.size, to - from, offset - 1, maxTimestamp)) this.#roll(baseOffset)
    this.#write(bytes, view, from, to)
    result.errorCode = 0
    result.baseOffset = baseOffset
    result.lastOffset = offset - 1
    if (isLogAppendTime) result.logAppendTime = nowMs
    return result
  }

  /** Which records made `appendAsLeader` refuse a batch with INVALID_RECORD or INVALID_TIMESTAMP, as Produce answers it. */
  refusedRecords(bytes: Uint8Array, view: DataView, at: number, nowMs: number): RefusedRecords {
    return refusedRecords(bytes, view, at, this.#config, nowMs, this.#env.decompress)
  }

  /** Appends what the leader has at this log's end, byte for byte. bytes[from, to) may end amid a batch. */
  appendAsFollower(
    bytes: Uint8Array,
    view: DataView,
    from: number,
    to: number,
    limits: FollowerLimits = noLimits,
  ): FollowerAppend {
    const { segments } = this.#opened()
    const result = this.#followerAppend
    result.refusal = undefined
    let nextOffset = this.#logEndOffset
    let epoch = this.#epochs.latestEpoch
    /** Of the batches that are good but not written yet: one write takes them all, unless a segment ends between them. */
    let runFrom = from
    let runTimestamp = -1
    /** The last batch, where it left a gap or began an epoch: the next one shows whether that was true. */
    let doubtfulAt = -1
    let at = from
    for (; to - at >= batch.batchHeaderBytes; at += batch.sizeInBytes(view, at)) {
      const size = batch.sizeInBytes(view, at)
      const isBatch = size >= batch.batchHeaderBytes && batch.magic(view, at) === batch.batchMagic
      if (isBatch && size > to - at) break
      if (!isBatch || !batch.hasValidCrc(bytes, view, at, this.#env.crc32c) || batch.lastOffsetDelta(view, at) < 0) {
        result.refusal = 'corrupt-batch'
        break
      }
      const baseOffset = batch.baseOffset(view, at)
      const lastOffset = batch.lastOffset(view, at)
      const batchEpoch = batch.partitionLeaderEpoch(view, at)
      const hasGap = baseOffset > nextOffset
      if (baseOffset < nextOffset || batchEpoch < epoch) {
        result.refusal = baseOffset < nextOffset ? 'unexpected-offset' : 'unexpected-epoch'
        if (doubtfulAt >= runFrom) at = doubtfulAt
        break
      }
      // Compaction leaves gaps, so a batch may lie behind the log end, but not just anywhere.
      if (
        lastOffset >= limits.leaderEndOffset ||
        (hasGap && baseOffset !== limits.batchOffset && !isCompacted(this.#config))
      ) {
        result.refusal = 'unexpected-offset'
        break
      }
      if (batchEpoch > limits.leaderEpoch) {
        result.refusal = 'unexpected-epoch'
        break
      }
      doubtfulAt = hasGap || batchEpoch > epoch ? at : -1
      const { active } = segments
      const timestamp = Math.max(runTimestamp, batch.maxTimestamp(view, at))
      if (this.#mustRoll(active, active.size + at - runFrom, size, lastOffset, timestamp)) {
        this.#write(bytes, view, runFrom, at)
        this.#roll(Math.max(this.#logEndOffset, lastOffset - relativeOffsetMax))
        runFrom = at
      }
      runTimestamp = timestamp
      nextOffset = lastOffset + 1
      epoch = batchEpoch
    }
    this.#write(bytes, view, runFrom, at)
    result.byteCount = at - from
    return result
  }

  #check(
    bytes: Uint8Array,
    view: DataView,
    at: number,
    to: number,
    origin: Origin,
    nowMs: number,
    producers: ProducerState,
  ): number {
    producers.duplicate = undefined
    const { crc32c, decompress } = this.#env
    const errorCode = validateBatch(bytes, view, at, to, this.#config, origin, nowMs, crc32c)
    if (errorCode !== 0) return errorCode
    if (this.#looksInside) {
      const refused = refusedRecords(bytes, view, at, this.#config, nowMs, decompress)
      if (refused.errorCode !== 0) return refused.errorCode
    }
    return batch.producerId(view, at) < 0 ? 0 : producers.check(view, at, origin)
  }

  #refuse(errorCode: number): LeaderAppend {
    const result = this.#leaderAppend
    result.errorCode = errorCode
    result.baseOffset = -1
    result.lastOffset = -1
    return result
  }

  #again(original: RememberedBatch, isLogAppendTime: boolean): LeaderAppend {
    const result = this.#leaderAppend
    result.errorCode = 0
    result.isDuplicate = true
    result.baseOffset = original.baseOffset
    result.lastOffset = original.lastOffset
    if (isLogAppendTime) result.logAppendTime = original.timestamp
    return result
  }

  /** Writes good batches to the end of the active segment. */
  #write(bytes: Uint8Array, view: DataView, from: number, to: number): void {
    if (from === to) return
    const { active } = this.#opened().segments
    active.write(bytes, from, to)
    for (let at = from; at < to; at += batch.sizeInBytes(view, at)) this.#added(active, bytes, view, at)
  }

  /** The batch at `at` is in the log now, at the end of `segment`. */
  #added(segment: Segment, bytes: Uint8Array, view: DataView, at: number): void {
    const epoch = batch.partitionLeaderEpoch(view, at)
    if (epoch >= 0) this.#epochs.assign(epoch, batch.baseOffset(view, at))
    if (batch.producerId(view, at) >= 0) this.#opened().producers.note(bytes, view, at)
    segment.added(view, at, this.#config.indexIntervalBytes)
    this.#logEndOffset = batch.lastOffset(view, at) + 1
  }

  // ── read ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Batches of one segment, from the one that holds `fetchOffset` on: none that holds `limitOffset` or lies behind it,
   * and no more than `maxBytes`, save that the first one comes whole where `atLeastOneBatch`. The last one may be cut
   * off. Empty where the offset is not in the log: whether that is an error is the caller's matter.
   */
  read(fetchOffset: number, maxBytes: number, limitOffset: number, atLeastOneBatch: boolean): FileSlice {
    const limit = Math.min(limitOffset, this.#logEndOffset)
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
    if (place.batchOffset > offset) segments.checkGap(place, this.#logEndOffset)
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
    return this.#epochs.latestEpoch
  }

  /** Epochs that have no record here any more, or never had, are not for a follower to speak of: its leader may have none of them. */
  forgetEmptyEpochs(): void {
    const isEmpty = this.#logStartOffset === this.#logEndOffset
    if (this.#epochs.latestEpoch >= 0) this.#epochs.truncateFromEnd(isEmpty ? 0 : this.#logEndOffset)
  }

  /** A leader of `epoch` writes from `startOffset` on. */
  assignEpoch(epoch: number, startOffset: number): void {
    this.#epochs.assign(epoch, startOffset)
  }

  /** Where the largest known epoch up to `epoch` ends. */
  endOffsetForEpoch(epoch: number): EpochEnd {
    return this.#epochs.endOffsetFor(epoch, this.#logEndOffset)
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
    const { segments, snapshots, producers } = this.#opened()
    // First, as it may be refused: nothing has changed then.
    if (offset < this.#logEndOffset) this.#lowerRecoveryPoint(Math.min(offset, segments.place(offset).batchOffset))
    // Also where no record goes: an epoch may have begun at the log end (KAFKA-10706).
    this.#epochs.truncateFromEnd(offset)
    if (offset >= this.#logEndOffset) return this.#logEndOffset
    if (offset < this.#logStartOffset) {
      this.truncateFullyAndStartAt(offset)
      return offset
    }
    segments.truncateTo(offset)
    const { endOffset } = segments.active
    if (endOffset < this.#logStartOffset) this.truncateFullyAndStartAt(this.#logStartOffset)
    else {
      this.#endsAt(endOffset)
      loadProducers(producers, snapshots, segments, endOffset)
    }
    return this.#logEndOffset
  }

  /** Drops everything: what comes next begins at `offset`. */
  truncateFullyAndStartAt(offset: number): void {
    const { segments, snapshots, producers } = this.#opened()
    this.#lowerRecoveryPoint(offset)
    segments.keepFirst(0)
    segments.add(offset)
    snapshots.removeAll()
    producers.clear()
    this.#epochs.clear()
    this.#logStartOffset = offset
    this.#endsAt(offset)
  }

  /** Hides the records before `offset`. Their segments go with the next `deleteOldSegments`. */
  advanceLogStartOffset(offset: number): void {
    if (offset <= this.#logStartOffset) return
    assert(offset <= this.#logEndOffset, 'a log start behind the log end')
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
    const { segments, snapshots } = this.#opened()
    let excessBytes = segments.sizeInBytes - retention.retentionBytes
    let count = 0
    for (const segment of segments.all) {
      const endOffset = segments.all[count + 1]?.baseOffset ?? this.#logEndOffset
      // Of a segment that compaction emptied the batches still have their times.
      const timestamp = segment.maxTimestamp >= 0 ? segment.maxTimestamp : segment.firstTimestamp
      const isTooOld = timestamp >= 0 && retention.nowMs - timestamp > retention.retentionMs
      const isTooMuch = excessBytes >= segment.size
      const isHidden = endOffset <= this.#logStartOffset
      if (segment.size === 0 || endOffset > retention.highWatermark || !(isTooOld || isTooMuch || isHidden)) break
      excessBytes -= segment.size
      count++
    }
    if (count === 0) return 0
    if (count === segments.all.length) this.#roll(this.#logEndOffset)
    // First, as the disk may refuse to remove what is left out from now on.
    this.advanceLogStartOffset(segments.all[count]!.baseOffset)
    segments.removeFirst(count)
    snapshots.removeBefore(segments.oldest.baseOffset)
    return count
  }

  // ── compact ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** What a compaction works on, over several turns: as long as `holds` says so, and its `cuts` stay the same. */
  get content(): Content {
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
    this.#epochs.save(this.#logEndOffset)
    if (this.#content === undefined) return
    const { segments } = this.#content
    this.#seal(segments.active)
    this.flush()
    segments.close()
    this.#content = undefined
  }

  /** Lets go of the files without a word to them: the directory is about to be removed, or the disk has failed. */
  abandon(): void {
    if (this.#content === undefined) return
    this.#content.segments.abandon()
    this.#content = undefined
    this.#highWatermarkBefore = this.highWatermark
  }

  /** Epochs go to the disk first: the recovery point must not overtake them. */
  #unsynced(): DiskFile[] {
    if (this.#content === undefined || this.#recoveryPoint === this.#logEndOffset) return []
    this.#epochs.save(this.#logEndOffset)
    this.#flushingTo = this.#logEndOffset
    const files = this.#content.segments.from(this.#recoveryPoint).flatMap((segment) => segment.unsynced())
    // A log that has lost its topic's id counts as another topic's, and is removed with all its records.
    const named = this.#isNameSynced ? undefined : topicIdFile(this.#env.disk, this.directory)
    this.#isNameSynced = true
    return named === undefined ? files : [...files, named]
  }

  /** Whether a batch has to go to a new segment; `filled` is what the active one has by then. */
  #mustRoll(active: Segment, filled: number, bytes: number, lastOffset: number, timestamp: number): boolean {
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
  #roll(baseOffset: number): void {
    const { segments } = this.#opened()
    const { active } = segments
    if (active.size > 0) this.#seal(active)
    else segments.keepFirst(segments.all.length - 1)
    segments.add(baseOffset)
  }

  /** The segment ends at the log end, and the next one begins there. */
  #seal(segment: Segment): void {
    const { snapshots, producers } = this.#opened()
    segment.seal()
    snapshots.save(this.#logEndOffset, producers.entries())
  }

  /** The log was cut at `offset`. */
  #endsAt(offset: number): void {
    this.#logEndOffset = offset
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
      this.onRecoveryPointLowered?.()
    } catch (error) {
      this.#recoveryPoint = before
      throw error
    }
  }

  /** Nothing was in it at the last stop, and nobody has used it since. */
  get #isUntouched(): boolean {
    return this.#content === undefined && this.#logEndOffset === 0
  }

  #opened(): Content {
    return this.#content ?? this.#open()
  }

  #open(): Content {
    const { disk, crc32c } = this.#env
    const names = finishSwaps(disk, this.directory, disk.list(this.directory))
    const segments = new Segments(disk, this.directory, names, this.#logStartOffset)
    const snapshots = new ProducerSnapshots(disk, this.directory, names, crc32c)
    const content: Content = { segments, snapshots, producers: new ProducerState() }
    this.#content = content
    const logEndOffset = this.#logEndOffset
    try {
      const { active } = segments
      const isAsLeft = this.#isClean && active.isSound && active.endOffset === this.#logEndOffset
      if (isAsLeft) loadProducers(content.producers, snapshots, segments, this.#logEndOffset)
      else this.#recover(content)
    } catch (error) {
      segments.abandon()
      this.#content = undefined
      this.#logEndOffset = logEndOffset
      throw error
    }
    this.#logStartOffset = Math.max(this.#logStartOffset, segments.oldest.baseOffset)
    this.highWatermark = Math.max(this.highWatermark, this.#logStartOffset)
    return content
  }

  /**
   * Reads everything behind the recovery point and keeps it up to the first batch that is not sound. What was added to
   * the indexes since then is built anew on the way. Before the recovery point nothing is read but what it takes to know
   * the producers.
   */
  #recover({ segments, snapshots, producers }: Content): void {
    // Damage before the log start must not cost what comes after it.
    const safeOffset = Math.max(this.#recoveryPoint, this.#logStartOffset)
    const index = segments.indexOf(safeOffset)
    const segment = segments.all[index]!
    const from = recoveryPosition(segment, safeOffset, this.#logStartOffset, this.#env.crc32c)
    this.#logEndOffset = segment.batchOffsetAt(from)
    this.#epochs.truncateFromEnd(this.#logEndOffset)
    loadProducers(producers, snapshots, segments, this.#logEndOffset)
    const bytes = scanFrom(segments, index, from, {
      crc32c: this.#env.crc32c,
      epoch: this.#epochs.latestEpoch,
      batch: (segment, { bytes, view, at }) => this.#added(segment, bytes, view, at),
      end: (segment) => this.#seal(segment),
    })
    const offset = this.#logEndOffset
    const highWatermark = this.#highWatermarkBefore
    const isDamaged = offset < highWatermark || bytes > 0 || offset < safeOffset
    if (isDamaged) this.damage = offset < highWatermark ? { offset, bytes, highWatermark } : { offset, bytes }
    this.highWatermark = Math.min(highWatermark, offset)
    if (this.#logEndOffset < this.#logStartOffset) this.truncateFullyAndStartAt(this.#logStartOffset)
    else this.#endsAt(this.#logEndOffset)
    if (isDamaged) this.onDamageFound?.()
  }
}

/** What the files of a log hold. */
export interface Content {
  readonly segments: Segments
  readonly producers: ProducerState
  readonly snapshots: ProducerSnapshots
}
