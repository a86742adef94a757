// One file's bytes, and what happened to them since they were last synced.
import { DiskError } from '../../src-broker/base/disk.ts'
import { integerBelow, type Random } from '../../src-broker/base/random.ts'

/** `data` undefined: a truncation to `position`. */
interface Change {
  readonly position: number
  readonly data: Uint8Array | undefined
  /** What it took the place of, and how long the file was. */
  readonly before: Uint8Array
  readonly sizeBefore: number
}

const nothing = new Uint8Array(0)

export class Inode {
  size = 0
  /** The machine that held it lost its power: whoever still has it open reads nothing. */
  isGone = false
  #bytes = nothing
  /** Since the last sync. */
  #changes: Change[] = []
  /** Changes ever made; what a sync begins with is what it makes durable. */
  changeCount = 0

  get content(): Uint8Array {
    return this.#bytes.subarray(0, this.size)
  }

  read(into: Uint8Array, at: number, length: number, position: number): number {
    if (this.isGone) throw new DiskError('EIO', 'a file of a machine that is gone')
    const end = Math.min(this.size, position + length)
    if (end <= position) return 0
    into.set(this.#bytes.subarray(position, end), at)
    return end - position
  }

  write(bytes: Uint8Array, from: number, to: number, position: number): void {
    this.#changed(position, bytes.slice(from, to), position + to - from)
  }

  truncate(size: number): void {
    this.#changed(size, undefined, this.size)
  }

  /** All changes up to the `changeCount` of when the sync began are on the platter. */
  sync(changeCount = this.changeCount): void {
    const later = this.changeCount - changeCount
    if (later === 0) this.#changes = []
    else if (later < this.#changes.length) this.#changes.splice(0, this.#changes.length - later)
  }

  #changed(position: number, data: Uint8Array | undefined, to: number): void {
    this.changeCount++
    const before = position < this.size ? this.#bytes.slice(position, Math.min(to, this.size)) : nothing
    const change = { position, data, before, sizeBefore: this.size }
    this.#changes.push(change)
    this.#apply(change)
  }

  #apply({ position, data }: Pick<Change, 'position' | 'data'>): void {
    if (data === undefined) {
      this.size = Math.min(this.size, position)
      return
    }
    const end = position + data.length
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#bytes.length, 256))
      grown.set(this.content)
      this.#bytes = grown
    }
    if (position > this.size) this.#bytes.fill(0, this.size, position)
    this.#bytes.set(data, position)
    this.size = Math.max(this.size, end)
  }

  /** What is on the platter when the light comes on again. */
  afterPowerLoss(random: Random): Inode {
    const after = new Inode()
    after.#restore(this.#synced())
    for (const change of surviving(this.#changes, random)) after.#apply(change)
    return after
  }

  /** As of the last sync. */
  #synced(): Uint8Array {
    const platter = new Inode()
    platter.#restore(this.content)
    for (const { position, before, sizeBefore } of this.#changes.toReversed()) {
      platter.size = Math.min(platter.size, sizeBefore)
      if (before.length > 0) platter.#apply({ position, data: before })
      platter.size = sizeBefore
    }
    return platter.content
  }

  /** A sync failed: what it was to keep is perhaps there, and the kernel takes it for kept. */
  loseDirty(random: Random): void {
    this.#restore(this.afterPowerLoss(random).content)
    this.sync()
  }

  /** One bit is another one than was written, and nobody noticed. */
  flipBit(position: number, bit: number): void {
    this.#bytes[position]! ^= 1 << bit
  }

  #restore(content: Uint8Array): void {
    this.#bytes = content.slice()
    this.size = content.length
  }
}

/** None, all, any of them, or the first few with the last of them torn: cut short, or as long as it was and empty from there on. */
function surviving(changes: readonly Change[], random: Random): readonly Pick<Change, 'position' | 'data'>[] {
  if (changes.length === 0) return changes
  const kind = integerBelow(random, 7)
  if (kind <= 1) return []
  if (kind === 2) return changes
  if (kind <= 4) return changes.filter(() => random() < 0.6)
  const count = integerBelow(random, changes.length)
  const torn = changes[count]!
  let part = torn.data?.subarray(0, integerBelow(random, torn.data.length + 1))
  if (kind === 6 && torn.data !== undefined && part !== undefined) {
    const whole = new Uint8Array(torn.data.length)
    whole.set(part)
    part = whole
  }
  return [...changes.slice(0, count), { position: torn.position, data: part }]
}
