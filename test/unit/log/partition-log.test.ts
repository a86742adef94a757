import { describe, expect, test, vi } from 'vitest'
import { DiskError } from '../../../src-broker/base/disk.ts'
import * as batch from '../../../src-broker/records/batch.ts'
import { crc32c, real, viewOf } from '../records/samples.ts'
import {
  append,
  appendBytes,
  batchesIn,
  batchOf,
  contentOf,
  contents,
  directory,
  fill,
  filled,
  follow,
  newLog,
  readBytes,
  replicated,
  segments,
  startMs,
} from './bench.ts'

/** 61 bytes of header, and a record of a value of two letters. */
const smallBatchBytes = batchOf(['r0']).length

describe('a leader', () => {
  test('gives offsets and epoch to what it appends, and the file has the bytes as they came', () => {
    const { disk, log } = newLog()
    expect(append(log, ['a', 'b'], { leaderEpoch: 4 })).toEqual({
      errorCode: 0,
      baseOffset: 0,
      lastOffset: 1,
      logAppendTime: -1,
      isDuplicate: false,
    })
    expect(append(log, ['c'], { leaderEpoch: 4 })).toMatchObject({ baseOffset: 2, lastOffset: 2 })
    const file = contentOf(disk.open(`${directory}/00000000000000000000.log`))
    expect(batchesIn(file)).toEqual(['0..1', '2..2'])
    expect(batch.partitionLeaderEpoch(viewOf(file), 0)).toBe(4)
    const restored = file.slice(0, batchOf(['a', 'b']).length)
    batch.stampPlace(viewOf(restored), 0, 0, -1)
    expect(restored).toEqual(batchOf(['a', 'b']))
  })

  test('appends a batch of a real client and serves it back', () => {
    const { log } = newLog()
    expect(appendBytes(log, real.headers.slice()).errorCode).toBe(0)
    expect(contents(log)).toEqual(['0 v0', '1 v1', '2 v2'])
  })

  test('refuses a bad batch and stays as it was', () => {
    const { log } = newLog({ maxMessageBytes: 100 })
    append(log, ['a'])
    const flipped = batchOf(['b'])
    flipped[65]! ^= 1
    expect(appendBytes(log, flipped)).toMatchObject({ errorCode: 2, baseOffset: -1, lastOffset: -1 })
    expect(append(log, ['x'.repeat(100)]).errorCode).toBe(10)
    expect(appendBytes(log, new Uint8Array(0)).errorCode).toBe(87)
    expect(append(log, ['b'])).toMatchObject({ errorCode: 0, baseOffset: 1 })
    expect(contents(log)).toEqual(['0 a', '1 b'])
  })

  test('takes one batch at a time from a client, several from a coordinator', () => {
    const { log } = newLog()
    const two = Uint8Array.from([...batchOf(['a']), ...batchOf(['b', 'c'])])
    expect(appendBytes(log, two.slice()).errorCode).toBe(87)
    expect(appendBytes(log, two.slice(), { origin: 'coordinator' })).toMatchObject({ baseOffset: 0, lastOffset: 2 })
    expect(contents(log)).toEqual(['0 a', '1 b', '2 c'])
  })

  test('refuses a batch larger than a segment', () => {
    const { log } = newLog({ segmentBytes: 100 })
    expect(append(log, ['x'.repeat(50)]).errorCode).toBe(18)
  })

  test('sets its own time where the topic says so', () => {
    const { log } = newLog({ messageTimestampType: 'LogAppendTime' })
    expect(append(log, ['a'], { nowMs: startMs + 77 })).toMatchObject({ errorCode: 0, logAppendTime: startMs + 77 })
    expect(log.offsetOfMaxTimestamp()).toEqual({ offset: 0, timestamp: startMs + 77, leaderEpoch: 0 })
  })

  test('names the records that a compacted topic refuses', () => {
    const { log } = newLog({ cleanupPolicy: 'compact' })
    const keyless = batchOf(['a', 'b'])
    expect(appendBytes(log, keyless).errorCode).toBe(87)
    expect(log.refusedRecords(keyless, viewOf(keyless), 0, startMs)).toEqual({
      errorCode: 87,
      records: [{ index: 0 }, { index: 1 }],
    })
  })

  test('never writes in an epoch that is over', () => {
    const { log } = newLog()
    append(log, ['a'], { leaderEpoch: 3 })
    expect(() => append(log, ['b'], { leaderEpoch: 2 })).toThrow('an epoch that is over')
  })
})

