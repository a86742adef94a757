import type { DiskFile } from '../../base/disk.ts'

const firstTailEntries = 16

/**
 * Entries of one size in a file, of which the newest still wait in memory, in the same big-endian form. Appending is
 * free of the disk; `flush` writes what waits in one go. Looking back reads single entries from the file: a search in an
 * index of a gigabyte's segment is some 18 small reads, and no index has to be held in memory for it.
 *
 * Not checksummed: an entry says where to look in the log, and the log says whether that was right. After an unclean
 * stop what lies beyond the recovery point is built anew, never repaired.
 */
export class IndexFile {
  readonly #file: DiskFile
  readonly #entryBytes: number
  /** Entries in the file, as far as they count; -1 until the file was looked at. */
  #countOnDisk = -1
  /** Whether the file has more than counts: cut off with the next flush, if it is not written over. */
  #isFileLonger = false
  #isSynced = true
  #tail = noBytes
  #tailView = noView
  #tailCount = 0
  /** Where the entry found or made last begins. */
  view = noView
  at = 0

  constructor(file: DiskFile, entryBytes: number) {
    this.#file = file
    this.#entryBytes = entryBytes
  }

  get count(): number {
    return this.#onDisk() + this.#tailCount
  }

  /** Makes an entry; the caller fills it at `view`, `at`. */
  append(): void {
    this.#onDisk()
    const end = this.#tailCount * this.#entryBytes
    if (end === this.#tail.length) this.#grow()
    this.#tailCount++
    this.view = this.#tailView
    this.at = end
  }

  /** Points `view` and `at` to an entry, until the next call on any index. */
  seek(index: number): void {
    const onDisk = this.#onDisk()
    if (index >= onDisk) {
      this.view = this.#tailView
      this.at = (index - onDisk) * this.#entryBytes
      return
    }
    this.#file.read(scratch, 0, this.#entryBytes, index * this.#entryBytes)
    this.view = scratchView
    this.at = 0
  }

  /** How many entries come before the first of which `isBefore` is false. It is false of all behind that one. */
  countWhile(isBefore: (view: DataView, at: number) => boolean): number {
    let low = 0
    let high = this.count
    while (low < high) {
      const middle = (low + high) >>> 1
      this.seek(middle)
      if (isBefore(this.view, this.at)) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Keeps the first `count` entries. */
  truncate(count: number): void {
    const onDisk = this.#onDisk()
    if (count >= onDisk) this.#tailCount = Math.min(this.#tailCount, count - onDisk)
    else {
      this.#isFileLonger = true
      this.#countOnDisk = count
      this.#tailCount = 0
    }
  }

  /** Hands what waits in memory to the operating system. */
  flush(): void {
    if (this.#tailCount === 0 && !this.#isFileLonger) return
    this.#isSynced = false
    if (this.#tailCount > 0) {
      const length = this.#tailCount * this.#entryBytes
      this.#file.write(this.#tail, 0, length, this.#onDisk() * this.#entryBytes)
      this.#countOnDisk += this.#tailCount
      this.#tailCount = 0
    }
    if (this.#isFileLonger) this.#file.truncate(this.#countOnDisk * this.#entryBytes)
    this.#isFileLonger = false
  }

  /** Flushes, and names the file if it changed since it was named last: the caller syncs it, or gives the log up. */
  unsynced(): DiskFile | undefined {
    this.flush()
    if (this.#isSynced) return undefined
    this.#isSynced = true
    return this.#file
  }

  /** Flushes and lets go of the file. */
  close(): void {
    this.flush()
    this.#file.close()
  }

  /** Lets go of the file; what was not flushed is lost. */
  abandon(): void {
    this.#file.close()
  }

  /** Closed segments are only searched: their buffers go. Kafka's tools want the file to be there, though it may be empty. */
  seal(): void {
    this.flush()
    if (this.#onDisk() === 0) this.#file.write(noBytes, 0, 0, 0)
    this.#tail = noBytes
    this.#tailView = noView
  }

  #onDisk(): number {
    if (this.#countOnDisk < 0) this.#countOnDisk = Math.floor(this.#file.size / this.#entryBytes)
    return this.#countOnDisk
  }

  #grow(): void {
    const grown = new Uint8Array(Math.max(firstTailEntries * this.#entryBytes, 2 * this.#tail.length))
    grown.set(this.#tail)
    this.#tail = grown
    this.#tailView = new DataView(grown.buffer)
  }
}

const noBytes = new Uint8Array(0)
const noView = new DataView(noBytes.buffer)
/** Large enough for an entry of any kind. Shared: calls do not overlap. */
const scratch = new Uint8Array(64)
const scratchView = new DataView(scratch.buffer)
