import type { DiskFile } from '../../base/disk.ts'
import { IndexFile } from './index-file.ts'

// Entry: 4 bytes offset relative to the segment's base, 4 bytes position in the segment's file.
// The offset is the last one of the batch that begins at the position.
export const offsetEntryBytes = 8

export interface OffsetEntry {
  /** -1 where there is no entry: the search begins with the segment. */
  readonly lastOffset: number
  readonly position: number
}

const noEntry: OffsetEntry = { lastOffset: -1, position: 0 }

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

  get lastEntry(): OffsetEntry {
    return this.#entry(this.#entries.count - 1)
  }

  append(lastOffset: number, position: number): void {
    const entries = this.#entries
    entries.append()
    entries.view.setInt32(entries.at, lastOffset - this.#baseOffset)
    entries.view.setInt32(entries.at + 4, position)
  }

  /** The last entry up to `offset`: the batch that holds the offset is this one or comes behind it. */
  lookup(offset: number): OffsetEntry {
    return this.#entry(this.#countUpTo(offset) - 1)
  }

  /** The last entry at or before a position in the file. */
  lookupPosition(position: number): OffsetEntry {
    return this.#entry(this.#entries.countWhile((view, at) => view.getInt32(at + 4) <= position) - 1)
  }

  /** Keeps the entries of batches that end before `offset`. */
  truncateTo(offset: number): void {
    this.#entries.truncate(this.#countUpTo(offset - 1))
  }

  seal(): void {
    this.#entries.seal()
  }

  unsynced(): DiskFile | undefined {
    return this.#entries.unsynced()
  }

  close(): void {
    this.#entries.close()
  }

  abandon(): void {
    this.#entries.abandon()
  }

  #entry(index: number): OffsetEntry {
    if (index < 0) return noEntry
    const entries = this.#entries
    entries.seek(index)
    return {
      lastOffset: this.#baseOffset + entries.view.getInt32(entries.at),
      position: entries.view.getInt32(entries.at + 4),
    }
  }

  /** How many entries have an offset of at most `offset`. None has one before the base, whatever a file may say. */
  #countUpTo(offset: number): number {
    const relative = offset - this.#baseOffset
    return relative < 0 ? 0 : this.#entries.countWhile((view, at) => view.getInt32(at) <= relative)
  }
}
