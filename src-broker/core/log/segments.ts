import { attempt, type Disk } from '../../base/disk.ts'
import { CorruptBatch } from '../../records/corrupt-batch.ts'
import { offsetOfFileName } from './file-names.ts'
import { emptySlice, FileSlice } from './file-slice.ts'
import { RecentPlaces } from './recent-places.ts'
import { Segment } from './segment.ts'

/** Where a batch begins: in the segment of that base offset, at that byte of its file. */
export interface Place {
  readonly segmentBase: number
  readonly position: number
  /** Base offset of the batch; the log end where none is there yet. */
  readonly batchOffset: number
}

export const emptyPlace: Place = { segmentBase: 0, position: 0, batchOffset: 0 }

/** The segments of one log, ascending. The last one is written to; there is always one. */
export class Segments {
  readonly #disk: Disk
  readonly #directory: string
  readonly #row: Segment[]
  readonly #places = new RecentPlaces()
  /** Counts how often segments went or were cut: whoever works on them over several turns looks whether they are still there. */
  cuts = 0

  /** Those in the partition's directory listing, or a first one at `baseOffset`. */
  constructor(disk: Disk, directory: string, fileNames: readonly string[], baseOffset: number) {
    this.#disk = disk
    this.#directory = directory
    const bases = fileNames.map((name) => offsetOfFileName(name, '.log')).filter((base) => base !== undefined)
    this.#row = withoutLeftovers(bases.map((base) => new Segment(disk, directory, base)))
    if (bases.length === 0) this.add(baseOffset)
  }

  get all(): readonly Segment[] {
    return this.#row
  }

  get oldest(): Segment {
    return this.#row[0]!
  }

  get active(): Segment {
    return this.#row[this.#row.length - 1]!
  }

  get sizeInBytes(): number {
    return this.#row.reduce((sum, segment) => sum + segment.size, 0)
  }

  /** The segment that holds `offset` and all behind it. */
  from(offset: number): readonly Segment[] {
    return this.#row.slice(this.indexOf(offset))
  }

  /** Index of the segment that holds `offset`: the last one that begins at or before it. */
  indexOf(offset: number): number {
    let low = 0
    let high = this.#row.length - 1
    while (low < high) {
      const middle = (low + high + 1) >>> 1
      if (this.#row[middle]!.baseOffset <= offset) low = middle
      else high = middle - 1
    }
    return low
  }

  add(baseOffset: number): Segment {
    const segment = new Segment(this.#disk, this.#directory, baseOffset)
    try {
      segment.create()
    } catch (error) {
      // The next batch may have room in the segment before: this one would stand amid its offsets.
      attempt(() => segment.remove())
      throw error
    }
    this.#row.push(segment)
    this.#places.clear()
    return segment
  }

  /**
   * Keeps the first `count` segments. The newest goes first: a crash on the way leaves a log that ends too late, never
   * one with a hole.
   */
  keepFirst(count: number): void {
    this.cuts++
    while (this.#row.length > count) this.#row.pop()!.remove()
    this.#places.clear()
  }

  /** Removes the oldest, the very oldest first, for the same reason. */
  removeFirst(count: number): void {
    this.cuts++
    for (const segment of this.#row.splice(0, count)) segment.remove()
  }

  /** Cuts off the batch that holds `offset` and all behind it. */
  truncateTo(offset: number): void {
    this.keepFirst(this.indexOf(offset) + 1)
    this.active.truncate(this.active.find(offset), offset)
  }

  /**
   * Batches of one segment, as `PartitionLog.read` describes them. Both offsets are in the log. Does not begin with batches that
   * compaction emptied, where others follow: kafkajs asks for the same offset for ever where it gets nothing else.
   */
  slice(fetchOffset: number, maxBytes: number, limitOffset: number, atLeastOneBatch: boolean): FileSlice {
    for (let index = this.indexOf(fetchOffset); index < this.#row.length; index++) {
      const segment = this.#row[index]!
      const at = this.#position(segment, fetchOffset)
      let from = segment === this.active ? at : segment.skipEmptied(at)
      if (from === segment.size) {
        if (at === segment.size || limitOffset > this.active.baseOffset) continue
        from = at
      }
      const next = this.#row[index + 1]
      const isWithin = next !== undefined && limitOffset >= next.baseOffset
      const available = (isWithin ? segment.size : this.#position(segment, limitOffset)) - from
      const firstBytes = atLeastOneBatch && maxBytes < available ? segment.batchSizeAt(from) : 0
      const byteLength = Math.min(available, Math.max(maxBytes, firstBytes))
      return byteLength <= 0 ? emptySlice : new FileSlice(segment.file, from, byteLength)
    }
    return emptySlice
  }

  /** Where the batch that holds `offset` begins, or the first one behind it; the end of the last file for the log end. */
  place(offset: number): Place {
    const index = this.indexOf(offset)
    const segment = this.#row[index]!
    const position = this.#position(segment, offset)
    const next = this.#row[index + 1]
    return position === segment.size && next !== undefined ? placeIn(next, 0) : placeIn(segment, position)
  }

  /** A gap before a batch may be compaction's. The batch is where it says if it ends before the next one begins. */
  checkGap({ segmentBase, position, batchOffset }: Place, logEndOffset: number): void {
    const index = this.indexOf(segmentBase)
    const segment = this.#row[index]!
    const limit = this.#row[index + 1]?.baseOffset ?? logEndOffset
    if (!segment.isInPlace(position, limit)) {
      throw new CorruptBatch(`no place for offset ${batchOffset} in ${segment.file.path}`)
    }
  }

  /** Lets one segment stand for some that follow each other. `swap` exchanges the files. */
  replace(old: readonly Segment[], swap: () => void): void {
    for (const segment of old) segment.abandon()
    swap()
    const { baseOffset } = old[0]!
    this.#row.splice(this.indexOf(baseOffset), old.length, new Segment(this.#disk, this.#directory, baseOffset))
  }

  close(): void {
    for (const segment of this.#row) segment.close()
  }

  /** Lets go of the files without a word to them. */
  abandon(): void {
    for (const segment of this.#row) segment.abandon()
  }

  #position(segment: Segment, offset: number): number {
    if (offset <= segment.baseOffset) return 0
    if (segment !== this.active) return segment.find(offset)
    const known = this.#places.find(offset)
    if (known >= 0) return known
    const position = offset >= segment.endOffset ? segment.size : segment.find(offset)
    this.#places.add(offset, position)
    return position
  }
}

const placeIn = (segment: Segment, position: number): Place => ({
  segmentBase: segment.baseOffset,
  position,
  batchOffset: segment.batchOffsetAt(position),
})

/**
 * Only the first and the last segment may be empty. Another was made for a batch that the disk refused then, as it did the removal; the
 * next batch had room in the one before, and its offsets are there.
 */
export const isLeftover = (sizeInBytes: number, index: number, count: number): boolean =>
  sizeInBytes === 0 && index > 0 && index < count - 1

function withoutLeftovers(found: readonly Segment[]): Segment[] {
  const isOne = (segment: Segment, index: number): boolean => isLeftover(segment.size, index, found.length)
  for (const segment of found.filter(isOne)) attempt(() => segment.remove())
  return found.filter((segment, index) => !isOne(segment, index))
}
