import { expect, test } from 'vitest'
import type { DiskFile } from '../../../src-broker/base/disk.ts'
import { OffsetIndex } from '../../../src-broker/core/log/offset-index.ts'
import { TimeIndex } from '../../../src-broker/core/log/time-index.ts'
import { MemoryDisk } from '../../support/memory-disk.ts'
import { toHex } from '../records/samples.ts'
import { contentOf } from './bench.ts'

test('an offset index leads to the last batch that can be before an offset, and its file has the form of Kafka', () => {
  const file = new MemoryDisk().open('100.index')
  const index = new OffsetIndex(file, 100)
  index.append(109, 0)
  index.append(119, 4_200)
  index.append(129, 8_500)
  expect([100, 109, 110, 119, 125, 129, 500].map((offset) => index.lookup(offset).position)).toEqual([
    0, 0, 0, 4_200, 4_200, 8_500, 8_500,
  ])
  index.seal()
  expect(toHex(contentOf(file))).toBe('00000009' + '00000000' + '00000013' + '00001068' + '0000001d' + '00002134')
})

test('entries in the file and entries that still wait in memory are one index', () => {
  const file = new MemoryDisk().open('0.index')
  const first = new OffsetIndex(file, 0)
  first.append(9, 1_000)
  first.unsynced()
  first.append(19, 2_000)
  expect([5, 9, 15, 19].map((offset) => first.lookup(offset).position)).toEqual([0, 1_000, 1_000, 2_000])
  first.truncateTo(19)
  first.append(29, 3_000)
  first.seal()
  expect(file.size).toBe(16)
})

test('cutting an offset index keeps the batches that end before the offset', () => {
  const index = new OffsetIndex(new MemoryDisk().open('0.index'), 0)
  for (const offset of [9, 19, 29]) index.append(offset, offset * 100)
  index.truncateTo(20)
  expect([index.lastEntry.position, index.sizeInBytes]).toEqual([1_900, 16])
  index.truncateTo(19)
  expect(index.lastEntry.position).toBe(900)
  index.truncateTo(0)
  expect(index.lastEntry.position).toBe(0)
})

test('a time index takes only times that grow, and its file has the form of Kafka', () => {
  const file = new MemoryDisk().open('100.timeindex')
  const index = new TimeIndex(file, 100)
  index.append(1_700_000_000_000, 109)
  index.append(1_699_999_999_000, 119)
  index.append(1_700_000_000_000, 129)
  index.append(1_700_000_000_001, 139)
  expect([index.lastTimestamp, index.lastOffset]).toEqual([1_700_000_000_001, 139])
  index.seal()
  expect(toHex(contentOf(file))).toBe('0000018bcfe56800' + '00000009' + '0000018bcfe56801' + '00000027')
})

test('a search by time begins at the batch before which nothing is late enough', () => {
  const index = new TimeIndex(new MemoryDisk().open('0.timeindex'), 0)
  index.append(1_000, 9)
  index.append(2_000, 19)
  index.append(3_000, 29)
  expect([0, 1_000, 1_001, 2_000, 2_500, 9_000].map((time) => index.lookup(time))).toEqual([0, 0, 9, 9, 19, 29])
})

test('cutting an index looks at few of its entries, however many there are', () => {
  const disk = new MemoryDisk()
  const written = {
    offsets: new OffsetIndex(disk.open('0.index'), 0),
    times: new TimeIndex(disk.open('0.timeindex'), 0),
  }
  for (let offset = 1; offset <= 4_096; offset++) {
    written.offsets.append(offset, offset * 5_000)
    written.times.append(1_000 + offset, offset)
  }
  for (const index of Object.values(written)) index.close()

  const [offsetsFile, timesFile] = [readsCounted(disk.open('0.index')), readsCounted(disk.open('0.timeindex'))]
  const [offsets, times] = [new OffsetIndex(offsetsFile.file, 0), new TimeIndex(timesFile.file, 0)]
  offsets.truncateTo(11)
  times.truncateTo(11)
  expect([offsetsFile.count(), timesFile.count()]).toEqual([12, 12])
  expect([offsets.lastEntry.lastOffset, times.lastOffset, times.lastTimestamp]).toEqual([10, 10, 1_010])
})

test('nothing is left of an index that is cut at its base, not even what no index can say', () => {
  const disk = new MemoryDisk()
  for (const name of ['100.index', '100.timeindex']) {
    const rotten = new Uint8Array(240).fill(0xff)
    disk.open(name).write(rotten, 0, rotten.length, 0)
  }
  const [offsets, times] = [
    new OffsetIndex(disk.open('100.index'), 100),
    new TimeIndex(disk.open('100.timeindex'), 100),
  ]
  offsets.truncateTo(100)
  times.truncateTo(100)
  expect([offsets.sizeInBytes, times.lastTimestamp]).toEqual([0, -1])
})

function readsCounted(file: DiskFile): { file: DiskFile; count(): number } {
  let count = 0
  return {
    file: {
      path: file.path,
      size: file.size,
      read: (into, at, length, position) => {
        count++
        return file.read(into, at, length, position)
      },
      write: () => expect.fail('only to be read'),
      truncate: () => expect.fail('only to be read'),
      sync: () => {},
      close: () => {},
    },
    count: () => count,
  }
}
