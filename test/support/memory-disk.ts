import { type Disk, DiskError, type DiskFile } from '../../src-broker/base/disk.ts'

/** A disk in memory that knows what a power loss would leave. */
export class MemoryDisk implements Disk {
  /** Every file by path, as the running broker sees it. */
  #files = new Map<string, MemoryFile>()
  #directories = new Set<string>([''])
  /** Refuses what needs room, as ENOSPC. */
  isFull = false
  /** Removals of segment files until one is refused. */
  removalsUntilRefusal = Infinity

  list(directory: string): string[] {
    const prefix = directory === '' ? '' : `${directory}/`
    const names = new Set<string>()
    for (const path of [...this.#files.keys(), ...this.#directories]) {
      if (path.startsWith(prefix) && path !== directory) names.add(path.slice(prefix.length).split('/')[0]!)
    }
    return [...names].sort()
  }

  makeDirectory(path: string): void {
    this.#directories.add(path)
  }

  exists(path: string): boolean {
    return this.#files.has(path) || this.#directories.has(path)
  }

  open(path: string): DiskFile {
    return new Handle(this, path)
  }

  read(path: string): Uint8Array | undefined {
    return this.#files.get(path)?.content.slice()
  }

  replace(path: string, content: Uint8Array): void {
    this.needRoom(path)
    const file = new MemoryFile()
    file.content = content
    file.synced = content.slice()
    this.#files.set(path, file)
  }

  rename(from: string, to: string): void {
    for (const [path, file] of [...this.#files]) {
      if (path !== from && !path.startsWith(`${from}/`)) continue
      this.#files.delete(path)
      this.#files.set(to + path.slice(from.length), file)
    }
    if (this.#directories.delete(from)) this.#directories.add(to)
  }

  remove(path: string): void {
    if (path.endsWith('.log') && --this.removalsUntilRefusal === 0) throw new DiskError('EIO', path)
    for (const other of [...this.#files.keys()]) {
      if (other === path || other.startsWith(`${path}/`)) this.#files.delete(other)
    }
    this.#directories.delete(path)
  }

  /** A file as whoever has opened it goes on to read it, whatever becomes of its name. Undefined where there is none. */
  openForReading(path: string): Pick<DiskFile, 'read'> | undefined {
    const file = this.#files.get(path)
    return file && { read: (into, at, length, position) => readPart(file, into, at, length, position) }
  }

  needRoom(path: string): void {
    if (this.isFull) throw new DiskError('ENOSPC', path)
  }

  /** The file behind a handle; made on the first write. */
  file(path: string, create: boolean): MemoryFile | undefined {
    const found = this.#files.get(path)
    if (found !== undefined || !create) return found
    const file = new MemoryFile()
    this.#files.set(path, file)
    return file
  }

  /** Power loss: of each file remains what was synced. The disk of before goes on as if nothing had happened. */
  crash(): MemoryDisk {
    const after = new MemoryDisk()
    after.#directories = new Set(this.#directories)
    for (const [path, file] of this.#files) after.replace(path, file.synced)
    return after
  }

  /** The process died, the machine did not: all that was written is there. */
  kill(): MemoryDisk {
    const after = new MemoryDisk()
    after.#directories = new Set(this.#directories)
    for (const [path, file] of this.#files) after.replace(path, file.content)
    return after
  }

  /** Changes a file behind the broker's back: bit rot, torn writes, foreign hands. */
  tamper(path: string, change: (content: Uint8Array) => Uint8Array): void {
    const file = this.#files.get(path)
    if (file === undefined) throw new Error(`no ${path}`)
    file.content = change(file.content.slice())
  }
}

class MemoryFile {
  #bytes = new Uint8Array(0)
  size = 0
  synced: Uint8Array = new Uint8Array(0)

  get content(): Uint8Array {
    return this.#bytes.subarray(0, this.size)
  }

  set content(content: Uint8Array) {
    this.#bytes = content.slice()
    this.size = content.length
  }

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#bytes.length))
      grown.set(this.content)
      this.#bytes = grown
    }
    if (position > this.size) this.#bytes.fill(0, this.size, position)
    this.#bytes.set(bytes, position)
    this.size = Math.max(this.size, end)
  }
}

class Handle implements DiskFile {
  readonly path: string
  readonly #disk: MemoryDisk
  #isClosed = false

  constructor(disk: MemoryDisk, path: string) {
    this.#disk = disk
    this.path = path
  }

  get size(): number {
    return this.#found()?.size ?? 0
  }

  write(bytes: Uint8Array, from: number, to: number, position: number): void {
    this.#disk.needRoom(this.path)
    this.#made().write(bytes.subarray(from, to), position)
  }

  read(into: Uint8Array, at: number, length: number, position: number): number {
    const file = this.#found()
    return file === undefined ? 0 : readPart(file, into, at, length, position)
  }

  truncate(size: number): void {
    const file = this.#found()
    if (file !== undefined && size < file.size) file.size = size
  }

  sync(): void {
    const file = this.#made()
    file.synced = file.content.slice()
  }

  close(): void {
    this.#isClosed = true
  }

  #found(): MemoryFile | undefined {
    this.#checkOpen()
    return this.#disk.file(this.path, false)
  }

  #made(): MemoryFile {
    this.#checkOpen()
    return this.#disk.file(this.path, true)!
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new DiskError('EBADF', this.path)
  }
}

function readPart(file: MemoryFile, into: Uint8Array, at: number, length: number, position: number): number {
  const part = file.content.subarray(position, position + length)
  into.set(part, at)
  return part.length
}