describe('a new segment begins', () => {
  test('before one would grow beyond segment.bytes', () => {
    const { log } = newLog({ segmentBytes: 3 * smallBatchBytes })
    fill(log, 7)
    expect(segments(log)).toBe(`0:${3 * smallBatchBytes} 3:${3 * smallBatchBytes} 6:${smallBatchBytes}`)
    expect(contents(log)).toEqual(filled(0, 7))
  })

  test('when segment.ms lies between its first record and the newest', () => {
    const { log } = newLog({ segmentMs: 1_000 })
    for (const ms of [0, 1_000, 1_001, 500, 2_002]) append(log, ['x'], { timestamps: [startMs + ms] })
    expect(log.segmentsFrom(0).map((segment) => segment.baseOffset)).toEqual([0, 2, 4])
  })

  test('when the index is full', () => {
    const { log } = newLog({ indexIntervalBytes: 0, segmentIndexBytes: 16 })
    fill(log, 8)
    expect(log.segmentsFrom(0).map((segment) => segment.baseOffset)).toEqual([0, 3, 6])
    expect(contents(log)).toEqual(filled(0, 8))
  })

  test('when an offset is too far from the base for the index', () => {
    const { log } = newLog()
    fill(log, 1)
    expect(follow(log, replicated(['far'], 3_000_000_000, 0)).refusal).toBeUndefined()
    expect(log.segmentsFrom(0).map((segment) => segment.baseOffset)).toEqual([0, 3_000_000_000 - 2_147_483_647])
    expect(contents(log)).toEqual(['0 r0', '3000000000 far'])
  })
})

describe('a follower', () => {
  test('appends what the leader has, byte for byte, and learns its epochs', () => {
    const { disk, log } = newLog()
    const sent = [replicated(['a', 'b'], 0, 2), replicated(['c'], 2, 5)]
    expect(follow(log, ...sent)).toEqual({ byteCount: sent[0]!.length + sent[1]!.length, refusal: undefined })
    expect(Buffer.concat(sent).equals(contentOf(disk.open(`${directory}/00000000000000000000.log`)))).toBe(true)
    expect([log.latestEpoch, log.logEndOffset]).toEqual([5, 3])
    expect(log.endOffsetForEpoch(2)).toEqual({ epoch: 2, endOffset: 2 })
  })

  test('takes in what a real broker had stored, a marker included', () => {
    const { log } = newLog()
    follow(log, replicated(['a'], 7, 0, { producerId: 1093, producerEpoch: 0, baseSequence: 0, isTransactional: true }))
    expect(log.firstOpenOffset).toBe(7)
    expect(follow(log, real.commitMarker)).toEqual({ byteCount: real.commitMarker.length, refusal: undefined })
    expect([log.firstOpenOffset, log.logEndOffset]).toEqual([Infinity, 9])
  })

  test('leaves the beginning of a batch for the next time', () => {
    const { log } = newLog()
    const [first, second] = [replicated(['a'], 0, 0), replicated(['b'], 1, 0)]
    for (const cut of [10, 61, second!.length - 1]) {
      const { log } = newLog()
      expect(follow(log, first!, second!.slice(0, cut))).toEqual({ byteCount: first!.length, refusal: undefined })
      expect(follow(log, second!)).toEqual({ byteCount: second!.length, refusal: undefined })
    }
    expect(follow(log)).toEqual({ byteCount: 0, refusal: undefined })
  })

  test.each<[string, Uint8Array, string]>([
    [
      'a flipped bit',
      Uint8Array.from(replicated(['c'], 2, 3), (byte, at) => (at === 65 ? byte ^ 1 : byte)),
      'corrupt-batch',
    ],
    ['bytes that are no batch', new Uint8Array(80).fill(1), 'corrupt-batch'],
    ['a batch it has already', replicated(['a'], 0, 3), 'unexpected-offset'],
    ['a batch behind a hole', replicated(['d'], 3, 3), 'unexpected-offset'],
    ['an epoch that is over', replicated(['c'], 2, 2), 'unexpected-epoch'],
  ])('refuses %s, and keeps what came before it', (_, bad, refusal) => {
    const { log } = newLog()
    const good = [replicated(['a'], 0, 3), replicated(['b'], 1, 3)]
    const byteCount = good[0]!.length * 2
    expect(follow(log, ...good, bad, replicated(['d'], 3, 3))).toEqual({ byteCount, refusal })
    expect(contents(log)).toEqual(['0 a', '1 b'])
  })

  test.each<[string, Uint8Array, Uint8Array]>([
    ['an offset', replicated(['c'], 6, 3), replicated(['d'], 3, 3)],
    ['an epoch', replicated(['c'], 2, 7), replicated(['d'], 3, 3)],
  ])('does not take a batch with %s which the next one shows to be wrong', (_, doubtful, next) => {
    const { log } = newLog({ cleanupPolicy: 'compact' })
    follow(log, replicated(['a'], 0, 3), replicated(['b'], 1, 3), doubtful, next)
    expect(contents(log)).toEqual(['0 a', '1 b'])
  })

  test('takes nothing that ends behind the leader’s log end, nor of an epoch that the leader has not seen', () => {
    const { log } = newLog({ cleanupPolicy: 'compact' })
    const take = (bytes: Uint8Array, leaderEndOffset: number, leaderEpoch: number) => {
      const limits = { leaderEndOffset, leaderEpoch, batchOffset: undefined }
      return log.appendAsFollower(bytes, viewOf(bytes), 0, bytes.length, limits).refusal
    }
    expect(take(replicated(['a'], 65_536, 3), 10, 3)).toBe('unexpected-offset')
    expect(take(replicated(['a'], 0, 259), 10, 3)).toBe('unexpected-epoch')
    expect(take(replicated(['a'], 9, 3), 10, 3)).toBeUndefined()
  })

  test('steps over a gap that compaction left, where the leader itself says so', () => {
    const { log } = newLog()
    const [a, j] = [replicated(['a'], 0, 0), replicated(['j'], 9, 0)]
    follow(log, a)
    const limits = { leaderEndOffset: 10, leaderEpoch: 0, batchOffset: 9 }
    expect(log.appendAsFollower(j, viewOf(j), 0, j.length, limits).byteCount).toBe(j.length)
    expect(contents(log)).toEqual(['0 a', '9 j'])
  })

  test('steps over the holes that compaction left in the leader’s log', () => {
    const { log } = newLog({ cleanupPolicy: 'compact' })
    follow(log, replicated(['a'], 0, 0), replicated(['j'], 9, 0))
    expect(log.logEndOffset).toBe(10)
    expect(contents(log)).toEqual(['0 a', '9 j'])
    expect(log.place(5)).toEqual({ segmentBase: 0, position: replicated(['a'], 0, 0).length, batchOffset: 9 })
  })

  test('closes segments of its own where the leader sends more than fits one', () => {
    const { log } = newLog({ segmentBytes: 2 * smallBatchBytes })
    follow(log, ...[0, 1, 2, 3, 4].map((offset) => replicated([`r${offset}`], offset, 0)))
    expect(log.segmentsFrom(0).map((segment) => segment.baseOffset)).toEqual([0, 2, 4])
    expect(contents(log)).toEqual(filled(0, 5))
  })
})

