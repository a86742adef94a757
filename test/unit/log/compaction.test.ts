import { expect, test } from 'vitest'
import { CorruptBatch } from '../../../src-broker/records/corrupt-batch.ts'
import { compress } from '../records/samples.ts'
import { batchesIn, directory, newLog, readBytes, recoverLog, segments, startMs } from './bench.ts'
import { clean, day, put, records } from './compaction-bench.ts'

/** Each batch of a few records fills a segment, so that all but the last can be compacted. */
const small = { segmentBytes: 100, segmentMs: 1_000_000, cleanupPolicy: 'compact' } as const
/** Room for the cleaned segments to come together. */
const wide = { ...small, segmentBytes: 10_000 }

test('of every key the last record stays, where it was', () => {
  const { disk, log } = newLog(small)
  put(log, 'a=1 b=1 c=1')
  put(log, 'a=2 b=2')
  put(log, 'b=3 d=1')
  put(log, 'a=4')
  expect(clean(disk, log)).toBe(7)
  expect(records(log)).toEqual(['2 c=1', '3 a=2', '5 b=3', '6 d=1', '7 a=4'])
})

test('the active segment is not touched, and what it says makes nothing before it obsolete', () => {
  const { disk, log } = newLog(small)
  put(log, 'a=1')
  expect(clean(disk, log)).toBeUndefined()
  put(log, 'a=2 b=1 c=1')
  put(log, 'a=3 b=2')
  expect(clean(disk, log)).toBe(4)
  expect(records(log)).toEqual(['[0..0]', '1 a=2', '2 b=1', '3 c=1', '4 a=3', '5 b=2'])
})

test('nothing is compacted that is not committed yet', () => {
  const { disk, log } = newLog(small)
  for (const value of [1, 2, 3, 4]) put(log, `a=${value} b=${value}`)
  expect(clean(disk, log, { limitOffset: 5 })).toBe(4)
  expect(records(log)).toEqual(['[0..1]', '2 a=2', '3 b=2', '4 a=3', '5 b=3', '6 a=4', '7 b=4'])
})

test('what is younger than min.compaction.lag.ms waits', () => {
  const { disk, log } = newLog({ ...small, minCompactionLagMs: 1_000 })
  put(log, 'a=1 b=1', { timestamps: [startMs, startMs] })
  put(log, 'a=2 b=2', { timestamps: [startMs + 500, startMs + 500] })
  put(log, 'c=1 d=1', { timestamps: [startMs + 900, startMs + 900] })
  expect(clean(disk, log, { nowMs: startMs + 900 })).toBeUndefined()
  expect(clean(disk, log, { nowMs: startMs + 1_500 })).toBe(4)
  expect(records(log).slice(0, 2)).toEqual(['[0..1]', '2 a=2'])
})

test('a tombstone stays for delete.retention.ms after the compaction that met it first', () => {
  const { disk, log } = newLog({ ...small, deleteRetentionMs: day })
  put(log, 'a=1 b=1')
  put(log, 'a= c=1')
  put(log, 'd=1 e=1')
  expect(clean(disk, log)).toBe(4)
  expect(records(log)).toEqual(['1 b=1', '2 a=', '3 c=1', '4 d=1', '5 e=1'])
  put(log, 'f=1 g=1')
  expect(clean(disk, log, { cleanedTo: 4, nowMs: startMs + day - 1 })).toBe(6)
  expect(records(log)).toContain('2 a=')
  put(log, 'h=1 i=1')
  expect(clean(disk, log, { cleanedTo: 6, nowMs: startMs + day })).toBe(8)
  expect(records(log)).not.toContain('2 a=')
  expect(records(log)).toContain('3 c=1')
})

test('a producer’s last batch stays when its records are gone, and the producer goes on after a restart', () => {
  const { disk, log } = newLog(small)
  const producer = { producerId: 77, producerEpoch: 0 }
  put(log, 'a=1', { ...producer, baseSequence: 0 })
  put(log, 'a=2 z=1', { ...producer, baseSequence: 1 })
  put(log, 'a=3 z=2')
  put(log, 'b=1 c=1')
  expect(clean(disk, log)).toBe(5)
  expect(records(log)).toEqual(['[0..0]', '[1..2]', '3 a=3', '4 z=2', '5 b=1', '6 c=1'])
  const after = recoverLog(disk.kill(), 0, small)
  expect(put(after, 'b=2', { ...producer, baseSequence: 5 }).errorCode).toBe(45)
  expect(put(after, 'b=2', { ...producer, baseSequence: 3 }).errorCode).toBe(0)
})

test('small neighbours come together, as far as segment.bytes allows', () => {
  const { disk, log } = newLog(small)
  for (let value = 1; value <= 6; value++) put(log, `a=${value} k${value}=1`)
  expect(segments(log)).toBe('0:80 2:80 4:80 6:80 8:80 10:80')
  log.config = { ...log.config, segmentBytes: 220 }
  expect(clean(disk, log)).toBe(10)
  expect(segments(log)).toBe('0:142 4:142 8:80 10:80')
  expect(records(log)).toEqual(['1 k1=1', '3 k2=1', '5 k3=1', '7 k4=1', '8 a=5', '9 k5=1', '10 a=6', '11 k6=1'])
})

