import fs from 'node:fs'
import { join } from 'node:path'
import { DiskError } from '../base/disk.ts'
import type { PeerFile } from '../core/env.ts'

/** A follower of thousands of partitions reads thousands of files: no more than these are open at a time. */
const descriptorsMax = 256

/** The leaders' log files, opened for reading by whoever follows. */
export class PeerFiles {
  readonly #directories: Readonly<Record<number, string>>
  /** In order of use: the first is the one used longest ago. */
  readonly #open = new Set<OpenPeerFile>()

  constructor(directories: Readonly<Record<number, string>>) {
    this.#directories = directories
  }

  open(brokerId: number, path: string): PeerFile {
    const directory = this.#directories[brokerId]
    if (directory === undefined) throw new DiskError('ENOENT', path)
    return new OpenPeerFile(this, join(directory, path))
  }

  used(file: OpenPeerFile): void {
    this.#open.delete(file)
    this.#open.add(file)
    if (this.#open.size <= descriptorsMax) return
    const [oldest] = this.#open
    oldest?.close()
  }

  closed(file: OpenPeerFile): void {
    this.#open.delete(file)
  }
}

class OpenPeerFile implements PeerFile {
  readonly #owner: PeerFiles
  readonly #path: string
  #descriptor: number | undefined
  /** Which file this is. A compacted segment is another one of the same name, and may get the number of one before it. */
  #identity: string | undefined

  constructor(owner: PeerFiles, path: string) {
    this.#owner = owner
    this.#path = path
  }

  read(into: Uint8Array, at: number, length: number, position: number): number {
    try {
      const descriptor = this.#descriptor ?? this.#reopen()
      let total = 0
      while (total < length) {
        const got = fs.readSync(descriptor, into, at + total, length - total, position + total)
        if (got === 0) break
        total += got
      }
      return total
    } catch (error) {
      throw new DiskError((error as NodeJS.ErrnoException).code ?? 'EIO', this.#path, error)
    }
  }

  #reopen(): number {
    const descriptor = fs.openSync(this.#path, 'r')
    const { ino, birthtimeMs } = fs.fstatSync(descriptor)
    const identity = `${ino} ${birthtimeMs}`
    this.#descriptor = descriptor
    this.#owner.used(this)
    if (this.#identity !== undefined && this.#identity !== identity) throw new DiskError('ESTALE', this.#path)
    this.#identity = identity
    return descriptor
  }

  close(): void {
    this.#owner.closed(this)
    if (this.#descriptor === undefined) return
    fs.closeSync(this.#descriptor)
    this.#descriptor = undefined
  }
}
