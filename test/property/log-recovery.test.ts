import fc from 'fast-check'
import { expect, test } from 'vitest'
import { append, contents, directory, newLog, recoverLog, startMs } from '../unit/log/bench.ts'

const config = { indexIntervalBytes: 150 }
const values = fc.array(fc.array(fc.string({ maxLength: 20 }), { minLength: 1, maxLength: 4 }), {
  minLength: 1,
  maxLength: 12,
})
const file = `${directory}/00000000000000000000.log`
/** The first byte of a batch that its checksum covers, the checksum itself included. */
const guardedAt = 17

/** A log of these batches, and where each begins in its one file. */
function written(batches: string[][]) {
  const { disk, log } = newLog(config)
  const positions = batches.map((batch) => {
    const position = log.sizeInBytes
    append(log, batch, { timestamps: batch.map((_, index) => startMs + index) })
    return position
  })
  return { disk, log, positions, lines: contents(log) }
}

/** The records of the first `count` batches. */
const linesOf = (batches: string[][], count: number, lines: string[]) =>
  lines.slice(0, batches.slice(0, count).flat().length)

test('a last batch cut at any byte is dropped, all before it stays', () => {
  fc.assert(
    fc.property(values, (batches) => {
      const { disk, log, positions, lines } = written(batches)
      const before = linesOf(batches, batches.length - 1, lines)
      for (let size = positions.at(-1)!; size < log.sizeInBytes; size++) {
        const torn = disk.kill()
        torn.tamper(file, (content) => content.slice(0, size))
        const recovered = recoverLog(torn, 0, config)
        expect(contents(recovered)).toEqual(before)
        append(recovered, ['next'])
        expect(contents(recovered)).toEqual([...before, `${before.length} next`])
      }
    }),
    { numRuns: 15 },
  )
})

test('a flipped bit ends the log before its batch', () => {
  fc.assert(
    fc.property(values, fc.nat(), fc.nat(), fc.integer({ min: 0, max: 7 }), (batches, which, where, bit) => {
      const { disk, log, positions, lines } = written(batches)
      const hit = which % batches.length
      const end = positions[hit + 1] ?? log.sizeInBytes
      const at = positions[hit]! + guardedAt + (where % (end - positions[hit]! - guardedAt))
      const damaged = disk.kill()
      damaged.tamper(file, (content) => {
        content[at]! ^= 1 << bit
        return content
      })
      const recovered = recoverLog(damaged, 0, config)
      expect(contents(recovered)).toEqual(linesOf(batches, hit, lines))
      expect(recovered.damage?.offset).toBe(recovered.logEndOffset)
    }),
    { numRuns: 300 },
  )
})

test('after a power loss the log holds at least what was flushed, and never anything else than was written', () => {
  fc.assert(
    fc.property(values, fc.nat(), fc.nat(), (batches, flushed, kept) => {
      const { disk, log } = newLog(config)
      let recoveryPoint = 0
      batches.forEach((batch, index) => {
        append(log, batch)
        if (index !== flushed % batches.length) return
        log.flush()
        recoveryPoint = log.recoveryPoint
      })
      const lines = contents(log)
      const synced = disk.crash()
      // Of what was written after the flush, the platter has some bytes.
      const size = synced.open(file).size + (kept % (log.sizeInBytes - synced.open(file).size + 1))
      synced.tamper(file, () => disk.read(file)!.slice(0, size))
      const recovered = recoverLog(synced, recoveryPoint, config)
      expect(recovered.logEndOffset).toBeGreaterThanOrEqual(recoveryPoint)
      expect(contents(recovered)).toEqual(lines.slice(0, recovered.logEndOffset))
    }),
    { numRuns: 200 },
  )
})
