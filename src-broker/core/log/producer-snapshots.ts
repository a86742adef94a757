import type { Disk } from '../../base/disk.ts'
import type { Crc32c } from '../../records/batch.ts'
import { offsetFileName, offsetOfFileName } from './file-names.ts'
import { decodeProducerSnapshot, encodeProducerSnapshot, type ProducerSnapshotEntry } from './producer-snapshot.ts'

/**
 * The snapshot files of one partition: one at the base of each segment, so that a truncation need not read the log from
 * its start, and one where the last orderly stop was. They are not synced: a torn one fails its checksum, and the one
 * before it serves.
 */
export class ProducerSnapshots {
  readonly #disk: Disk
  readonly #directory: string
  readonly #crc32c: Crc32c
  /** Ascending. */
  #offsets: number[]

  /** Those in the partition's directory listing. Snapshots of earlier stops that are at no segment's base go. */
  constructor(disk: Disk, directory: string, fileNames: readonly string[], crc32c: Crc32c) {
    this.#disk = disk
    this.#directory = directory
    this.#crc32c = crc32c
    this.#offsets = fileNames
      .map((name) => offsetOfFileName(name, '.snapshot'))
      .filter((offset) => offset !== undefined)
    const latest = this.#offsets.at(-1)
    this.#keep((offset) => offset === latest || fileNames.includes(offsetFileName(offset, '.log')))
  }

  save(offset: number, entries: readonly ProducerSnapshotEntry[]): void {
    if (this.#offsets.at(-1) === offset) return
    const content = encodeProducerSnapshot(entries, this.#crc32c)
    const file = this.#disk.open(this.#path(offset))
    file.write(content, 0, content.length, 0)
    file.truncate(content.length)
    file.close()
    this.#offsets.push(offset)
  }

  /** The newest sound snapshot at or before `offset`. Damaged ones and those behind it are removed. */
  latest(offset: number): { offset: number; entries: ProducerSnapshotEntry[] } | undefined {
    this.#keep((candidate) => candidate <= offset)
    while (this.#offsets.length > 0) {
      const newest = this.#offsets.at(-1)!
      const content = this.#disk.read(this.#path(newest))
      const entries = content && decodeProducerSnapshot(content, this.#crc32c)
      if (entries !== undefined) return { offset: newest, entries }
      this.#keep((candidate) => candidate !== newest)
    }
    return undefined
  }

  removeBefore(offset: number): void {
    this.#keep((candidate) => candidate >= offset)
  }

  removeAll(): void {
    this.#keep(() => false)
  }

  #keep(wanted: (offset: number) => boolean): void {
    for (const offset of this.#offsets) if (!wanted(offset)) this.#disk.remove(this.#path(offset))
    this.#offsets = this.#offsets.filter(wanted)
  }

  #path(offset: number): string {
    return `${this.#directory}/${offsetFileName(offset, '.snapshot')}`
  }
}
