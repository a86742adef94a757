import { expect, test } from 'vitest'
import { decodeText, encodeText } from '../../../src-broker/base/text.ts'
import { EpochCache } from '../../../src-broker/core/log/epoch-cache.ts'
import { MemoryDisk } from '../../support/memory-disk.ts'

const path = 'orders-0/leader-epoch-checkpoint'

const cacheOf = (...entries: [epoch: number, startOffset: number][]) => {
  const cache = new EpochCache(new MemoryDisk(), path)
  for (const [epoch, startOffset] of entries) cache.assign(epoch, startOffset)
  return cache
}

const show = (cache: EpochCache) => cache.entries.map(({ epoch, startOffset }) => `${epoch}@${startOffset}`).join(' ')

test('the first record of an epoch counts, later ones change nothing', () => {
  expect(show(cacheOf([1, 0], [1, 5], [2, 10], [2, 10]))).toBe('1@0 2@10')
})

test.each<[string, [number, number][], string]>([
  [
    'an epoch without records gives way to the next one at the same offset',
    [
      [1, 0],
      [2, 10],
      [3, 10],
    ],
    '1@0 3@10',
  ],
  [
    'an older epoch at a later offset drops the newer ones',
    [
      [1, 0],
      [3, 10],
      [2, 20],
    ],
    '1@0 2@20',
  ],
  [
    'a newer epoch at an earlier offset drops what begins behind it',
    [
      [1, 0],
      [2, 10],
      [3, 20],
      [4, 5],
    ],
    '1@0 4@5',
  ],
  [
    'the same epoch at an earlier offset moves back',
    [
      [1, 0],
      [2, 10],
      [2, 5],
    ],
    '1@0 2@5',
  ],
])('%s', (_, entries, expected) => {
  expect(show(cacheOf(...entries))).toBe(expected)
})

test('an epoch ends where the next known one begins, the latest at the log end', () => {
  const cache = cacheOf([2, 10], [4, 20], [5, 30])
  expect([-1, 1, 2, 3, 4, 5, 6].map((epoch) => Object.values(cache.endOffsetFor(epoch, 37)).join('@'))).toEqual([
    '-1@-1', // no epoch asked for
    '1@10', // older than all: gone, or never here
    '2@20',
    '2@20', // KIP-279: the largest epoch up to the one asked for
    '4@30',
    '5@37',
    '-1@-1', // newer than all
  ])
  expect(cacheOf().endOffsetFor(0, 0)).toEqual({ epoch: -1, endOffset: -1 })
})

test('cutting at the log end drops an epoch that began exactly there (KAFKA-10706)', () => {
  const cache = cacheOf([1, 0], [2, 10])
  cache.truncateFromEnd(10)
  expect(show(cache)).toBe('1@0')
})

test('cutting at the start keeps the epoch that holds the new first record, from there on', () => {
  const cache = cacheOf([1, 0], [2, 10], [3, 20])
  cache.truncateFromStart(15)
  expect(show(cache)).toBe('2@15 3@20')
  cache.truncateFromStart(20)
  expect(show(cache)).toBe('3@20')
  cache.truncateFromStart(5)
  expect(show(cache)).toBe('3@20')
})

test('the epoch of an offset is the last one that began up to it', () => {
  const cache = cacheOf([2, 10], [4, 20])
  expect([9, 10, 19, 20, 99].map((offset) => cache.epochOf(offset))).toEqual([-1, 2, 2, 4, 4])
})

test("the file has the form of Kafka's leader-epoch-checkpoint and is written only when it is behind", () => {
  const disk = new MemoryDisk()
  const cache = new EpochCache(disk, path)
  cache.assign(0, 0)
  cache.assign(7, 42)
  expect(disk.read(path)).toBeUndefined()
  cache.save()
  expect(decodeText(disk.read(path)!)).toBe('0\n2\n0 0\n7 42\n')
  expect(show(new EpochCache(disk, path))).toBe('0@0 7@42')
})

test.each(['', '1\n0\n', '0\n2\n0 0\n', '0\n1\n0 0 0\n', 'rubbish'])('a file %j counts as none', (content) => {
  const disk = new MemoryDisk()
  disk.replace(path, encodeText(content))
  expect(show(new EpochCache(disk, path))).toBe('')
})
