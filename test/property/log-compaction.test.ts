import fc from 'fast-check'
import { expect, test } from 'vitest'
import { newLog, openLog, recoverLog, startMs } from '../unit/log/bench.ts'
import { clean, put, records } from '../unit/log/compaction-bench.ts'

// Whatever is written, and however often and far it is compacted: who reads from the start ends up with the same values.

const config = {
  segmentBytes: 250,
  indexIntervalBytes: 100,
  cleanupPolicy: 'compact',
  deleteRetentionMs: 1_000,
} as const
const pair = fc.record({ key: fc.constantFrom('a', 'b', 'c', 'd'), value: fc.integer({ min: 0, max: 99 }) })
const turn = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('put' as const),
      pairs: fc.array(pair, { minLength: 1, maxLength: 4 }),
      producerId: fc.integer({ min: -1, max: 2 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('clean' as const),
      mapBytesMax: fc.constantFrom(1, 200, 10_000),
      share: fc.double({ min: 0, max: 1, noNaN: true }),
      segmentBytes: fc.constantFrom(250, 600),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('kill' as const, 'orderly' as const) }) },
)

/** What a reader from the start has in the end; a key whose last record is a tombstone is gone. */
function finalValues(lines: readonly string[]): Map<string, string> {
  const values = new Map<string, string>()
  for (const line of lines) {
    const [, key, value] = /^\d+ (.*)=(.*)$/.exec(line) ?? []
    if (key === undefined) continue
    if (value === '') values.delete(key)
    else values.set(key, value!)
  }
  return values
}

test('compaction changes no reader’s outcome, no offset and no producer', () => {
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 40 }), (turns) => {
      let { disk, log } = newLog(config)
      const written: string[] = []
      const sequences = new Map<number, number>()
      let cleanedTo = 0
      let nowMs = startMs
      for (const one of turns) {
        nowMs += 300
        switch (one.type) {
          case 'put': {
            const { producerId, pairs } = one
            const baseSequence = producerId < 0 ? -1 : (sequences.get(producerId) ?? 0)
            const text = pairs.map(({ key, value }) => `${key}=${value % 7 === 0 ? '' : value}`).join(' ')
            const producerEpoch = producerId < 0 ? -1 : 0
            const result = put(log, text, { producerId, producerEpoch, baseSequence })
            expect(result).toMatchObject({ errorCode: 0, isDuplicate: false })
            sequences.set(producerId, baseSequence + pairs.length)
            for (const [index, line] of text.split(' ').entries()) written.push(`${result.baseOffset + index} ${line}`)
            break
          }
          case 'clean': {
            log.config = { ...log.config, segmentBytes: one.segmentBytes }
            const limitOffset = Math.floor(log.logEndOffset * one.share)
            cleanedTo = clean(disk, log, { cleanedTo, nowMs, limitOffset, mapBytesMax: one.mapBytesMax }) ?? cleanedTo
            break
          }
          case 'kill':
            disk = disk.kill()
            log = recoverLog(disk, 0, config)
            break
          case 'orderly': {
            const { logEndOffset } = log
            log.close()
            log = openLog(
              disk,
              { isClean: true, recoveryPoint: logEndOffset, logStartOffset: 0, highWatermark: 0 },
              config,
            )
          }
        }
        const left = records(log)
        expect([log.logEndOffset, log.damage]).toEqual([written.length, undefined])
        expect(finalValues(left)).toEqual(finalValues(written))
        expect(left.filter((line) => !line.startsWith('[') && !written.includes(line))).toEqual([])
      }
    }),
    { numRuns: 150 },
  )
})
