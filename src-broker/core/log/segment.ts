import type { Disk, DiskFile } from '../../base/disk.ts'
import * as batch from '../../records/batch.ts'
import { CorruptBatch } from '../../records/corrupt-batch.ts'
import { lookupWalk } from './batch-walk.ts'
import { offsetFileName, segmentFileKinds } from './file-names.ts'
import { type OffsetEntry, OffsetIndex } from './offset-index.ts'
import { TimeIndex } from './time-index.ts'

const noBytes = new Uint8Array(0)

/** One file of a partition's log, with its two indexes. They are looked into when they are needed, not before. */
export class Segment {
  readonly baseOffset: number
  readonly file: DiskFile
  readonly offsets: OffsetIndex
  readonly times: TimeIndex
  /** Bytes of whole batches. The file may be longer after a write that failed half-way; the next one goes over it. */
  size: number
  readonly #disk: Disk
  readonly #directory: string
  readonly #suffix: string
  /** What the end of the segment says; undefined until looked at. */
  #tail: Tail | undefined
  /** Time of the first batch, from which the age of the segment counts, whether or not it has records; undefined until looked at. */
  #firstTimestamp: number | undefined

  /** The suffix marks a segment that is being made and is no part of the log yet. */
  constructor(disk: Disk, directory: string, baseOffset: number, suffix = '') {
    this.#disk = disk
    this.#directory = directory
    this.#suffix = suffix
    this.baseOffset = baseOffset
    this.file = disk.open(this.#path('.log'))
    this.offsets = new OffsetIndex(disk.open(this.#path('.index')), baseOffset)
    this.times = new TimeIndex(disk.open(this.#path('.timeindex')), baseOffset)
    this.size = this.file.size
  }

  /** Offset after the last record. */
  get endOffset(): number {
    return this.#loadedTail().endOffset
  }

  /** The latest time of a record; -1 where none has one. */
  get maxTimestamp(): number {
    return this.#loadedTail().maxTimestamp
  }

  /** The last offset of the batch that brought the latest time. */
  get maxTimestampOffset(): number {
    return this.#loadedTail().maxTimestampOffset
  }

  /** -1 where the segment is empty or its first batch has no time. */
  get firstTimestamp(): number {
    if (this.#firstTimestamp === undefined && this.size > 0) {
      lookupWalk.start(this.file, 0, this.size)
      this.#firstTimestamp = lookupWalk.next() ? batch.maxTimestamp(lookupWalk.view, lookupWalk.at) : -1
    }
    return this.#firstTimestamp ?? -1
  }

  /**
   * Makes the file, empty as it is: its name keeps the log end where all records before it are gone. Indexes of that name
   * are what a crash left of another segment.
   */
  create(): void {
    this.file.write(noBytes, 0, 0, 0)
    this.truncateIndexes(this.baseOffset)
  }

  /** Writes bytes[from, to) at the end. They count only once each batch of them was `added`. */
  write(bytes: Uint8Array, from: number, to: number): void {
    this.file.write(bytes, from, to, this.size)
  }

  /** Takes note of the batch at `at`, which now lies at the end of the segment. */
  added(view: DataView, at: number, indexIntervalBytes: number): void {
    const tail = this.#loadedTail()
    const lastOffset = batch.lastOffset(view, at)
    const bytes = batch.sizeInBytes(view, at)
    if (this.size === 0) this.#firstTimestamp = batch.maxTimestamp(view, at)
    tail.note(lastOffset, latestRecord(view, at))
    if (tail.bytesSinceIndexEntry > indexIntervalBytes) {
      this.offsets.append(lastOffset, this.size)
      this.times.append(tail.maxTimestamp, tail.maxTimestampOffset)
      tail.bytesSinceIndexEntry = 0
    }
    tail.bytesSinceIndexEntry += bytes
    this.size += bytes
  }

  /** Position of the batch that holds `offset`, or of the first one behind it; the segment's size where there is none. */
  find(offset: number): number {
    const walk = lookupWalk
    for (let isThere = this.#seek(this.offsets.lookup(offset)); isThere; isThere = walk.next()) {
      // One that begins there is the one, also where a rotten header says that it ends before.
      if (batch.lastOffset(walk.view, walk.at) >= offset || batch.baseOffset(walk.view, walk.at) >= offset) {
        return walk.position
      }
    }
    if (walk.position !== this.size) throw new CorruptBatch(`no way to offset ${offset} in ${this.file.path}`)
    return this.size
  }

  /** Position of the last batch with an index entry up to `offset`. */
  indexedPosition(offset: number): number {
    return this.#seek(this.offsets.lookup(offset)) ? lookupWalk.position : 0
  }

  /** Of the last batch with an index entry at or before a position. */
  indexedPositionBefore(position: number): number {
    return this.#seek(this.offsets.lookupPosition(position)) ? lookupWalk.position : 0
  }

  /** Whole size of the batch at a position. */
  batchSizeAt(position: number): number {
    lookupWalk.start(this.file, position, this.size)
    return lookupWalk.next() ? lookupWalk.size : 0
  }

  /** Whether the batch at a position ends before the one behind it begins; before `limitOffset` where it is the last one. */
  isInPlace(position: number, limitOffset: number): boolean {
    lookupWalk.start(this.file, position, this.size)
    if (!lookupWalk.next()) return position === this.size
    const lastOffset = batch.lastOffset(lookupWalk.view, lookupWalk.at)
    return lastOffset < (lookupWalk.next() ? batch.baseOffset(lookupWalk.view, lookupWalk.at) : limitOffset)
  }

  /** Position of the first batch with a record at or behind a position where a batch begins. Compaction leaves some without. */
  skipEmptied(position: number): number {
    lookupWalk.start(this.file, position, this.size)
    while (lookupWalk.next()) if (batch.recordCount(lookupWalk.view, lookupWalk.at) > 0) break
    return lookupWalk.position
  }

  /** Base offset of the batch at a position; the end offset where none begins there. */
  batchOffsetAt(position: number): number {
    lookupWalk.start(this.file, position, this.size)
    return lookupWalk.next() ? batch.baseOffset(lookupWalk.view, lookupWalk.at) : this.endOffset
  }

  /** Whether the file ends where its last batch does. */
  get isSound(): boolean {
    return this.#loadedTail().position === this.size
  }

  /** Forgets the index entries of batches that do not end before `offset`. */
  truncateIndexes(offset: number): void {
    this.offsets.truncateTo(offset)
    this.times.truncateTo(offset)
  }

  /** Takes the segment to end at a position for now, as `added` will move it on. The file stays as it is. */
  rewind(position: number): void {
    this.size = position
    this.#tail = undefined
    if (position === 0) {
      this.#firstTimestamp = undefined
      this.truncateIndexes(this.baseOffset)
    }
  }

  /**
   * Cuts the file, where the segment ends. Synced at once: what was cut off must not come back with a power loss, before or amid what
   * is written in its place, which may have the same length.
   */
  cutFile(position = this.size): void {
    this.size = position
    this.file.truncate(position)
    this.file.sync()
  }

  /** Cuts the segment at a position where a batch begins. Everything before it ends before `offset`. */
  truncate(position: number, offset: number): void {
    this.cutFile(position)
    this.truncateIndexes(offset)
    this.#tail = undefined
    if (position === 0) this.#firstTimestamp = undefined
  }

  /**
   * No more will be written: the time index gets its last word, the indexes go to their files, and what a write that failed half-way
   * left is cut off: behind it another segment begins, and a recovery would take it for the log's end.
   */
  seal(): void {
    if (this.file.size > this.size) this.cutFile()
    if (this.size > 0) this.times.append(this.maxTimestamp, this.maxTimestampOffset)
    this.offsets.seal()
    this.times.seal()
  }

  /** The files that have to be synced before the segment would survive a power loss; of the indexes those that changed. */
  unsynced(): DiskFile[] {
    return [this.file, this.offsets.unsynced(), this.times.unsynced()].filter((file) => file !== undefined)
  }

  close(): void {
    this.file.close()
    this.offsets.close()
    this.times.close()
  }

  /** Lets go of the files; what was not written yet is lost. */
  abandon(): void {
    this.file.close()
    this.offsets.abandon()
    this.times.abandon()
  }

  remove(): void {
    this.abandon()
    for (const kind of segmentFileKinds) this.#disk.remove(this.#path(kind))
  }

  /** Sets the walk on the batch an index entry leads to, if the log agrees with it; else on the first. False where there is none. */
  #seek({ lastOffset, position }: OffsetEntry): boolean {
    lookupWalk.start(this.file, position, this.size)
    if (lookupWalk.next() && (position === 0 || batch.lastOffset(lookupWalk.view, lookupWalk.at) === lastOffset)) {
      return true
    }
    if (position === 0) return false
    lookupWalk.start(this.file, 0, this.size)
    return lookupWalk.next()
  }

  /** Reads on from the last index entry: what comes after it is in no index yet. */
  #loadedTail(): Tail {
    if (this.#tail !== undefined) return this.#tail
    const tail = new Tail(this.baseOffset, this.times.lastTimestamp, this.times.lastOffset)
    for (let isThere = this.#seek(this.offsets.lastEntry); isThere; isThere = lookupWalk.next()) {
      const { view, at } = lookupWalk
      tail.note(batch.lastOffset(view, at), latestRecord(view, at))
      tail.bytesSinceIndexEntry += lookupWalk.size
    }
    tail.position = lookupWalk.position
    this.#tail = tail
    return tail
  }

  #path(kind: (typeof segmentFileKinds)[number]): string {
    return `${this.#directory}/${offsetFileName(this.baseOffset, kind)}${this.#suffix}`
  }
}

/** Time of the latest record in a batch; -1 where compaction left none. */
const latestRecord = (view: DataView, at: number): number =>
  batch.recordCount(view, at) === 0 ? -1 : batch.maxTimestamp(view, at)

/** What the next batch has to know of those before it. */
class Tail {
  endOffset: number
  maxTimestamp: number
  maxTimestampOffset: number
  bytesSinceIndexEntry = 0
  /** Where the batches ended when they were read. */
  position = 0

  constructor(endOffset: number, maxTimestamp: number, maxTimestampOffset: number) {
    this.endOffset = endOffset
    this.maxTimestamp = maxTimestamp
    this.maxTimestampOffset = maxTimestampOffset
  }

  note(lastOffset: number, timestamp: number): void {
    this.endOffset = lastOffset + 1
    if (timestamp <= this.maxTimestamp) return
    this.maxTimestamp = timestamp
    this.maxTimestampOffset = lastOffset
  }
}
