// One partition's replica on one broker: a row of segments, of which the last is written to. Everything is synchronous.
//
// Who knows what: the segments know offsets, times and bytes, the epoch cache which leader wrote them, the producer state
// which producers. All of it changes in one place, `#added`, for leaders, followers and recovery alike.
//
// After a clean stop opening reads nothing at all; the first use lists the directory and looks at the log's tail.

import { assert } from '../../base/assert.ts'
import type { Uuid } from '../../base/uuid.ts'
import { errors } from '../../protocol/errors.ts'
import * as batch from '../../records/batch.ts'
import { readEndMarker } from '../../records/control.ts'
import {
  mustLookInside,
  type Origin,
  type RefusedRecords,
  refusedRecords,
  validateBatch,
} from '../../records/validate.ts'
import { type BatchWalk, scanning } from './batch-walk.ts'
import { EpochCache, type EpochEnd } from './epoch-cache.ts'
import { offsetOfFileName } from './file-names.ts'
import { emptySlice, FileSlice } from './file-slice.ts'
import type { LogConfig } from './log-config.ts'
import type { LogEnv } from './log-env.ts'
import { offsetEntryBytes } from './offset-index.ts'
import { readTopicId } from './partition-metadata.ts'
import { ProducerSnapshots } from './producer-snapshots.ts'
import { ProducerState } from './producer-state.ts'
import { RecentPlaces } from './recent-places.ts'
import { Segment } from './segment.ts'
import { findMaxTimestamp, findTimestamp, type TimestampedOffset } from './time-search.ts'

/** What the broker's checkpoints say of a log that it finds at its start. */
export interface LogStart {
  /** Whether the broker stopped in an orderly way: then the recovery point is the log end. */
  readonly isClean: boolean
  /** Everything before this offset is safely on disk. */
  readonly recoveryPoint: number
  readonly logStartOffset: number
  readonly highWatermark: number
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
  refusal: 'corrupt-batch' | 'unexpected-offset' | 'stale-epoch' | undefined
}

