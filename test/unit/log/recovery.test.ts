import { expect, test } from 'vitest'
import { DiskError } from '../../../src-broker/base/disk.ts'
import { defaultLogConfig } from '../../../src-broker/core/log/log-config.ts'
import { emptyLogStart, PartitionLog } from '../../../src-broker/core/log/partition-log.ts'
import type { Crc32c } from '../../../src-broker/records/batch.ts'
import { crc32c } from '../records/samples.ts'
import {
  append,
  batchOf,
  contentOf,
  contents,
  directory,
  envOn,
  fill,
  filled,
  newLog,
  openLog,
  recoverLog,
  segments,
  startMs,
} from './bench.ts'

const first = `${directory}/00000000000000000000.log`
const smallBatchBytes = batchOf(['r0']).length

test('after a kill everything that was written is there', () => {
  const { disk, log } = newLog({ segmentBytes: 5 * smallBatchBytes, indexIntervalBytes: 100 })
  fill(log, 18, { leaderEpoch: 3 })
  const recovered = recoverLog(disk.kill())
  expect([recovered.damage, recovered.latestEpoch, segments(recovered)]).toEqual([undefined, 3, segments(log)])
  expect(contents(recovered)).toEqual(filled(0, 18))
})

test('after a power loss what was flushed is there, and a torn rest is cut off', () => {
  const { disk, log } = newLog({ indexIntervalBytes: 100 })
  fill(log, 10, { leaderEpoch: 1 })
  log.flush()
  fill(log, 5, { leaderEpoch: 2 })
  const lost = disk.crash()
  const recovered = recoverLog(lost, 10)
  expect(contents(recovered)).toEqual(filled(0, 10))
  expect([recovered.damage, recovered.latestEpoch]).toEqual([undefined, 1])

  const torn = disk.crash()
  torn.tamper(first, (content) => Uint8Array.from([...content, ...new Uint8Array(90)]))
  const other = recoverLog(torn, 10)
  expect(contents(other)).toEqual(filled(0, 10))
  expect(other.damage).toEqual({ offset: 10, bytes: 90 })
  fill(other, 3, { leaderEpoch: 1 })
  expect(contents(other)).toEqual(filled(0, 13))
})

test('a damaged batch takes all behind it along, later segments too', () => {
  const { disk, log } = newLog({ segmentBytes: 5 * smallBatchBytes })
  fill(log, 18)
  const damaged = disk.kill()
  damaged.tamper(`${directory}/00000000000000000005.log`, (content) =>
    content.fill(0x11, 2 * smallBatchBytes + 50, 2 * smallBatchBytes + 52),
  )
  const recovered = recoverLog(damaged)
  expect(contents(recovered)).toEqual(filled(0, 7))
  expect(recovered.damage).toEqual({ offset: 7, bytes: log.sizeInBytes - 7 * smallBatchBytes })
  expect(damaged.list(directory).filter((name) => name.endsWith('.log'))).toEqual([
    '00000000000000000000.log',
    '00000000000000000005.log',
  ])
})

test('before the recovery point nothing is read again, so damage there stays for the reader to find', () => {
  const { disk, log } = newLog({ indexIntervalBytes: 100 })
  fill(log, 20)
  log.flush()
  const damaged = disk.crash()
  damaged.tamper(first, (content) => content.fill(0xff, 70, 71))
  expect(recoverLog(damaged, 20).logEndOffset).toBe(20)
})

test('damage before the log start costs nothing that comes after it', () => {
  const { disk, log } = newLog({ segmentBytes: 10 * smallBatchBytes })
  fill(log, 20)
  for (const hit of [2, 6]) {
    const damaged = disk.kill()
    damaged.tamper(first, (content) => content.fill(0xff, hit * smallBatchBytes + 62, hit * smallBatchBytes + 64))
    const start = { isClean: false, recoveryPoint: 0, logStartOffset: 7, highWatermark: 0 }
    const recovered = openLog(damaged, start)
    expect([recovered.damage, recovered.logStartOffset, recovered.logEndOffset]).toEqual([undefined, 7, 20])
    expect(contents(recovered)).toEqual(filled(7, 20))
  }
})

test('a log that ends before its start begins anew there, and says that records are missing', () => {
  const { disk, log } = newLog()
  fill(log, 6)
  const start = { isClean: false, recoveryPoint: 0, logStartOffset: 9, highWatermark: 0 }
  const recovered = openLog(disk.kill(), start)
  expect([recovered.damage, recovered.logStartOffset, recovered.logEndOffset]).toEqual([{ offset: 6, bytes: 0 }, 9, 9])
})

test('a log that lost flushed records says so', () => {
  const { disk, log } = newLog()
  fill(log, 6)
  log.flush()
  const damaged = disk.crash()
  damaged.tamper(first, (content) => content.slice(0, 4 * smallBatchBytes))
  expect(recoverLog(damaged, 6).damage).toEqual({ offset: 4, bytes: 0 })
})