describe('reading', () => {
  const bench = newLog({ segmentBytes: 4_000, indexIntervalBytes: 300 })
  append(bench.log, ['a', 'b', 'c'])
  fill(bench.log, 200)
  const { log } = bench

  test('begins with the batch that holds the offset', () => {
    expect(batchesIn(readBytes(log, 1, 200))[0]).toBe('0..2')
    for (const offset of [3, 50, 51, 100, 199, 202])
      expect(batchesIn(readBytes(log, offset, 200))[0]).toBe(`${offset}..${offset}`)
  })

  test('ends before the batch that holds the limit', () => {
    expect(batchesIn(readBytes(log, 0, 10_000, 5))).toEqual(['0..2', '3..3', '4..4'])
    expect(batchesIn(readBytes(log, 0, 10_000, 2))).toEqual([])
    expect(batchesIn(readBytes(log, 0, 10_000, 3))).toEqual(['0..2'])
    expect(readBytes(log, 7, 10_000, 7).length).toBe(0)
  })

  test('ends with the segment', () => {
    const next = log.segmentsFrom(0)[1]!.baseOffset
    expect(batchesIn(readBytes(log, next - 1, 10_000))).toEqual([`${next - 1}..${next - 1}`])
    expect(batchesIn(readBytes(log, next, 100))).toEqual([`${next}..${next}`])
  })

  test('gives no more than asked for, and may cut the last batch', () => {
    const bytes = readBytes(log, 3, 150)
    expect([bytes.length, batchesIn(bytes)]).toEqual([150, ['3..3', '4..4']])
  })

  test('gives the first batch whole where it must, though it is larger than asked for', () => {
    expect(batchesIn(readBytes(log, 3, 1))).toEqual(['3..3'])
    expect(readBytes(log, 3, 1, 203, false).length).toBe(1)
    expect(readBytes(log, 3, 0, 203, false).length).toBe(0)
  })

  test('gives nothing at the log end, behind it and before the log start', () => {
    const bench = newLog()
    fill(bench.log, 3)
    bench.log.advanceLogStartOffset(1)
    expect([3, 4, 0].map((offset) => bench.log.read(offset, 100, 99, true).byteLength)).toEqual([0, 0, 0])
  })

  test('finds every offset however often it is asked, at the tail and far from it', () => {
    for (let offset = 202; offset >= 3; offset -= 7) {
      for (const limit of [203, offset + 1])
        expect(batchesIn(readBytes(log, offset, 80, limit))[0]).toBe(`${offset}..${offset}`)
    }
  })

  test('finds its way without an index, and past one that is damaged', () => {
    for (const change of [() => new Uint8Array(0), (content: Uint8Array) => content.fill(0x7f, 4)]) {
      const { disk, log } = newLog({ segmentBytes: 4_000, indexIntervalBytes: 300 })
      fill(log, 100)
      disk.tamper(`${directory}/00000000000000000000.index`, change)
      expect(contents(log)).toEqual(filled(0, 100))
    }
  })

  test('a place is where a follower has to begin in the files of the leader', () => {
    const { log } = newLog({ segmentBytes: 3 * smallBatchBytes })
    fill(log, 5)
    expect([0, 2, 3, 4, 5].map((offset) => log.place(offset))).toEqual([
      { segmentBase: 0, position: 0, batchOffset: 0 },
      { segmentBase: 0, position: 2 * smallBatchBytes, batchOffset: 2 },
      { segmentBase: 3, position: 0, batchOffset: 3 },
      { segmentBase: 3, position: smallBatchBytes, batchOffset: 4 },
      { segmentBase: 3, position: 2 * smallBatchBytes, batchOffset: 5 },
    ])
    expect(log.segmentsFrom(3)).toEqual([{ baseOffset: 3, sizeInBytes: 2 * smallBatchBytes }])
    expect([log.activeSegmentBase, log.activeSegmentSize, log.sizeInBytes]).toEqual([
      3,
      2 * smallBatchBytes,
      5 * smallBatchBytes,
    ])
  })
})

