// The snapshots beside the metadata log, `<end offset>-<epoch>.checkpoint` as Kafka names them. Each is written beside its place,
// synced and renamed, so that one that is there is whole, unless the disk has spoilt it since.
import type { Env } from '../env.ts'
import type { SnapshotId } from './raft-log.ts'
import { isSoundSnapshot } from './snapshot-format.ts'

const suffix = '.checkpoint'
const namePattern = /^(\d{20})-(\d{10})\.checkpoint$/

export class MetadataSnapshots {
  readonly #env: Env
  readonly #directory: string
  /** Oldest first. */
  #files: SnapshotId[] = []
  readonly #sizes = new Map<number, number>()

  constructor(env: Env, directory: string) {
    this.#env = env
    this.#directory = directory
    for (const name of env.disk.list(directory)) {
      const match = namePattern.exec(name)
      if (match !== null) this.#files.push({ endOffset: Number(match[1]), epoch: Number(match[2]) })
      else if (name.includes(`${suffix}.`) && name.endsWith('.tmp')) env.disk.remove(`${directory}/${name}`)
    }
    this.#files.sort((a, b) => a.endOffset - b.endOffset)
  }

  get all(): readonly SnapshotId[] {
    return this.#files
  }

  get latest(): SnapshotId | undefined {
    return this.#files.at(-1)
  }

  get sizeInBytes(): number {
    return this.#files.reduce((sum, id) => sum + this.size(id), 0)
  }

  size(id: SnapshotId): number {
    const known = this.#sizes.get(id.endOffset)
    if (known !== undefined) return known
    const size = this.#env.disk.read(this.#path(id))?.length ?? 0
    this.#sizes.set(id.endOffset, size)
    return size
  }

  /** Undefined where it is gone. */
  read(id: SnapshotId): Uint8Array | undefined {
    return this.#env.disk.read(this.#path(id))
  }

  /** The latest that is sound. Damaged ones are put aside: the one before and the log behind it hold the same, or a peer does. */
  openLatest(): { readonly id: SnapshotId; readonly bytes: Uint8Array } | undefined {
    for (let id = this.latest; id !== undefined; id = this.latest) {
      const bytes = this.read(id)
      if (bytes !== undefined && isSoundSnapshot(this.#env, bytes)) return { id, bytes }
      this.#env.disk.rename(this.#path(id), `${this.#path(id)}.damaged`)
      this.#files.pop()
    }
    return undefined
  }

  write(id: SnapshotId, bytes: Uint8Array): void {
    this.#env.disk.replace(this.#path(id), bytes)
    this.#files = [...this.#files.filter(({ endOffset }) => endOffset !== id.endOffset), id]
    this.#files.sort((a, b) => a.endOffset - b.endOffset)
    this.#sizes.set(id.endOffset, bytes.length)
  }

  /** Where the disk refuses it stays among them: the log goes by what it says. */
  removeOldest(): void {
    const [id] = this.#files
    if (id === undefined) return
    this.#env.disk.remove(this.#path(id))
    this.#files.shift()
  }

  #path({ endOffset, epoch }: SnapshotId): string {
    const name = `${String(endOffset).padStart(20, '0')}-${String(epoch).padStart(10, '0')}`
    return `${this.#directory}/${name}${suffix}`
  }
}
