import { type Disk, DiskError, type DiskFile } from '../../src-broker/base/disk.ts'

/** Another disk that refuses one operation: the `refused`th that reaches it, counted from 1. Of a write it has taken half by then. */
export class RefusingDisk implements Disk {
  operations = 0
  readonly #disk: Disk
  readonly #refused: number

  constructor(disk: Disk, refused: number) {
    this.#disk = disk
    this.#refused = refused
  }

  get hasRefused(): boolean {
    return this.operations >= this.#refused
  }

  list(directory: string): string[] {
    this.#count(directory)
    return this.#disk.list(directory)
  }

  makeDirectory(path: string): void {
    this.#count(path)
    this.#disk.makeDirectory(path)
  }

  exists(path: string): boolean {
    this.#count(path)
    return this.#disk.exists(path)
  }

  /** A handle is cheap, and opens nothing yet. */
  open(path: string): DiskFile {
    const file = this.#disk.open(path)
    const count = (meanwhile?: () => void): void => this.#count(path, meanwhile)
    return {
      path,
      get size() {
        return file.size
      },
      write(bytes, from, to, position) {
        count(() => file.write(bytes, from, from + ((to - from) >> 1), position))
        file.write(bytes, from, to, position)
      },
      read(into, at, length, position) {
        count()
        return file.read(into, at, length, position)
      },
      truncate(size) {
        count()
        file.truncate(size)
      },
      sync() {
        count()
        file.sync()
      },
      close() {
        file.close()
      },
    }
  }

  read(path: string): Uint8Array | undefined {
    this.#count(path)
    return this.#disk.read(path)
  }

  replace(path: string, content: Uint8Array): void {
    this.#count(path)
    this.#disk.replace(path, content)
  }

  rename(from: string, to: string): void {
    this.#count(from)
    this.#disk.rename(from, to)
  }

  remove(path: string): void {
    this.#count(path)
    this.#disk.remove(path)
  }

  #count(path: string, meanwhile?: () => void): void {
    this.operations++
    if (this.operations !== this.#refused) return
    meanwhile?.()
    throw new DiskError('EIO', path)
  }
}