describe('searching by time', () => {
  const at = (...ms: number[]) => ms.map((one) => startMs + one)
  const { log } = newLog({ segmentBytes: 400, indexIntervalBytes: 150 })
  append(log, ['0', '1'], { timestamps: at(0, 10) })
  append(log, ['2', '3', '4'], { timestamps: at(30, 20, 40) })
  append(log, ['5'], { timestamps: at(5) }) // back in time
  append(log, ['6', '7'], { timestamps: at(15, 60) })
  append(log, ['8', '9'], { timestamps: at(60, 50), leaderEpoch: 2 })
  append(log, ['10'], { timestamps: at(70), leaderEpoch: 2 })

  test.each([
    [-999, 0, 0],
    [0, 0, 0],
    [1, 1, 10],
    [11, 2, 30],
    [20, 2, 30],
    [31, 4, 40],
    [41, 7, 60],
    [60, 7, 60],
    [61, 10, 70],
  ])('the first record at or after start %d ms is %d', (ms, offset, found) => {
    expect(log.offsetForTimestamp(startMs + ms)).toMatchObject({ offset, timestamp: startMs + found })
  })

  test('none is later than the last', () => {
    expect(log.offsetForTimestamp(startMs + 71)).toBeUndefined()
  })

  test('the answer names the epoch of its record, and never one before the log start', () => {
    expect(log.offsetForTimestamp(startMs + 61)).toMatchObject({ leaderEpoch: 2 })
    const { log: shortened } = newLog()
    append(shortened, ['0', '1', '2'], { timestamps: at(5, 6, 7) })
    shortened.advanceLogStartOffset(1)
    expect(shortened.offsetForTimestamp(startMs)).toMatchObject({ offset: 1 })
  })

  test('the latest time belongs to the first record that has it', () => {
    const { log } = newLog({ segmentBytes: 200 })
    expect(log.offsetOfMaxTimestamp()).toBeUndefined()
    append(log, ['0', '1', '2', '3'], { timestamps: at(1, 9, 3, 9) })
    append(log, ['4'.repeat(80)], { timestamps: at(9) })
    append(log, ['5'.repeat(80)], { timestamps: at(8) })
    expect(log.offsetOfMaxTimestamp()).toEqual({ offset: 1, timestamp: startMs + 9, leaderEpoch: 0 })
  })

  test('a compressed batch is looked into, one that cannot be decoded answers as a whole', () => {
    const { log } = newLog({ messageTimestampAfterMaxMs: Infinity })
    const time = batch.baseTimestamp(viewOf(real.zstd), 0)
    appendBytes(log, real.zstd.slice())
    expect(log.offsetForTimestamp(time)).toMatchObject({ offset: 0, timestamp: time })
    const garbage = real.zstd.slice()
    garbage.fill(7, 61)
    batch.stampCrc(garbage, viewOf(garbage), 0, crc32c)
    const { log: other } = newLog({ messageTimestampAfterMaxMs: Infinity })
    appendBytes(other, garbage)
    expect(other.offsetForTimestamp(time)).toMatchObject({ offset: 0, timestamp: time })
  })
})

