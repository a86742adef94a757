// Which leader epoch began at which offset, in `leader-epoch-checkpoint`: the base of KIP-101 truncation.
// Entries grow in both columns. An epoch without records may be lost in a crash, as nobody can hold records of it; one
// with records is found again by recovery, as long as the file is saved before the recovery point passes it.

import type { Disk } from '../../base/disk.ts'
import { readCheckpoint, writeCheckpoint } from './checkpoint-file.ts'

export interface EpochEnd {
  /** -1 where the epoch asked for is unknown. */
  readonly epoch: number
  readonly endOffset: number
}

interface EpochEntry {
  readonly epoch: number
  readonly startOffset: number
}

export const unknownEpochEnd: EpochEnd = { epoch: -1, endOffset: -1 }

export class EpochCache {
  readonly #disk: Disk
  readonly #path: string
  /** Undefined until the file was read. */
  #entries: EpochEntry[] | undefined
  /** Assigned before that: thousands of leaders begin an epoch at once, and few of them write. */
  #pending: EpochEntry | undefined
  #isDirty = false
  /** What the file says; undefined until it was read or written. */
  #saved: string | undefined

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.#path = path
  }

  /** -1 without entries. */
  get latestEpoch(): number {
    return (this.#pending ?? this.#load().at(-1))?.epoch ?? -1
  }

  /** -1 without entries. */
  get earliestEpoch(): number {
    return this.#load()[0]?.epoch ?? -1
  }

  /** The latest, as far as it is known without reading the file; else -1. */
  get knownEpoch(): number {
    return (this.#pending ?? this.#entries?.at(-1))?.epoch ?? -1
  }

  /** Of a log that has no records: nobody has written in any epoch. A file that was not read yet says so, too. */
  forgetAll(): void {
    this.#pending = undefined
    if (this.#entries !== undefined && this.#entries.length > 0) this.clear()
  }

  /** Oldest first. */
  get entries(): readonly EpochEntry[] {
    return this.#load()
  }

  /** Notes that records of `epoch` begin at `startOffset`. Entries that contradict it go: the newer knowledge counts. */
  assign(epoch: number, startOffset: number): void {
    if (this.#entries === undefined && this.#pending === undefined) {
      this.#pending = { epoch, startOffset }
      return
    }
    const entries = this.#load()
    const latest = entries.at(-1)
    if (latest !== undefined && latest.epoch === epoch && startOffset >= latest.startOffset) return
    while (entries.length > 0 && (entries.at(-1)!.epoch >= epoch || entries.at(-1)!.startOffset >= startOffset)) {
      entries.pop()
    }
    entries.push({ epoch, startOffset })
    this.#isDirty = true
  }

  /**
   * Where the largest known epoch up to `epoch` ends: where the next one begins, or the log end for the latest.
   * An epoch before all known ones ends where the first known begins; one after all known is unknown.
   */
  endOffsetFor(epoch: number, logEndOffset: number): EpochEnd {
    if (epoch < 0) return unknownEpochEnd
    const entries = this.#load()
    if (epoch === entries.at(-1)?.epoch) return { epoch, endOffset: logEndOffset }
    const next = entries.findIndex((entry) => entry.epoch > epoch)
    if (next < 0) return unknownEpochEnd
    return { epoch: entries[next - 1]?.epoch ?? epoch, endOffset: entries[next]!.startOffset }
  }

  /** -1 where the offset lies before all entries. */
  epochOf(offset: number): number {
    return this.#load().findLast((entry) => entry.startOffset <= offset)?.epoch ?? -1
  }

  /** Forgets epochs that began at or behind the new log end. To be called even where no record goes (KAFKA-10706). */
  truncateFromEnd(endOffset: number): void {
    const entries = this.#load()
    while (entries.length > 0 && entries.at(-1)!.startOffset >= endOffset) {
      entries.pop()
      this.#isDirty = true
    }
  }

  /** Forgets epochs that ended before the new log start; the one that holds it begins there from now on. */
  truncateFromStart(startOffset: number): void {
    const entries = this.#load()
    const first = entries.findLastIndex((entry) => entry.startOffset <= startOffset)
    if (first < 0 || (first === 0 && entries[0]!.startOffset === startOffset)) return
    entries.splice(0, first + 1, { epoch: entries[first]!.epoch, startOffset })
    this.#isDirty = true
  }

  clear(): void {
    this.#entries = []
    this.#isDirty = true
  }

  /**
   * Writes the file where it is behind: in the epochs that have records before `endOffset`. With every election thousands of
   * partitions get one that has none, and each file costs two syncs.
   */
  save(endOffset = Infinity): void {
    if (this.#pending !== undefined && this.#pending.startOffset >= endOffset) return
    if (this.#pending !== undefined) this.#load()
    if (!this.#isDirty) return
    const entries = this.#load()
    const written = entries.filter(({ startOffset }) => startOffset < endOffset)
    const lines = written.map(({ epoch, startOffset }) => `${epoch} ${startOffset}`)
    const content = lines.join('\n')
    if (content !== this.#saved) writeCheckpoint(this.#disk, this.#path, lines)
    this.#saved = content
    this.#isDirty = written.length < entries.length
  }

  #load(): EpochEntry[] {
    if (this.#entries !== undefined) return this.#entries
    const lines = readCheckpoint(this.#disk, this.#path) ?? []
    this.#saved = lines.join('\n')
    const entries = lines.map(parseEntry)
    this.#entries = entries.every((entry) => entry !== undefined) ? entries : []
    const pending = this.#pending
    this.#pending = undefined
    if (pending !== undefined) this.assign(pending.epoch, pending.startOffset)
    return this.#entries
  }
}

function parseEntry(line: string): EpochEntry | undefined {
  const match = /^(\d+) (\d+)$/.exec(line)
  return match === null ? undefined : { epoch: Number(match[1]), startOffset: Number(match[2]) }
}
