// A leader's file as a follower reads it, from the leader's own disk.
import { DiskError } from '../../src-broker/base/disk.ts'
import type { PeerFile } from '../../src-broker/core/env.ts'
import type { Inode } from './inode.ts'
import type { SimDisk } from './sim-disk.ts'

/** Opened when first read, and open until closed: a file that is removed meanwhile can still be read, as on POSIX. */
export class SimPeerFile implements PeerFile {
  /** Undefined while nothing can be read there. */
  readonly #disk: () => SimDisk | undefined
  readonly #path: string
  #inode: Inode | undefined

  constructor(disk: () => SimDisk | undefined, path: string) {
    this.#disk = disk
    this.#path = path
  }

  read(into: Uint8Array, at: number, length: number, position: number): number {
    const disk = this.#disk()
    if (disk === undefined) throw new DiskError('EIO', this.#path)
    this.#inode ??= disk.find(this.#path)
    if (this.#inode === undefined) throw new DiskError('ENOENT', this.#path)
    return this.#inode.read(into, at, length, position)
  }

  close(): void {
    this.#inode = undefined
  }
}