/** Where a batch begins: in the segment of that base offset, at that byte of its file. */
export interface Place {
  readonly segmentBase: number
  readonly position: number
}

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
  readonly #env: LogEnv
  readonly #isClean: boolean
  readonly #epochs: EpochCache
  readonly #places = new RecentPlaces()
  /** The segment that is written to. Undefined until first used; what follows is made along with it. */
  #active: Segment | undefined
  /** Ascending; the active one is the last. */
  #segments: Segment[] = []
  #producers!: ProducerState
  #snapshots!: ProducerSnapshots
  #config: LogConfig
  #looksInside: boolean
  #logStartOffset: number
  #logEndOffset: number
  #recoveryPoint: number
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
    this.#logEndOffset = Math.max(start.recoveryPoint, start.logStartOffset)
    this.highWatermark = Math.min(start.highWatermark, this.#logEndOffset)
  }

  /** The log in a directory that exists. Recovers it first where the broker was not stopped in an orderly way. */
  static open(env: LogEnv, directory: string, config: LogConfig, start: LogStart = emptyLogStart): PartitionLog {
    const log = new PartitionLog(env, directory, config, start)
    if (!start.isClean) log.#open()
    return log
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
    return readTopicId(this.#env.disk, this.directory)
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

  get sizeInBytes(): number {
    this.#opened()
    return this.#segments.reduce((sum, segment) => sum + segment.size, 0)
  }

  get activeSegmentBase(): number {
    return this.#opened().baseOffset
  }

  get activeSegmentSize(): number {
    return this.#opened().size
  }

  /** The segment that holds `offset` and all behind it: what a follower reads of a leader's files. */
  segmentsFrom(offset: number): SegmentSize[] {
    this.#opened()
    return this.#segments
      .slice(this.#segmentIndexOf(offset))
      .map((segment) => ({ baseOffset: segment.baseOffset, sizeInBytes: segment.size }))
  }

  // ── append ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /**
   * Appends the batches in bytes[from, to): checks them, gives them their offsets and epoch in place, writes them as they
   * are. A client may bring one batch at a time. Where the answer has an error code, nothing was appended.
   */
  appendAsLeader(bytes: Uint8Array, view: DataView, from: number, to: number, context: AppendContext): LeaderAppend {
    const active = this.#opened()
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
      const errorCode = this.#check(bytes, view, at, to, origin, nowMs)
      if (errorCode !== 0) return this.#refuse(errorCode)
      const { duplicate } = this.#producers
      if (duplicate !== undefined) {
        result.errorCode = 0
        result.isDuplicate = true
        result.baseOffset = duplicate.baseOffset
        result.lastOffset = duplicate.lastOffset
        if (isLogAppendTime) result.logAppendTime = duplicate.timestamp
        return result
      }
      if (isLogAppendTime) batch.stampLogAppendTime(bytes, view, at, nowMs, this.#env.crc32c)
      batch.stampPlace(view, at, offset, leaderEpoch)
      offset += batch.lastOffsetDelta(view, at) + 1
      maxTimestamp = Math.max(maxTimestamp, batch.maxTimestamp(view, at))
    }
    if (to - from > this.#config.segmentBytes) return this.#refuse(errors.RECORD_LIST_TOO_LARGE)

    const baseOffset = this.#logEndOffset
    const mustRoll = this.#mustRoll(active, active.size, to - from, offset - 1, maxTimestamp)
    const segment = mustRoll ? this.#roll(baseOffset) : active
    segment.write(bytes, from, to)
    for (let at = from; at < to; at += batch.sizeInBytes(view, at)) this.#added(segment, bytes, view, at)

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
  appendAsFollower(bytes: Uint8Array, view: DataView, from: number, to: number): FollowerAppend {
    this.#opened()
    const result = this.#followerAppend
    result.refusal = undefined
    let nextOffset = this.#logEndOffset
    let epoch = this.#epochs.latestEpoch
    let runFrom = from
    let runTimestamp = -1
    let at = from
    for (; to - at >= batch.batchHeaderBytes; at += batch.sizeInBytes(view, at)) {
      const size = batch.sizeInBytes(view, at)
      const isBatch = size >= batch.batchHeaderBytes && batch.magic(view, at) === batch.batchMagic
      if (isBatch && size > to - at) break
      if (!isBatch || !batch.hasValidCrc(bytes, view, at, this.#env.crc32c) || batch.lastOffsetDelta(view, at) < 0) {
        result.refusal = 'corrupt-batch'
        break
      }
      // Compaction leaves holes, so a batch may lie behind the log end, but never before it.
      if (batch.baseOffset(view, at) < nextOffset) {
        result.refusal = 'unexpected-offset'
        break
      }
      if (batch.partitionLeaderEpoch(view, at) < epoch) {
        result.refusal = 'stale-epoch'
        break
      }
      const timestamp = Math.max(runTimestamp, batch.maxTimestamp(view, at))
      const active = this.#active!
      if (this.#mustRoll(active, active.size + at - runFrom, size, batch.lastOffset(view, at), timestamp)) {
        this.#addRun(bytes, view, runFrom, at)
        this.#roll(batch.baseOffset(view, at))
        runFrom = at
      }
      runTimestamp = timestamp
      nextOffset = batch.lastOffset(view, at) + 1
      epoch = batch.partitionLeaderEpoch(view, at)
    }
    this.#addRun(bytes, view, runFrom, at)
    result.byteCount = at - from
    return result
  }

  #check(bytes: Uint8Array, view: DataView, at: number, to: number, origin: Origin, nowMs: number): number {
    this.#producers.duplicate = undefined
    const { crc32c, decompress } = this.#env
    const errorCode = validateBatch(bytes, view, at, to, this.#config, origin, nowMs, crc32c)
    if (errorCode !== 0) return errorCode
    if (this.#looksInside) {
      const refused = refusedRecords(bytes, view, at, this.#config, nowMs, decompress)
      if (refused.errorCode !== 0) return refused.errorCode
    }
    return batch.producerId(view, at) < 0 ? 0 : this.#producers.check(view, at, origin)
  }

  #refuse(errorCode: number): LeaderAppend {
    const result = this.#leaderAppend
    result.errorCode = errorCode
    result.baseOffset = -1
    result.lastOffset = -1
    return result
  }

  #addRun(bytes: Uint8Array, view: DataView, from: number, to: number): void {
    if (from === to) return
    const active = this.#active!
    active.write(bytes, from, to)
    for (let at = from; at < to; at += batch.sizeInBytes(view, at)) this.#added(active, bytes, view, at)
  }

  /** The batch at `at` is in the log now, at the end of `segment`. */
  #added(segment: Segment, bytes: Uint8Array, view: DataView, at: number): void {
    const epoch = batch.partitionLeaderEpoch(view, at)
    if (epoch >= 0) this.#epochs.assign(epoch, batch.baseOffset(view, at))
    if (batch.producerId(view, at) >= 0) this.#noteProducer(bytes, view, at)
    segment.added(view, at, this.#config.indexIntervalBytes)
    this.#logEndOffset = batch.lastOffset(view, at) + 1
  }

  #noteProducer(bytes: Uint8Array, view: DataView, at: number): void {
    if (batch.isControl(view, at)) {
      const marker = readEndMarker(bytes, view, at)
      if (marker !== undefined) this.#producers.end(view, at, marker.coordinatorEpoch)
    } else this.#producers.update(view, at)
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
    this.#opened()
    for (let index = this.#segmentIndexOf(fetchOffset); index < this.#segments.length; index++) {
      const segment = this.#segments[index]!
      const from = this.#positionIn(segment, fetchOffset)
      if (from === segment.size) continue // Compaction emptied the segment's end.
      const available = this.#limitPosition(index, limit) - from
      if (available <= 0) return emptySlice
      const firstBytes = atLeastOneBatch && maxBytes < available ? segment.batchSizeAt(from) : 0
      const byteLength = Math.min(available, Math.max(maxBytes, firstBytes))
      return byteLength <= 0 ? emptySlice : new FileSlice(segment.file, from, byteLength)
    }
    return emptySlice
  }

  /** Where the batch that holds `offset` begins; the end of the log's last file for the log end. */
  place(offset: number): Place {
    const active = this.#opened()
    if (offset >= this.#logEndOffset) {
      this.#places.add(this.#logEndOffset, active.size)
      return { segmentBase: active.baseOffset, position: active.size }
    }
    const index = this.#segmentIndexOf(offset)
    const segment = this.#segments[index]!
    const position = this.#positionIn(segment, offset)
    const next = this.#segments[index + 1]
    if (position === segment.size && next !== undefined) return { segmentBase: next.baseOffset, position: 0 }
    return { segmentBase: segment.baseOffset, position }
  }

  /** The first record as late as `timestamp`; undefined where none is. */
  offsetForTimestamp(timestamp: number): TimestampedOffset | undefined {
    this.#opened()
    return findTimestamp(this.#segments, timestamp, this.#logStartOffset, this.#env.decompress)
  }

  /** The record with the latest time; undefined where the log is empty or no record has a time. */
  offsetOfMaxTimestamp(): TimestampedOffset | undefined {
    this.#opened()
    return findMaxTimestamp(this.#segments, this.#env.decompress)
  }

  #limitPosition(index: number, limit: number): number {
    const segment = this.#segments[index]!
    const next = this.#segments[index + 1]
    return next !== undefined && limit >= next.baseOffset ? segment.size : this.#positionIn(segment, limit)
  }

  #positionIn(segment: Segment, offset: number): number {
    if (offset <= segment.baseOffset) return 0
    if (segment !== this.#active) return segment.find(offset)
    const known = this.#places.find(offset)
    if (known >= 0) return known
    const position = offset === this.#logEndOffset ? segment.size : segment.find(offset)
    this.#places.add(offset, position)
    return position
  }

  /** Index of the segment that holds `offset`: the last one that begins at or before it. */
  #segmentIndexOf(offset: number): number {
    const segments = this.#segments
    let low = 0
    let high = segments.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (segments[middle]!.baseOffset <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  // ── epochs ────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** -1 while no leader has written. */
  get latestEpoch(): number {
    return this.#epochs.latestEpoch
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
    this.#opened()
    return this.#producers.firstOpenOffset
  }

  /** Forgets producers that wrote nothing since `beforeMs`. */
  expireProducers(beforeMs: number): void {
    if (this.#active !== undefined) this.#producers.expire(beforeMs)
  }

  // ── shorten ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Drops the batch that holds `offset` and all behind it. Returns the new log end. */
  truncateTo(offset: number): number {
    this.#opened()
    // Also where no record goes: an epoch may have begun at the log end (KAFKA-10706).
    this.#epochs.truncateFromEnd(offset)
    if (offset >= this.#logEndOffset) return this.#logEndOffset
    if (offset < this.#logStartOffset) {
      this.truncateFullyAndStartAt(offset)
      return offset
    }
    const index = this.#segmentIndexOf(offset)
    const segment = this.#segments[index]!
    const position = segment.find(offset)
    const endOffset = Math.min(offset, segment.batchOffsetAt(position))
    if (endOffset < this.#logStartOffset) {
      this.truncateFullyAndStartAt(this.#logStartOffset)
      return this.#logStartOffset
    }
    for (const later of this.#segments.splice(index + 1)) later.remove()
    segment.truncate(position, endOffset)
    this.#active = segment
    this.#endsAt(endOffset)
    this.#loadProducers()
    return endOffset
  }

  /** Drops everything: what comes next begins at `offset`. */
  truncateFullyAndStartAt(offset: number): void {
    this.#opened()
    for (const segment of this.#segments.splice(0)) segment.remove()
    this.#epochs.clear()
    this.#snapshots.removeAll()
    this.#producers.clear()
    this.#logStartOffset = offset
    this.#active = this.#newSegment(offset)
    this.#endsAt(offset)
  }

  /** Hides the records before `offset`. Their segments go with the next `deleteOldSegments`. */
  advanceLogStartOffset(offset: number): void {
    if (offset <= this.#logStartOffset) return
    assert(offset <= this.#logEndOffset, 'a log start behind the log end')
    this.#logStartOffset = offset
    this.#epochs.truncateFromStart(offset)
  }

  /**
   * Removes the oldest segments as long as they are hidden, too old or too much, and wholly below the high watermark.
   * Returns how many went.
   */
  deleteOldSegments(retention: Retention): number {
    const active = this.#opened()
    const segments = this.#segments
    let excessBytes = this.sizeInBytes - retention.retentionBytes
    let count = 0
    for (; count < segments.length; count++) {
      const segment = segments[count]!
      const endOffset = segments[count + 1]?.baseOffset ?? this.#logEndOffset
      const isTooOld = segment.maxTimestamp >= 0 && retention.nowMs - segment.maxTimestamp > retention.retentionMs
      const isTooMuch = excessBytes >= segment.size
      const isHidden = endOffset <= this.#logStartOffset
      if (segment.size === 0 || endOffset > retention.highWatermark || !(isTooOld || isTooMuch || isHidden)) break
      excessBytes -= segment.size
    }
    if (count === 0) return 0
    if (count === segments.length) this.#roll(this.#logEndOffset)
    for (const segment of segments.splice(0, count)) segment.remove()
    const oldest = segments[0] ?? active
    this.advanceLogStartOffset(oldest.baseOffset)
    this.#snapshots.removeBefore(oldest.baseOffset)
    return count
  }

  // ── on disk ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Returns once all that is in the log would survive a power loss. */
  flush(): void {
    if (this.#active === undefined) return
    if (this.#recoveryPoint < this.#logEndOffset) {
      const first = this.#segmentIndexOf(this.#recoveryPoint)
      for (let index = first; index < this.#segments.length; index++) this.#segments[index]!.sync()
    }
    this.#epochs.save()
    this.#recoveryPoint = this.#logEndOffset
  }

  /** Flushes and lets go of everything. The log is not to be used again. */
  close(): void {
    this.#epochs.save()
    if (this.#active === undefined) return
    this.#seal(this.#active)
    this.flush()
    for (const segment of this.#segments.splice(0)) segment.close()
    this.#active = undefined
  }

  /** Lets go of the files without a word to them: the directory is about to be removed, or the disk has failed. */
  abandon(): void {
    for (const segment of this.#segments.splice(0)) segment.abandon()
    this.#active = undefined
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
  #roll(baseOffset: number): Segment {
    const active = this.#active!
    if (active.size > 0) this.#seal(active)
    else this.#segments.pop()!.remove()
    this.#active = this.#newSegment(baseOffset)
    return this.#active
  }

  /** The segment ends at the log end, and the next one begins there. */
  #seal(segment: Segment): void {
    segment.seal()
    this.#snapshots.save(this.#logEndOffset, this.#producers.entries())
  }

  #newSegment(baseOffset: number): Segment {
    const segment = new Segment(this.#env.disk, this.directory, baseOffset)
    segment.create()
    this.#segments.push(segment)
    this.#places.clear()
    return segment
  }

  /** The log was cut at `offset`. */
  #endsAt(offset: number): void {
    this.#logEndOffset = offset
    this.highWatermark = Math.min(this.highWatermark, offset)
    this.#places.clear()
    if (offset >= this.#recoveryPoint) return
    this.#recoveryPoint = offset
    this.onRecoveryPointLowered?.()
  }

  /** The active segment, with all that is known of the log behind it. */
  #opened(): Segment {
    return this.#active ?? this.#open()
  }

  #open(): Segment {
    const { disk, crc32c } = this.#env
    const names = disk.list(this.directory)
    const bases = names.map((name) => offsetOfFileName(name, '.log')).filter((base) => base !== undefined)
    this.#producers = new ProducerState()
    this.#snapshots = new ProducerSnapshots(disk, this.directory, crc32c)
    this.#snapshots.open(names, new Set(bases))
    this.#segments = bases.map((base) => new Segment(disk, this.directory, base))
    if (this.#segments.length === 0) this.#newSegment(this.#logStartOffset)
    const last = this.#segments.at(-1)!
    this.#active = last
    const isAsLeft = this.#isClean && last.isSound && last.endOffset === this.#logEndOffset
    if (isAsLeft) this.#loadProducers()
    else this.#recover()
    this.#logStartOffset = Math.max(this.#logStartOffset, this.#segments[0]!.baseOffset)
    return this.#active
  }

  /**
   * Reads everything behind the recovery point and keeps it up to the first batch that is not sound. What was added to
   * the indexes since then is built anew on the way. Before the recovery point nothing is read but what it takes to know
   * the producers.
   */
  #recover(): void {
    const segments = this.#segments
    let index = this.#segmentIndexOf(this.#recoveryPoint)
    let from = segments[index]!.recoveryPosition(this.#recoveryPoint)
    this.#logEndOffset = segments[index]!.batchOffsetAt(from)
    this.#epochs.truncateFromEnd(this.#logEndOffset)
    this.#loadProducers()
    for (; index < segments.length; index++) {
      const segment = segments[index]!
      const fileBytes = segment.size
      segment.rewind(from)
      const walk = scanning(segment.file, from, fileBytes)
      while (walk.next() && this.#isSound(walk)) this.#added(segment, walk.bytes, walk.view, walk.at)
      if (segment.size < fileBytes) break
      if (segment !== segments.at(-1)) this.#seal(segment)
      from = 0
    }
    const bytes = index < segments.length ? this.#cutOff(index) : 0
    if (bytes > 0 || this.#logEndOffset < this.#recoveryPoint) this.damage = { offset: this.#logEndOffset, bytes }
    this.#active = segments.at(-1)!
    if (this.#logEndOffset < this.#logStartOffset) this.truncateFullyAndStartAt(this.#logStartOffset)
    this.#endsAt(this.#logEndOffset)
  }

  #isSound(walk: BatchWalk): boolean {
    return (
      walk.loadBody() &&
      batch.hasValidCrc(walk.bytes, walk.view, walk.at, this.#env.crc32c) &&
      batch.baseOffset(walk.view, walk.at) >= this.#logEndOffset &&
      batch.lastOffsetDelta(walk.view, walk.at) >= 0
    )
  }

  /** Drops what lies behind the sound part of a segment, and all segments after it. Returns how much that was. */
  #cutOff(index: number): number {
    const segment = this.#segments[index]!
    const later = this.#segments.splice(index + 1)
    const bytes = later.reduce((sum, one) => sum + one.size, segment.file.size - segment.size)
    segment.file.truncate(segment.size)
    for (const one of later) one.remove()
    return bytes
  }

  /** Brings the producer state to the log end: from the newest snapshot on, header by header. */
  #loadProducers(): void {
    const snapshot = this.#snapshots.latest(this.#logEndOffset)
    this.#producers.restore(snapshot?.entries ?? [])
    const from = Math.max(snapshot?.offset ?? 0, this.#segments[0]!.baseOffset)
    if (from >= this.#logEndOffset) return
    for (let index = this.#segmentIndexOf(from); index < this.#segments.length; index++) {
      const segment = this.#segments[index]!
      const walk = scanning(segment.file, from <= segment.baseOffset ? 0 : segment.find(from), segment.size)
      while (walk.next() && batch.baseOffset(walk.view, walk.at) < this.#logEndOffset) {
        if (batch.producerId(walk.view, walk.at) < 0 || batch.lastOffset(walk.view, walk.at) < from) continue
        if (batch.isControl(walk.view, walk.at)) walk.loadBody()
        this.#noteProducer(walk.bytes, walk.view, walk.at)
      }
    }
  }
}
