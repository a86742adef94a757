// A disk as a kernel keeps it: what was written is seen at once, and survives the process; what survives a power loss is
// what was synced, and whatever else happened to reach the platter.
//
// The model: data of one file may persist in any subset of its writes, the last of them torn at any byte, or as a prefix, or
// not at all; names (creation, removal, renaming) persist in order, as on a journalling file system, and a sync of any file
// takes along every change of names before it. `replace` is durable when it returns.
import { type Disk, DiskError, type DiskFile } from '../../src-broker/base/disk.ts'
import { integerBelow, type Random } from '../../src-broker/base/random.ts'
import { Inode } from './inode.ts'
import { type NameChange, Names, split } from './names.ts'

export type DiskOperation = 'read' | 'write' | 'sync'

/** Asked before each operation: throws the injected failure, or takes its time. */
export interface DiskFaults {
  before(operation: DiskOperation, path: string): void
  /** Its broker may end any time. */
  readonly isDeadly?: boolean
  /** The sync of a file has failed. */
  syncFailed?(inode: Inode): void
  /** Bytes that may still be added, or Infinity. */
  freeBytes: number
}

export const noDiskFaults: DiskFaults = { before: () => {}, freeBytes: Infinity }

export class SimDisk implements Disk {
  faults: DiskFaults = noDiskFaults
  /** Files that could not be replaced when that was last tried: what their owner says may be ahead of them. */
  readonly refused = new Set<string>()
  #names = new Names()
  /** As of the last sync. */
  #durable = new Names()
  #changes: NameChange[] = []
  #changesEver = 0
  /** Another one whenever a name may stand for something else than before. */
  generation = 0

  // ── as the core sees it ───────────────────────────────────────────────────────────────────────────────────────────

  list(directory: string): string[] {
    return this.#names.list(directory)
  }

  makeDirectory(path: string): void {
    this.faults.before('write', path)
    if (!this.#names.isDirectory(path)) this.#change({ kind: 'make-directory', path })
  }

  exists(path: string): boolean {
    return this.#names.isDirectory(path) || this.#names.find(path) !== undefined
  }

  open(path: string): DiskFile {
    return new Handle(this, path)
  }

  read(path: string): Uint8Array | undefined {
    const inode = this.#names.find(path)
    if (inode !== undefined) this.faults.before('read', path)
    return inode?.content.slice()
  }

  replace(path: string, content: Uint8Array): void {
    this.refused.add(path)
    this.faults.before('write', path)
    this.faults.before('sync', path)
    this.take(content.length, path)
    this.refused.delete(path)
    const inode = new Inode()
    inode.write(content, 0, content.length, 0)
    this.#change({ kind: 'link', path, inode })
    this.synced(inode)
  }

  rename(from: string, to: string): void {
    this.faults.before('write', from)
    if (!this.exists(from)) throw new DiskError('ENOENT', from)
    this.#change({ kind: 'rename', path: from, to })
  }

  remove(path: string): void {
    this.faults.before('write', path)
    if (this.exists(path)) this.#change({ kind: 'remove', path })
  }

  // ── for handles ───────────────────────────────────────────────────────────────────────────────────────────────────

  find(path: string): Inode | undefined {
    return this.#names.find(path)
  }

  made(path: string): Inode {
    const found = this.#names.find(path)
    if (found !== undefined) return found
    if (!this.#names.isDirectory(split(path).directory)) throw new DiskError('ENOENT', path)
    const inode = new Inode()
    this.#change({ kind: 'link', path, inode })
    return inode
  }

  take(bytes: number, path: string): void {
    if (bytes > this.faults.freeBytes) throw new DiskError('ENOSPC', path)
    this.faults.freeBytes -= bytes
  }

  synced(inode: Inode): void {
    inode.sync()
    this.#keepNames(this.#changes.length)
  }

  /** A sync beside other work: call what it returns when it is done. What is written meanwhile is not part of it. */
  beginSync(path: string): () => void {
    const inode = this.#names.find(path)
    if (inode === undefined) return () => {} // A file that is gone needs no sync.
    const { changeCount } = inode
    const names = this.#changesEver
    return () => {
      try {
        this.faults.before('sync', path)
      } catch (error) {
        this.faults.syncFailed?.(inode)
        throw error
      }
      inode.sync(changeCount)
      this.#keepNames(Math.max(0, this.#changes.length - (this.#changesEver - names)))
    }
  }

  #keepNames(count: number): void {
    for (const change of this.#changes.splice(0, count)) this.#durable.apply(change)
  }

  #change(change: NameChange): void {
    this.#names.apply(change)
    this.generation++
    this.#changes.push(change)
    this.#changesEver++
  }

  // ── what happens to it ────────────────────────────────────────────────────────────────────────────────────────────

  /** The machine goes dark. What was not synced persists in part, as chance has it. */
  losePower(random: Random): void {
    const kept = random() < 0.5 ? 0 : integerBelow(random, this.#changes.length + 1)
    for (const change of this.#changes.slice(0, kept)) this.#durable.apply(change)
    this.#changes = []
    for (const inode of this.#names.inodes()) inode.isGone = true
    this.#durable = this.#durable.mapped((inode) => inode.afterPowerLoss(random))
    this.#names = this.#durable.mapped((inode) => inode)
    this.generation++
  }

  wipe(): void {
    for (const inode of this.#names.inodes()) inode.isGone = true
    this.#names = new Names()
    this.#durable = new Names()
    this.generation++
    this.#changes = []
  }

  /** Content of a file, past every fault: for the checks. */
  peek(path: string): Uint8Array | undefined {
    return this.#names.find(path)?.content
  }
}

class Handle implements DiskFile {
  readonly path: string
  readonly #disk: SimDisk
  #isClosed = false
  /** What the name stood for when that was last looked up. */
  #inode: Inode | undefined
  #generation = -1

  constructor(disk: SimDisk, path: string) {
    this.#disk = disk
    this.path = path
  }

  get size(): number {
    return this.#found?.size ?? 0
  }

  write(bytes: Uint8Array, from: number, to: number, position: number): void {
    const inode = this.#made()
    this.#disk.faults.before('write', this.path)
    this.#disk.take(Math.max(0, position + to - from - inode.size), this.path)
    inode.write(bytes, from, to, position)
  }

  read(into: Uint8Array, at: number, length: number, position: number): number {
    this.#checkOpen()
    const inode = this.#found
    if (inode === undefined) return 0
    this.#disk.faults.before('read', this.path)
    return inode.read(into, at, length, position)
  }

  truncate(size: number): void {
    this.#checkOpen()
    const inode = this.#found
    if (inode === undefined || inode.size <= size) return
    this.#disk.faults.before('write', this.path)
    inode.truncate(size)
  }

  sync(): void {
    const inode = this.#made()
    this.#disk.faults.before('sync', this.path)
    this.#disk.synced(inode)
  }

  close(): void {
    this.#isClosed = true
  }

  #made(): Inode {
    this.#checkOpen()
    return this.#found ?? this.#disk.made(this.path)
  }

  get #found(): Inode | undefined {
    if (this.#generation !== this.#disk.generation) {
      this.#inode = this.#disk.find(this.path)
      this.#generation = this.#disk.generation
    }
    return this.#inode
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new DiskError('EBADF', this.path)
  }
}
