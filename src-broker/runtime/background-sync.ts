import fs from 'node:fs'
import { join } from 'node:path'

/**
 * Syncs files of one broker without stopping its thread. One sync per file at a time; `done` runs in a later turn.
 * A sync that fails ends the broker: the kernel may have dropped what it could not write, so trying again proves nothing.
 */
export class BackgroundSync {
  readonly #directory: string
  readonly #descriptors = new Map<string, number>()

  constructor(directory: string) {
    this.#directory = directory
  }

  sync(path: string, done: () => void): void {
    const known = this.#descriptors.get(path)
    if (known !== undefined) return this.#syncDescriptor(known, done)
    fs.open(join(this.#directory, path), 'r+', (error, descriptor) => {
      if (error !== null) throw error
      this.#keep(path, descriptor)
      this.#syncDescriptor(descriptor, done)
    })
  }

  #syncDescriptor(descriptor: number, done: () => void): void {
    fs.fdatasync(descriptor, (error) => {
      if (error !== null) throw error
      done()
    })
  }

  /** One descriptor a directory is enough: the metadata log has one active segment. */
  #keep(path: string, descriptor: number): void {
    const directory = path.slice(0, path.lastIndexOf('/'))
    for (const [other, old] of this.#descriptors) {
      if (!other.startsWith(`${directory}/`)) continue
      this.#descriptors.delete(other)
      fs.close(old, () => {})
    }
    this.#descriptors.set(path, descriptor)
  }
}