test('a segment in which nothing changes keeps its file', () => {
  const { disk, log } = newLog(small)
  put(log, 'a=1 b=1')
  put(log, 'c=1 d=1')
  put(log, 'c=2 e=1')
  put(log, 'f=1 g=1')
  const [first, second] = log.content.segments.all
  expect(clean(disk, log)).toBe(6)
  expect(log.content.segments.all[0]).toBe(first)
  expect(log.content.segments.all[1]).not.toBe(second)
})

test('a map that is full leaves the rest for the next time', () => {
  const { disk, log } = newLog(small)
  for (let value = 1; value <= 4; value++) put(log, `a=${value} b=${value} c=${value}`)
  const to = clean(disk, log, { mapBytesMax: 1 })
  expect(to).toBe(3)
  expect(clean(disk, log, { cleanedTo: to!, mapBytesMax: 1_000 })).toBe(9)
  expect(records(log)).toEqual(['[0..2]', '[3..5]', '6 a=3', '7 b=3', '8 c=3', '9 a=4', '10 b=4', '11 c=4'])
})

test('compressed batches are compressed again, transactions are left alone', () => {
  const { disk, log } = newLog(wide)
  const zstd = { codec: 4, compress: (block: Uint8Array) => compress(4, block) } as const
  put(log, 'a=1 b=1', { compression: zstd })
  put(log, 'a=2', { producerId: 5, producerEpoch: 0, baseSequence: 0, isTransactional: true })
  put(log, 'b=2 c=2', { compression: zstd })
  put(log, 'd=1', { timestamps: [startMs + small.segmentMs + 1] })
  expect(clean(disk, log)).toBe(5)
  expect(records(log)).toEqual(['0 a=1', '2 a=2', '3 b=2', '4 c=2', '5 d=1'])
})

test('a producer’s last batch stays though newer ones of others end its segment', () => {
  const { disk, log } = newLog(small)
  put(log, 'a=1', { producerId: 7, producerEpoch: 0, baseSequence: 0 })
  put(log, 'a=2 b=1')
  put(log, 'a=3 b=2')
  log.config = { ...log.config, segmentBytes: 10_000 }
  expect(clean(disk, log)).toBe(3)
  expect(records(log)).toEqual(['[0..0]', '1 a=2', '2 b=1', '3 a=3', '4 b=2'])
})

test('an emptied segment is not found by time, and goes with its age all the same', () => {
  const { disk, log } = newLog({ ...small, cleanupPolicy: 'compact,delete' })
  put(log, 'a=1', { timestamps: [startMs + 5_000] })
  put(log, 'a=2 b=1', { timestamps: [startMs, startMs + 1] })
  put(log, 'c=1 d=1', { timestamps: [startMs, startMs] })
  expect(clean(disk, log)).toBe(3)
  expect(records(log)[0]).toBe('[0..0]')
  expect(log.offsetOfMaxTimestamp()).toMatchObject({ offset: 2, timestamp: startMs + 1 })
  expect(log.offsetForTimestamp(startMs + 2)).toBeUndefined()
  const retention = { nowMs: startMs + 5_000 + 61, retentionMs: 60, retentionBytes: Infinity, highWatermark: 5 }
  expect([log.deleteOldSegments(retention), log.logStartOffset]).toEqual([3, 5])
})

test('a read does not begin with emptied batches, save where nothing else can be read', () => {
  const { disk, log } = newLog(small)
  for (const value of [1, 2, 3, 4]) put(log, `a=${value} b=${value}`)
  expect(clean(disk, log)).toBe(6)
  expect(records(log).slice(0, 3)).toEqual(['[0..1]', '[2..3]', '4 a=3'])
  const read = (from: number, limit?: number) => batchesIn(readBytes(log, from, 1_000, limit))
  expect([read(0), read(3), read(6)]).toEqual([['4..5'], ['4..5'], ['6..7']])
  put(log, 'a=5 b=5')
  expect(clean(disk, log, { cleanedTo: 6 })).toBe(8)
  expect([read(0), read(0, 6)]).toEqual([['6..7'], ['0..1']])
})

test('a rotten batch ends the compaction and leaves the log as it was', () => {
  const { disk, log } = newLog(small)
  put(log, 'a=1 b=1')
  put(log, 'a=2 b=2')
  put(log, 'a=3 b=3')
  disk.tamper(`${directory}/00000000000000000000.log`, (content) => content.fill(0x55, 65, 70))
  expect(() => clean(disk, log)).toThrow(CorruptBatch)
  expect(segments(log)).toBe('0:79 2:79 4:79')
  expect(disk.list(directory).filter((name) => name.endsWith('.cleaned'))).toEqual([])
})
