import type { DiskFile } from '../../base/disk.ts'
import { IndexFile } from './index-file.ts'

// Entry: 4 bytes offset relative to the segment's base, 4 bytes position in the segment's file.
// The offset is the last one of the batch that begins at the position.
export const offsetEntryBytes = 8

/** Where in a segment to begin to look for an offset. */
export class OffsetIndex {
  readonly #baseOffset: number
  readonly #entries: IndexFile

  constructor(file: DiskFile, baseOffset: number) {
    this.#baseOffset = baseOffset
    this.#entries = new IndexFile(file, offsetEntryBytes)
  }

  get sizeInBytes(): number {
    return this.#entries.count * offsetEntryBytes
  }

  /** Position of the last batch that has an entry; 0 without entries. */
  get lastPosition(): number {
    return this.#entries.count === 0 ? 0 : this.#position(this.#entries.count - 1)
  }

  append(lastOffset: number, position: number): void {
    const entries = this.#entries
    entries.append()
    entries.view.setInt32(entries.at, lastOffset - this.#baseOffset)
    entries.view.setInt32(entries.at + 4, position)
  }

  /** A position at or before the batch that holds `offset`; 0 where no entry helps. */
  lookup(offset: number): number {
    const index = this.#countUpTo(offset) - 1
    return index < 0 ? 0 : this.#position(index)
  }

  /** Keeps the entries of batches that end before `offset`. */
  truncateTo(offset: number): void {
    this.#entries.truncate(this.#countUpTo(offset - 1))
  }

  seal(): void {
    this.#entries.seal()
  }

  sync(): void {
    this.#entries.sync()
  }

  close(): void {
    this.#entries.close()
  }

  abandon(): void {
    this.#entries.abandon()
  }

  #position(index: number): number {
    this.#entries.seek(index)
    return this.#entries.view.getInt32(this.#entries.at + 4)
  }

  /** How many entries have an offset of at most `offset`. */
  #countUpTo(offset: number): number {
    const entries = this.#entries
    const relative = offset - this.#baseOffset
    let low = 0
    let high = entries.count
    while (low < high) {
      const middle = (low + high) >>> 1
      entries.seek(middle)
      if (entries.view.getInt32(entries.at) <= relative) low = middle + 1
      else high = middle
    }
    return low
  }
}
