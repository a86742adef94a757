import type { DiskFile } from '../../base/disk.ts'
import { readInt64, writeInt64 } from '../../records/int64.ts'
import { IndexFile } from './index-file.ts'

// Entry: 8 bytes timestamp, 4 bytes offset relative to the segment's base.
// The timestamp is the largest so far in the segment, the offset the last one of the batch that brought it. Both only grow.
const entryBytes = 12

export class TimeIndex {
  readonly #baseOffset: number
  readonly #entries: IndexFile
  /** Of the last entry; undefined until looked at. Spares the hot path the file. */
  #lastTimestamp: number | undefined

  constructor(file: DiskFile, baseOffset: number) {
    this.#baseOffset = baseOffset
    this.#entries = new IndexFile(file, entryBytes)
  }

  /** -1 without entries. */
  get lastTimestamp(): number {
    return (this.#lastTimestamp ??= this.#entries.count === 0 ? -1 : this.#timestamp(this.#entries.count - 1))
  }

  /** Of the batch that brought the last timestamp; the segment's base without entries. */
  get lastOffset(): number {
    return this.#entries.count === 0 ? this.#baseOffset : this.#offset(this.#entries.count - 1)
  }

  /** Ignored where the time did not grow: an entry says "up to here nothing is later". */
  append(timestamp: number, lastOffset: number): void {
    if (timestamp <= this.lastTimestamp) return
    const entries = this.#entries
    entries.append()
    writeInt64(entries.view, entries.at, timestamp)
    entries.view.setInt32(entries.at + 8, lastOffset - this.#baseOffset)
    this.#lastTimestamp = timestamp
  }

  /** The first record of `timestamp` or later lies at or behind this offset. */
  lookup(timestamp: number): number {
    const index = this.#entries.countWhile((view, at) => readInt64(view, at) < timestamp) - 1
    return index < 0 ? this.#baseOffset : this.#offset(index)
  }

  /** Keeps the entries of batches that end before `offset`. */
  truncateTo(offset: number): void {
    const relative = offset - this.#baseOffset
    const isBefore = (view: DataView, at: number): boolean => view.getInt32(at + 8) < relative
    // No offset lies before the base, whatever a file may say.
    this.#entries.truncate(relative <= 0 ? 0 : this.#entries.countWhile(isBefore))
    this.#lastTimestamp = undefined
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

  #timestamp(index: number): number {
    this.#entries.seek(index)
    return readInt64(this.#entries.view, this.#entries.at)
  }

  #offset(index: number): number {
    this.#entries.seek(index)
    return this.#baseOffset + this.#entries.view.getInt32(this.#entries.at + 8)
  }
}