describe('truncation', () => {
  test('drops the batch that holds the offset and all behind it, across segments', () => {
    for (const offset of [0, 1, 5, 6, 7, 8, 19, 20, 99]) {
      const { disk, log } = newLog({ segmentBytes: 3 * smallBatchBytes, indexIntervalBytes: 100 })
      fill(log, 20)
      const end = log.truncateTo(offset)
      expect([end, log.logEndOffset]).toEqual([Math.min(offset, 20), Math.min(offset, 20)])
      expect(contents(log)).toEqual(filled(0, Math.min(offset, 20)))
      fill(log, 5)
      expect(contents(log)).toEqual(filled(0, Math.min(offset, 20) + 5))
      const files = disk.list(directory).filter((name) => name.endsWith('.log'))
      expect(files.length).toBe(log.segmentsFrom(0).length)
    }
  })

  test('amid a batch goes back to where the batch begins', () => {
    const { log } = newLog()
    append(log, ['a'])
    append(log, ['b', 'c', 'd'])
    expect(log.truncateTo(3)).toBe(1)
    expect(contents(log)).toEqual(['0 a'])
  })

  test('forgets on demand the epochs of which it has no record', () => {
    const { log } = newLog()
    log.assignEpoch(2, 0)
    log.forgetEmptyEpochs()
    expect(log.latestEpoch).toBe(-1)
    fill(log, 3, { leaderEpoch: 3 })
    log.assignEpoch(4, 3)
    log.forgetEmptyEpochs()
    expect(log.latestEpoch).toBe(3)
    log.advanceLogStartOffset(3)
    log.forgetEmptyEpochs()
    expect(log.latestEpoch).toBe(-1)
  })

  test('forgets the epochs that began behind it, also where no record goes', () => {
    const { log } = newLog()
    fill(log, 2, { leaderEpoch: 1 })
    fill(log, 2, { leaderEpoch: 3 })
    log.assignEpoch(5, 4)
    expect(log.latestEpoch).toBe(5)
    log.truncateTo(4)
    expect(log.latestEpoch).toBe(3)
    log.truncateTo(2)
    expect(log.latestEpoch).toBe(1)
  })

  test('keeps times searchable', () => {
    const { log } = newLog({ indexIntervalBytes: 0 })
    for (const ms of [1, 2, 30, 4]) append(log, ['x'], { timestamps: [startMs + ms] })
    log.truncateTo(2)
    expect(log.offsetOfMaxTimestamp()).toMatchObject({ offset: 1, timestamp: startMs + 2 })
    append(log, ['x'], { timestamps: [startMs + 5] })
    expect(log.offsetForTimestamp(startMs + 3)).toMatchObject({ offset: 2 })
  })

  test('takes the high watermark and the recovery point with it', () => {
    const { log } = newLog()
    fill(log, 5)
    log.highWatermark = 4
    log.flush()
    let lowered = 0
    log.onRecoveryPointLowered = () => lowered++
    log.truncateTo(3)
    expect([log.highWatermark, log.recoveryPoint, lowered]).toEqual([3, 3, 1])
  })

  test('to the very start of something new leaves nothing of before', () => {
    const { disk, log } = newLog({ segmentBytes: 200 })
    fill(log, 10, { leaderEpoch: 2 })
    log.truncateFullyAndStartAt(500)
    expect([log.logStartOffset, log.logEndOffset, log.latestEpoch, log.sizeInBytes]).toEqual([500, 500, -1, 0])
    fill(log, 2, { leaderEpoch: 2 })
    expect(contents(log)).toEqual(filled(500, 502))
    expect(disk.list(directory).filter((name) => name.endsWith('.log'))).toEqual(['00000000000000000500.log'])
  })
})

