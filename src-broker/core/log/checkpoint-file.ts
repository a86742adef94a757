import type { Disk } from '../../base/disk.ts'
import { decodeText, encodeText } from '../../base/text.ts'

// Kafka's text checkpoints: a line with the version (0), a line with the number of entries, one line an entry.

const version = '0'

/** The lines of the entries; undefined where the file is missing or is not what its first two lines promise. */
export function readCheckpoint(disk: Disk, path: string): string[] | undefined {
  const content = disk.read(path)
  if (content === undefined) return undefined
  const lines = decodeText(content).split('\n')
  if (lines.at(-1) === '') lines.pop()
  const isSound = lines.length >= 2 && lines[0] === version && lines.length - 2 === Number(lines[1])
  return isSound ? lines.slice(2) : undefined
}

export function writeCheckpoint(disk: Disk, path: string, lines: readonly string[]): void {
  disk.replace(path, encodeText(`${[version, lines.length, ...lines].join('\n')}\n`))
}

export const isOffset = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

/**
 * One offset per partition of a broker: `recovery-point-offset-checkpoint`, `replication-offset-checkpoint` and
 * `log-start-offset-checkpoint`, each line `topic partition offset`.
 */
export class OffsetCheckpoint {
  readonly #disk: Disk
  readonly #path: string
  #written: string | undefined

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.#path = path
  }

  /** Offsets by the partition's directory name. An unreadable file counts as empty: recovery finds out the rest. */
  read(): Map<string, number> {
    const offsets = new Map<string, number>()
    for (const line of readCheckpoint(this.#disk, this.#path) ?? []) {
      // By hand, as with thousands of lines it shows in the time of a start.
      const space = line.lastIndexOf(' ')
      const value = space < 0 ? -1 : Number(line.slice(space + 1))
      if (isOffset(value)) offsets.set(line.slice(0, space).replace(' ', '-'), value)
    }
    return offsets
  }

  /** Lines are `topic partition offset`. Nothing is written where nothing changed. */
  write(lines: readonly string[]): void {
    const content = lines.join('\n')
    if (content === this.#written) return
    writeCheckpoint(this.#disk, this.#path, lines)
    this.#written = content
  }
}
