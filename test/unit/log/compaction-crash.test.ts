import { expect, test } from 'vitest'
import { DiskError } from '../../../src-broker/base/disk.ts'
import { MemoryDisk } from '../../support/memory-disk.ts'
import { directory, openLog, recoverLog, segments } from './bench.ts'
import { clean, put, records } from './compaction-bench.ts'

const config = { segmentBytes: 100, indexIntervalBytes: 1, cleanupPolicy: 'compact' } as const

/** Stops working after so many changes to its directory. */
class FailingDisk extends MemoryDisk {
  changesLeft = Infinity

  override rename(from: string, to: string): void {
    this.#count(from)
    super.rename(from, to)
  }

  override remove(path: string): void {
    if (this.exists(path)) this.#count(path)
    super.remove(path)
  }

  #count(path: string): void {
    if (this.changesLeft-- <= 0) throw new DiskError('EIO', path)
  }
}

function dirtyLog() {
  const disk = new FailingDisk()
  disk.makeDirectory(directory)
  const log = openLog(disk, { isClean: true, recoveryPoint: 0, logStartOffset: 0, highWatermark: 0 }, config)
  for (let value = 1; value <= 7; value++) put(log, `a=${value} k${value % 3}=${value}`)
  log.flush()
  log.config = { ...log.config, segmentBytes: 300 }
  return { disk, log }
}

const uncompacted = records(dirtyLog().log)
const values = (lines: string[]) => Object.fromEntries(lines.map((line) => line.replace(/^\d+ /, '').split('=')))

test.each(['kill', 'crash'] as const)(
  'a %s at any step leaves the old segments or the new ones, never both or neither',
  (how) => {
    const seen = new Set<string>()
    for (let changes = 0; ; changes++) {
      const { disk, log } = dirtyLog()
      disk.changesLeft = changes
      let isDone = true
      try {
        clean(disk, log)
      } catch (error) {
        expect(error).toBeInstanceOf(DiskError)
        isDone = false
      }
      const left = disk[how]()
      const after = recoverLog(left, log.recoveryPoint, config)
      const found = records(after)
      expect([after.damage, after.logEndOffset]).toEqual([undefined, 14])
      expect(values(found.filter((line) => !line.startsWith('[')))).toEqual(values(uncompacted))
      expect(left.list(directory).filter((name) => /\.(cleaned|swap|deleted)$/.test(name))).toEqual([])
      // Every record is found by its offset: the indexes are those of the segments beside them.
      expect(put(after, 'a=8 k0=8').errorCode).toBe(0)
      seen.add(segments(after))
      if (isDone) break
    }
    expect([...seen].length).toBeGreaterThan(2)
  },
)