test.each([
  ['an orderly stop', true],
  ['a kill', false],
])('after %s a segment that was made for a batch, and not filled with it, costs nothing', (_, isOrderly) => {
  const config = { segmentMs: 1_000 }
  const { disk, log } = newLog(config)
  append(log, ['r0'], { timestamps: [startMs] })
  // The disk has made the file of the new segment when it refuses, and does not remove it either.
  const second = `${directory}/00000000000000000001.log`
  disk.open(second).write(new Uint8Array(0), 0, 0, 0)
  disk.needRoom = (path) => {
    if (path === second) throw new DiskError('EIO', path)
  }
  const { remove } = disk
  disk.remove = (path) => {
    if (path === second) throw new DiskError('EIO', path)
  }
  expect(() => append(log, ['too late'], { timestamps: [startMs + 5_000] })).toThrow('EIO')
  disk.remove = remove
  append(log, ['r1'], { timestamps: [startMs + 1] })
  append(log, ['r2'], { timestamps: [startMs + 5_000] })
  const recoveryPoint = isOrderly ? log.logEndOffset : 0
  if (isOrderly) log.close()
  const left = isOrderly ? disk : disk.kill()
  const reopened = openLog(left, { ...emptyLogStart, isClean: isOrderly, recoveryPoint }, config)
  expect([contents(reopened), reopened.damage]).toEqual([filled(0, 3), undefined])
  expect(left.list(directory).filter((name) => name.endsWith('.log'))).toHaveLength(2)
})

test('a segment that a power loss emptied takes those behind it along, though they are whole', () => {
  const { disk, log } = newLog({ segmentBytes: 3 * smallBatchBytes })
  fill(log, 9)
  const lost = disk.kill()
  lost.tamper(`${directory}/00000000000000000003.log`, () => new Uint8Array(0))
  const recovered = recoverLog(lost)
  expect(contents(recovered)).toEqual(filled(0, 3))
  expect(recovered.damage).toEqual({ offset: 3, bytes: 3 * smallBatchBytes })
  fill(recovered, 4)
  expect(contents(recovered)).toEqual(filled(0, 7))
})

test('what a truncation had cut off does not come back behind what was written over it', () => {
  const { disk, log } = newLog()
  fill(log, 5, { leaderEpoch: 2 })
  log.truncateTo(2)
  fill(log, 2, { leaderEpoch: 3 })
  const over = disk.kill()
  // Of the file's old end the last batch is there again.
  const lastOld = batchOf(['r4'], { baseOffset: 4, partitionLeaderEpoch: 2 })
  over.tamper(first, (content) => Uint8Array.from([...content, ...lastOld]))
  const recovered = recoverLog(over, 2)
  expect([recovered.logEndOffset, recovered.latestEpoch, recovered.damage?.offset]).toEqual([4, 3, 4])
})

test('what was cut off stays away also where a power loss follows at once, so that nothing can be written amid it', () => {
  const { disk, log } = newLog()
  fill(log, 10, { leaderEpoch: 1 })
  log.flush()
  log.truncateTo(5)
  expect(contents(recoverLog(disk.crash()))).toEqual(filled(0, 5))
})

test('indexes that were not synced are built anew', () => {
  const config = { segmentBytes: 2_000, indexIntervalBytes: 100 }
  const { disk, log } = newLog(config)
  for (let index = 0; index < 60; index++) append(log, [`r${index}`], { timestamps: [startMs + index] })
  const indexes = (on: typeof disk) =>
    on
      .list(directory)
      .filter((name) => name.endsWith('index'))
      .map((name) => [name, Buffer.from(contentOf(on.open(`${directory}/${name}`))).toString('hex')])
  const killed = disk.kill()
  for (const name of killed.list(directory)) {
    if (name.endsWith('index')) killed.tamper(`${directory}/${name}`, (content) => content.map(() => 0x11))
  }
  recoverLog(killed, 0, config).close()
  log.close()
  expect(indexes(killed)).toEqual(indexes(disk))
  expect(indexes(disk).length).toBeGreaterThan(4)
})

test('after an orderly stop nothing is read until it is needed', () => {
  const { disk, log } = newLog()
  fill(log, 4, { leaderEpoch: 2 })
  log.highWatermark = 3
  log.close()
  const reads: string[] = []
  const list = disk.list.bind(disk)
  disk.list = (path) => (reads.push(path), list(path))
  const reopened = openLog(disk, { isClean: true, recoveryPoint: 4, logStartOffset: 0, highWatermark: 3 })
  expect([reopened.logEndOffset, reopened.logStartOffset, reopened.highWatermark, reads.length]).toEqual([4, 0, 3, 0])
  expect(contents(reopened)).toEqual(filled(0, 4))
  expect(reads.length).toBe(1)
  expect(append(reopened, ['r4'], { leaderEpoch: 3 })).toMatchObject({ baseOffset: 4 })
})

