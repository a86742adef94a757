import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OffsetIndex } from '../../src-broker/core/log/offset-index.ts'
import { TimeIndex } from '../../src-broker/core/log/time-index.ts'
import { MemoryDisk } from '../support/memory-disk.ts'

// Each step adds an entry, writes what waits to the file, or cuts the index; after each the whole of it is asked.
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('add' as const),
      by: fc.integer({ min: 1, max: 5 }),
      time: fc.integer({ min: -3, max: 5 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('flush' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('cut' as const), share: fc.double({ min: 0, max: 1, noNaN: true }) }),
  },
)
const baseOffset = 1_000

test('an offset index answers like a list that is searched from end to end', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const index = new OffsetIndex(new MemoryDisk().open('index'), baseOffset)
      let model: { offset: number; position: number }[] = []
      let next = baseOffset
      for (const one of steps) {
        if (one.type === 'flush') index.unsynced()
        if (one.type === 'cut') {
          const offset = baseOffset + Math.floor((next - baseOffset) * one.share)
          index.truncateTo(offset)
          model = model.filter((entry) => entry.offset < offset)
        }
        if (one.type === 'add') {
          next += one.by
          index.append(next, next * 7)
          model.push({ offset: next, position: next * 7 })
        }
        const questions = [
          baseOffset - 1,
          next + 3,
          ...Array.from({ length: next - baseOffset + 1 }, (_, at) => baseOffset + at),
        ]
        for (const offset of questions) {
          expect(index.lookup(offset).position).toBe(model.findLast((entry) => entry.offset <= offset)?.position ?? 0)
        }
        expect(index.lastEntry.position).toBe(model.at(-1)?.position ?? 0)
      }
    }),
  )
})

test('a time index answers like a list that is searched from end to end', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const index = new TimeIndex(new MemoryDisk().open('timeindex'), baseOffset)
      let model: { offset: number; time: number }[] = []
      let next = baseOffset
      let time = 50
      for (const one of steps) {
        if (one.type === 'flush') index.unsynced()
        if (one.type === 'cut') {
          const offset = baseOffset + Math.floor((next - baseOffset) * one.share)
          index.truncateTo(offset)
          model = model.filter((entry) => entry.offset < offset)
        }
        if (one.type === 'add') {
          next += one.by
          time += one.time
          index.append(time, next)
          if (time > (model.at(-1)?.time ?? -1)) model.push({ offset: next, time })
        }
        for (let asked = 0; asked < 100; asked += 3) {
          expect(index.lookup(asked)).toBe(model.findLast((entry) => entry.time < asked)?.offset ?? baseOffset)
        }
        expect([index.lastTimestamp, index.lastOffset]).toEqual([
          model.at(-1)?.time ?? -1,
          model.at(-1)?.offset ?? baseOffset,
        ])
      }
    }),
  )
})
