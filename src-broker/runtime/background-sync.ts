import fs from 'node:fs'
import { join } from 'node:path'

/** The metadata log is synced again and again: its descriptor stays. Of the others, so many. */
const descriptorsMax = 8

interface OpenFile {
  readonly descriptor: number
  syncsUnderWay: number
}

/**
 * Syncs files of one broker without stopping its thread; `done` runs in a later turn. A file that is gone needs no sync.
 * A sync that fails ends the broker: the kernel may have dropped what it could not write, so trying again proves nothing.
 */
export class BackgroundSync {
  readonly #directory: string
  /** In order of use: the first is the one used longest ago. */
  readonly #files = new Map<string, OpenFile>()

  constructor(directory: string) {
    this.#directory = directory
  }

  sync(path: string, done: () => void): void {
    const known = this.#files.get(path)
    if (known !== undefined) return this.#sync(path, known, done)
    fs.open(join(this.#directory, path), 'r+', (error, descriptor) => {
      if (error?.code === 'ENOENT') return done()
      if (error !== null) throw error
      this.#sync(path, { descriptor, syncsUnderWay: 0 }, done)
    })
  }

  #sync(path: string, file: OpenFile, done: () => void): void {
    file.syncsUnderWay++
    this.#files.delete(path)
    this.#files.set(path, file)
    this.#closeOldest()
    fs.fdatasync(file.descriptor, (error) => {
      if (error !== null) throw error
      file.syncsUnderWay--
      done()
    })
  }

  #closeOldest(): void {
    if (this.#files.size <= descriptorsMax) return
    for (const [path, { descriptor, syncsUnderWay }] of this.#files) {
      if (syncsUnderWay > 0) continue
      this.#files.delete(path)
      fs.close(descriptor, () => {})
      return
    }
  }
}
