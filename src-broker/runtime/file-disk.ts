// The real file system behind the core's Disk. Synchronous, in the broker's own thread: an append to the page cache takes
// less than a microsecond, a detour over the thread pool thirty, and the pool couples brokers that should not know each other.

import * as fs from 'node:fs'
import { dirname } from 'node:path'
import { type Disk, DiskError, type DiskFile } from '../base/disk.ts'

export class FileDisk implements Disk {
  readonly #root: string
  /** Files with a descriptor, in a ring of fixed length; undefined where there is room. */
  readonly #open: (OpenFile | undefined)[]
  /** Goes round the ring in search of a file that was not used since its last visit (the "clock" algorithm). */
  #hand = 0

  /**
   * However many partitions there are, no more than `descriptorsMax` files are open at a time. A file that was closed
   * for another opens again by itself.
   */
  constructor(root: string, descriptorsMax = 256) {
    this.#root = root
    this.#open = new Array<OpenFile | undefined>(descriptorsMax).fill(undefined)
    attempt(root, () => fs.mkdirSync(root, { recursive: true }))
  }

  list(directory: string): string[] {
    return absentAs([], directory, () => fs.readdirSync(this.#absolute(directory)).sort())
  }

  makeDirectory(path: string): void {
    attempt(path, () => fs.mkdirSync(this.#absolute(path), { recursive: true }))
  }

  exists(path: string): boolean {
    return fs.existsSync(this.#absolute(path))
  }

  open(path: string): DiskFile {
    return new OpenFile(this, path, this.#absolute(path))
  }

  read(path: string): Uint8Array | undefined {
    // Many of these files are often not there, and an exception costs ten times as much as a look.
    if (!fs.existsSync(this.#absolute(path))) return undefined
    return absentAs(undefined, path, () => fs.readFileSync(this.#absolute(path)))
  }

  replace(path: string, content: Uint8Array): void {
    const target = this.#absolute(path)
    const beside = `${target}.tmp`
    attempt(path, () => {
      fs.writeFileSync(beside, content, { flush: true, mode: 0o600 })
      fs.renameSync(beside, target)
      syncDirectory(dirname(target))
    })
  }

  rename(from: string, to: string): void {
    this.#release(from)
    attempt(from, () => fs.renameSync(this.#absolute(from), this.#absolute(to)))
  }

  remove(path: string): void {
    this.#release(path)
    const target = this.#absolute(path)
    attempt(path, () => {
      const found = fs.lstatSync(target, { throwIfNoEntry: false })
      if (found?.isDirectory()) fs.rmSync(target, { recursive: true, force: true })
      else if (found !== undefined) fs.unlinkSync(target)
    })
  }

  /** Lets go of every descriptor; files open again when used. */
  close(): void {
    for (const file of this.#open) file?.release()
  }

  /** Makes room for a descriptor; the file that has it keeps the number it is given. */
  admit(file: OpenFile): number {
    for (;;) {
      const slot = this.#hand
      this.#hand = (this.#hand + 1) % this.#open.length
      const occupant = this.#open[slot]
      if (occupant?.wasUsed) occupant.wasUsed = false
      else {
        occupant?.release()
        this.#open[slot] = file
        return slot
      }
    }
  }

  released(slot: number): void {
    this.#open[slot] = undefined
  }

  /** Windows neither renames nor removes what is open. */
  #release(path: string): void {
    const inside = `${path}/`
    for (const file of this.#open) if (file?.path === path || file?.path.startsWith(inside)) file.release()
  }

  #absolute(path: string): string {
    return path === '' ? this.#root : `${this.#root}/${path}`
  }
}

class OpenFile implements DiskFile {
  readonly path: string
  wasUsed = false
  readonly #disk: FileDisk
  readonly #absolute: string
  #descriptor = -1
  #slot = -1
  /** -1 until looked at. */
  #size = -1
  #isClosed = false

  constructor(disk: FileDisk, path: string, absolute: string) {
    this.#disk = disk
    this.path = path
    this.#absolute = absolute
  }

  get size(): number {
    return this.#size < 0 ? this.#look() : this.#size
  }

  write(bytes: Uint8Array, from: number, to: number, position: number): void {
    const descriptor = this.#use()
    let done = from
    try {
      while (done < to) done += fs.writeSync(descriptor, bytes, done, to - done, position + done - from)
    } catch (error) {
      // A disk takes what it has room for, and refuses the rest.
      if (done > from) this.#reaches(position + done - from)
      throw diskError(error, this.path)
    }
    this.#reaches(position + to - from)
  }

  read(into: Uint8Array, at: number, length: number, position: number): number {
    // Not created by reading. What was empty may have grown meanwhile: a follower reads the leader's file while it is written.
    if (this.#size <= 0 && this.#look() === 0) return 0
    const descriptor = this.#use()
    let done = 0
    try {
      while (done < length) {
        const got = fs.readSync(descriptor, into, at + done, length - done, position + done)
        if (got === 0) break
        done += got
      }
    } catch (error) {
      throw diskError(error, this.path)
    }
    return done
  }

  truncate(size: number): void {
    if (this.size <= size) return
    const descriptor = this.#use()
    attempt(this.path, () => fs.ftruncateSync(descriptor, size))
    this.#size = size
  }

  sync(): void {
    const descriptor = this.#use()
    attempt(this.path, () => fs.fdatasyncSync(descriptor))
  }

  close(): void {
    this.release()
    this.#isClosed = true
  }

  release(): void {
    if (this.#descriptor < 0) return
    const descriptor = this.#descriptor
    this.#descriptor = -1
    this.#disk.released(this.#slot)
    attempt(this.path, () => fs.closeSync(descriptor))
  }

  #reaches(end: number): void {
    if (end > this.#size) this.#size = Math.max(end, this.size)
  }

  #look(): number {
    this.#size = attempt(this.path, () => fs.statSync(this.#absolute, { throwIfNoEntry: false })?.size ?? 0)
    return this.#size
  }

  #use(): number {
    this.wasUsed = true
    return this.#descriptor >= 0 ? this.#descriptor : this.#acquire()
  }

  #acquire(): number {
    if (this.#isClosed) throw new DiskError('EBADF', this.path)
    // Created where it is missing, but only by the first use: what was removed in between is not to come back empty.
    const { O_RDWR, O_CREAT } = fs.constants
    const flags = this.#size > 0 ? O_RDWR : O_RDWR | O_CREAT
    this.#slot = this.#disk.admit(this)
    this.#descriptor = attempt(this.path, () => fs.openSync(this.#absolute, flags, 0o600))
    return this.#descriptor
  }
}

/** On POSIX a rename survives a power loss once its directory is synced. Windows has no such call and needs none. */
function syncDirectory(directory: string): void {
  if (process.platform === 'win32') return
  const descriptor = fs.openSync(directory, 'r')
  try {
    fs.fsyncSync(descriptor)
  } finally {
    fs.closeSync(descriptor)
  }
}

const diskError = (error: unknown, path: string): DiskError =>
  new DiskError((error as NodeJS.ErrnoException).code ?? 'EIO', path, error)

function attempt<Result>(path: string, action: () => Result): Result {
  try {
    return action()
  } catch (error) {
    throw diskError(error, path)
  }
}

function absentAs<Result>(absent: Result, path: string, action: () => Result): Result {
  try {
    return action()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return absent
    throw diskError(error, path)
  }
}
