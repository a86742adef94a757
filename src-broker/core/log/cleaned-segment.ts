import type { Disk } from '../../base/disk.ts'
import { viewOf } from '../../protocol/reader.ts'
import * as batch from '../../records/batch.ts'
import type { BatchWalk } from './batch-walk.ts'
import { Segment } from './segment.ts'
import { cleanedSuffix } from './segment-swap.ts'

const bufferBytesMax = 1 << 18

/** The segment a compaction writes, batch by batch, beside those it is to replace. */
export class CleanedSegment {
  /** Whether anything of what was taken is not as it was. */
  isChanged = false
  readonly #segment: Segment
  readonly #indexIntervalBytes: number
  #buffer: Uint8Array
  #view: DataView
  #filled = 0

  /** `bytes`: what there is to take, about. */
  constructor(disk: Disk, directory: string, baseOffset: number, indexIntervalBytes: number, bytes: number) {
    this.#buffer = new Uint8Array(Math.min(bytes, bufferBytesMax))
    this.#view = viewOf(this.#buffer)
    new Segment(disk, directory, baseOffset, cleanedSuffix).remove() // What an attempt before left.
    this.#segment = new Segment(disk, directory, baseOffset, cleanedSuffix)
    this.#segment.create()
    this.#indexIntervalBytes = indexIntervalBytes
  }

  /** Takes the batch the walk is at: as it is, as these bytes instead, or not at all. */
  take(walk: BatchWalk, as: Uint8Array | 'all' | 'none'): void {
    this.isChanged ||= as !== 'all'
    if (as === 'none') return
    if (as === 'all') this.#add(walk.bytes, walk.at, walk.at + walk.size)
    else this.#add(as, 0, as.length)
  }

  /** Writes the rest. Returns the files that have to be synced before the segment may take its place. */
  finish(): readonly string[] {
    this.#write()
    this.#segment.seal()
    return this.#segment.unsynced().map((file) => file.path)
  }

  close(): void {
    this.#segment.abandon()
  }

  remove(): void {
    this.#segment.remove()
  }

  #add(bytes: Uint8Array, from: number, to: number): void {
    const length = to - from
    if (length > this.#buffer.length - this.#filled) this.#write()
    if (length > this.#buffer.length) {
      this.#buffer = new Uint8Array(length)
      this.#view = new DataView(this.#buffer.buffer)
    }
    this.#buffer.set(bytes.subarray(from, to), this.#filled)
    this.#filled += length
  }

  #write(): void {
    this.#segment.write(this.#buffer, 0, this.#filled)
    for (let at = 0; at < this.#filled; at += batch.sizeInBytes(this.#view, at)) {
      this.#segment.added(this.#view, at, this.#indexIntervalBytes)
    }
    this.#filled = 0
  }
}