test('an orderly stop that is not borne out by the files is treated as none', () => {
  const { disk, log } = newLog()
  fill(log, 4)
  log.close()
  disk.tamper(first, (content) => content.slice(0, -3))
  const reopened = openLog(disk, { isClean: true, recoveryPoint: 4, logStartOffset: 0, highWatermark: 4 })
  expect(contents(reopened).at(0)).toBe('0 r0')
  expect([reopened.logEndOffset, reopened.highWatermark, reopened.damage]).toEqual([
    3,
    3,
    { offset: 3, bytes: smallBatchBytes - 3, highWatermark: 4 },
  ])
})

test('a log that a power loss left shorter than its checkpointed high watermark says so, though every byte of it is sound', () => {
  const { disk, log } = newLog()
  fill(log, 3)
  log.flush()
  fill(log, 2)
  const start = { isClean: false, recoveryPoint: 3, logStartOffset: 0 }
  expect(openLog(disk.kill(), { ...start, highWatermark: 5 }).damage).toBeUndefined()
  const reopened = openLog(disk.crash(), { ...start, highWatermark: 5 })
  expect([reopened.damage, reopened.highWatermark]).toEqual([{ offset: 3, bytes: 0, highWatermark: 5 }, 3])
})

test('a log whose records are all gone still knows where it ended', () => {
  const { disk, log } = newLog()
  fill(log, 9)
  log.deleteOldSegments({ nowMs: startMs, retentionMs: Infinity, retentionBytes: 0, highWatermark: 9 })
  const recovered = recoverLog(disk.kill())
  expect([recovered.logStartOffset, recovered.logEndOffset]).toEqual([9, 9])
})

test('a log that ends before its start begins anew there', () => {
  const { disk, log } = newLog()
  fill(log, 3)
  const recovered = openLog(disk.kill(), { isClean: false, recoveryPoint: 0, logStartOffset: 8, highWatermark: 8 })
  expect([recovered.logStartOffset, recovered.logEndOffset, contents(recovered)]).toEqual([8, 8, []])
})

test('a log that lets go of its files and takes them up again has its end and its high watermark still', () => {
  const { disk, log } = newLog()
  fill(log, 10)
  const recovered = recoverLog(disk.kill(), 0)
  recovered.highWatermark = 8
  recovered.abandon()
  recovered.ensureOpen()
  expect([recovered.highWatermark, recovered.logEndOffset]).toEqual([8, 10])
})

test('epochs of what was deleted are forgotten at a start, though the file still has them', () => {
  const { disk, log } = newLog()
  for (const leaderEpoch of [1, 4, 6]) append(log, ['x'], { leaderEpoch })
  log.flush()
  const { recoveryPoint } = log
  log.advanceLogStartOffset(2)
  const start = { isClean: false, recoveryPoint, logStartOffset: 2, highWatermark: 3 }
  const again = openLog(disk.kill(), start)
  expect([1, 6].map((epoch) => again.endOffsetForEpoch(epoch))).toEqual([
    { epoch: 1, endOffset: 2 },
    { epoch: 6, endOffset: 3 },
  ])
  expect(again.endOffsetForEpoch(5)).toEqual({ epoch: 5, endOffset: 2 })
})

test('epochs are found again in the batches, those before the recovery point in the file', () => {
  const { disk, log } = newLog()
  fill(log, 3, { leaderEpoch: 1 })
  fill(log, 3, { leaderEpoch: 4 })
  log.flush()
  fill(log, 3, { leaderEpoch: 6 })
  const recovered = recoverLog(disk.kill(), 6)
  expect([1, 4, 6].map((epoch) => recovered.endOffsetForEpoch(epoch).endOffset)).toEqual([3, 6, 9])
})

test('the checksums of many small batches are asked for in few calls, until one of them is wrong', () => {
  const { disk, log } = newLog()
  for (let index = 0; index < 1_000; index++) append(log, ['r0'])
  const recovered = (on: typeof disk) => {
    let calls = 0
    const counted: Crc32c = (...what) => {
      calls++
      return crc32c(...what)
    }
    const start = { isClean: false, recoveryPoint: 0, logStartOffset: 0, highWatermark: 0 }
    const { logEndOffset } = PartitionLog.open({ ...envOn(on), crc32c: counted }, directory, defaultLogConfig, start)
    return { logEndOffset, calls }
  }
  expect(recovered(disk.kill())).toEqual({ logEndOffset: 1_000, calls: 1 })

  const damaged = disk.kill()
  damaged.tamper(first, (content) => content.fill(0x11, 700 * smallBatchBytes + 50, 700 * smallBatchBytes + 52))
  expect(recovered(damaged)).toEqual({ logEndOffset: 700, calls: 1 + 701 })
})
