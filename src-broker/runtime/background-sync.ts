import fs from 'node:fs'
import { join } from 'node:path'
import { DiskError } from '../base/disk.ts'
import { metadataDirectoryName } from '../core/log/file-names.ts'

/**
 * Syncs files of one broker without stopping its thread; `done` runs in a later turn. A file that is gone needs no sync.
 * A sync that fails ends the broker: the kernel may have dropped what it could not write, so trying again proves nothing.
 */
export class BackgroundSync {
  readonly #directory: string
  /** The metadata log is synced with every decision: its active segment stays open. */
  #metadata: { readonly path: string; readonly descriptor: number } | undefined

  constructor(directory: string) {
    this.#directory = directory
  }

  sync(path: string, done: () => void): void {
    if (this.#metadata?.path === path && isNamed(this.#metadata.descriptor))
      return syncDescriptor(path, this.#metadata.descriptor, done)
    fs.open(join(this.#directory, path), 'r+', (error, descriptor) => {
      if (error?.code === 'ENOENT') return done()
      if (error !== null) throw diskError(error, path)
      const stays = path.startsWith(`${metadataDirectoryName}/`)
      syncDescriptor(path, descriptor, () => {
        if (stays) this.#keep(path, descriptor)
        else fs.close(descriptor, () => {})
        done()
      })
    })
  }

  #keep(path: string, descriptor: number): void {
    const before = this.#metadata
    this.#metadata = { path, descriptor }
    if (before !== undefined) fs.close(before.descriptor, () => {})
  }
}

/** Not where the file was removed: another one may have its name by now. */
const isNamed = (descriptor: number): boolean => fs.fstatSync(descriptor).nlink > 0

function syncDescriptor(path: string, descriptor: number, done: () => void): void {
  fs.fdatasync(descriptor, (error) => {
    if (error !== null) throw diskError(error, path)
    done()
  })
}

const diskError = (error: NodeJS.ErrnoException, path: string): DiskError =>
  new DiskError(error.code ?? 'EIO', path, error)
