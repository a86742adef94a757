import type { DiskFile } from '../../base/disk.ts'
import { batchHeaderBytes, type Crc32c, hasValidCrc, isWhole, sizeInBytes } from '../../records/batch.ts'
import { BatchRun } from '../../records/batch-run.ts'

/**
 * Steps through the batches of a segment file, block by block: `for (walk.start(file, from, to); walk.next(); ) …`.
 * Of a batch only the header is sure to be in memory until `loadBody` is called. Ends before the first bytes that are no
 * whole batch; whether to ask for `hasValidCrc` is the caller's matter.
 */
export class BatchWalk {
  bytes: Uint8Array
  view: DataView
  /** Where the current batch begins in `bytes`. */
  at = 0
  /** Where it begins in the file; after the end, where the walk stopped. */
  position = 0
  size = 0
  #file: DiskFile | undefined
  #to = 0
  /** The part of the file that `bytes` holds. */
  #blockFrom = 0
  #blockTo = 0
  readonly #run = new BatchRun()
  /** Where the run ends in the file. */
  #runTo = 0

  constructor(blockBytes: number) {
    this.bytes = new Uint8Array(blockBytes)
    this.view = new DataView(this.bytes.buffer)
  }

  /** Sets out for the file's [from, to). `from` is the beginning of a batch. */
  start(file: DiskFile, from: number, to: number): void {
    this.#file = file
    this.#to = to
    this.position = from
    this.size = 0
    this.#blockFrom = from
    this.#blockTo = from
    this.#runTo = from
  }

  next(): boolean {
    this.position += this.size
    this.size = 0
    if (!this.#have(batchHeaderBytes)) return false
    if (!isWhole(this.view, this.at, this.at + this.#to - this.position)) return false
    this.size = sizeInBytes(this.view, this.at)
    return true
  }

  /** Brings the whole batch to memory. False where the file is shorter than it said. */
  loadBody(): boolean {
    return this.#have(this.size)
  }

  /** Whether the current batch is as it was when it was made. Its body has to be in memory. */
  hasValidCrc(crc32c: Crc32c): boolean {
    if (this.position >= this.#runTo) {
      this.#run.check(this.bytes, this.view, this.at, this.#blockTo - this.#blockFrom, crc32c)
      this.#runTo = this.#blockFrom + this.#run.end
    }
    return this.#run.isValid || hasValidCrc(this.bytes, this.view, this.at, crc32c)
  }

  #have(length: number): boolean {
    if (this.position + length > this.#to) return false
    if (this.position + length > this.#blockTo) this.#readBlock(length)
    this.at = this.position - this.#blockFrom
    return this.position + length <= this.#blockTo
  }

  #readBlock(length: number): void {
    if (length > this.bytes.length) {
      this.bytes = new Uint8Array(length)
      this.view = new DataView(this.bytes.buffer)
    }
    const wanted = Math.min(this.bytes.length, this.#to - this.position)
    this.#blockFrom = this.position
    this.#blockTo = this.position + this.#file!.read(this.bytes, 0, wanted, this.position)
  }
}

/** For looking up one place: a little more than what lies between two index entries. Shared: lookups do not overlap. */
export const lookupWalk = new BatchWalk(8 * 1024)
/** For reading through much of a file. */
export function scanning(file: DiskFile, from: number, to: number): BatchWalk {
  const walk = new BatchWalk(Math.max(batchHeaderBytes, Math.min(scanBlockBytes, to - from)))
  walk.start(file, from, to)
  return walk
}

const scanBlockBytes = 1024 * 1024