describe('retention', () => {
  const third = 3 * smallBatchBytes
  /** Segments 0, 3, 6 and 9, a minute apart. */
  const old = () => {
    const bench = newLog({ segmentBytes: third })
    for (let offset = 0; offset < 10; offset++) {
      append(bench.log, [`r${offset}`], {
        timestamps: [startMs + 60_000 * Math.floor(offset / 3)],
        nowMs: startMs + 600_000,
      })
    }
    return bench
  }
  const keep = { nowMs: startMs, retentionMs: Infinity, retentionBytes: Infinity, highWatermark: 10 }
  const remains = (retention: Partial<typeof keep>, start = 0) => {
    const { disk, log } = old()
    log.advanceLogStartOffset(start)
    const count = log.deleteOldSegments({ ...keep, ...retention })
    const files = disk
      .list(directory)
      .filter((name) => name.endsWith('.log'))
      .map((name) => Number(name.slice(0, 20)))
    return { count, files, logStartOffset: log.logStartOffset }
  }

  test.each<[string, ReturnType<typeof remains>, ReturnType<typeof remains>]>([
    ['nothing without limits', remains({}), { count: 0, files: [0, 3, 6, 9], logStartOffset: 0 }],
    [
      'what is older than retention.ms',
      remains({ nowMs: startMs + 150_000, retentionMs: 60_000 }),
      { count: 2, files: [6, 9], logStartOffset: 6 },
    ],
    [
      'what is more than retention.bytes',
      remains({ retentionBytes: 2 * third }),
      { count: 1, files: [3, 6, 9], logStartOffset: 3 },
    ],
    [
      'no segment that retention.bytes still needs',
      remains({ retentionBytes: 2 * third + smallBatchBytes + 1 }),
      { count: 0, files: [0, 3, 6, 9], logStartOffset: 0 },
    ],
    ['what lies before the log start', remains({}, 7), { count: 2, files: [6, 9], logStartOffset: 7 }],
    [
      'nothing from the high watermark on',
      remains({ retentionBytes: 0, highWatermark: 5 }),
      { count: 1, files: [3, 6, 9], logStartOffset: 3 },
    ],
    [
      'everything, and begins a new segment',
      remains({ retentionBytes: 0 }),
      { count: 4, files: [10], logStartOffset: 10 },
    ],
  ])('removes %s', (_, outcome, expected) => {
    expect(outcome).toEqual(expected)
  })

  test('what a disk refuses to remove is hidden all the same', () => {
    const { disk, log } = old()
    vi.spyOn(disk, 'remove').mockImplementationOnce((path) => {
      throw new DiskError('EIO', path)
    })
    expect(() => log.deleteOldSegments({ ...keep, retentionBytes: 2 * third })).toThrow('EIO')
    expect([log.logStartOffset, readBytes(log, 0).length]).toEqual([3, 0])
    expect(contents(log)).toEqual(filled(3, 10))
  })

  test('a record from the future keeps its segment and all behind it', () => {
    const { log } = newLog({ segmentBytes: smallBatchBytes })
    for (const ms of [0, 9_000, 0]) append(log, ['xx'], { timestamps: [startMs + ms] })
    expect(log.deleteOldSegments({ ...keep, nowMs: startMs + 5_000, retentionMs: 1_000, highWatermark: 3 })).toBe(1)
  })

  test('what is deleted had been committed, though the high watermark that was written down last is older', () => {
    const { log } = newLog()
    fill(log, 3)
    log.advanceLogStartOffset(2)
    expect(log.highWatermark).toBe(2)
  })

  test('the log start moves forward only, and takes the epochs along', () => {
    const { log } = newLog()
    fill(log, 3, { leaderEpoch: 1 })
    fill(log, 3, { leaderEpoch: 2 })
    log.advanceLogStartOffset(4)
    log.advanceLogStartOffset(2)
    expect([log.logStartOffset, log.epochOf(3), log.epochOf(4)]).toEqual([4, -1, 2])
    expect(() => log.advanceLogStartOffset(7)).toThrow('a log start behind the log end')
  })

  test('a log that was emptied goes on at its end', () => {
    const { log } = old()
    log.deleteOldSegments({ ...keep, retentionBytes: 0 })
    fill(log, 2)
    expect(contents(log)).toEqual(filled(10, 12))
    expect(log.deleteOldSegments({ ...keep, retentionBytes: 0, highWatermark: 12 })).toBe(1)
  })
})
