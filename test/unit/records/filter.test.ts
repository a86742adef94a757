import { expect, test } from 'vitest'
import * as batch from '../../../src-broker/records/batch.ts'
import { buildBatch, type NewRecord } from '../../../src-broker/records/build.ts'
import { emptiedBatch, filteredBatch } from '../../../src-broker/records/filter.ts'
import { type RecordCursor, readRecords } from '../../../src-broker/records/read.ts'
import { compress, crc32c, decompress, real, text, viewOf } from './samples.ts'

const codecs = { crc32c, compress, decompress }
const startMs = 1_700_000_000_000
const horizonMs = startMs + 86_400_000

const records: NewRecord[] = [
  { key: text('a'), value: text('1'), timestamp: startMs, headers: [{ key: 'h', value: text('x') }] },
  { key: text('b'), value: null, timestamp: startMs + 300 },
  { key: text('c'), value: text('3'), timestamp: startMs + 100_000 },
]
const place = { baseOffset: 40, partitionLeaderEpoch: 7, producerId: 9, producerEpoch: 1, baseSequence: 5 }

const keeping = (keys: string) => ({
  deleteHorizonMs: horizonMs,
  keeps: (record: RecordCursor) => keys.includes(Buffer.from(record.key!).toString()),
})

const filtered = (bytes: Uint8Array, keys: string) => filteredBatch(bytes, viewOf(bytes), 0, keeping(keys), codecs)

/** The parts that matter, and that the checksum is right. */
function shown(bytes: Uint8Array) {
  const view = viewOf(bytes)
  const horizon = batch.deleteHorizonMs(view, 0)
  return {
    offsets: `${batch.baseOffset(view, 0)}..${batch.lastOffset(view, 0)}`,
    producer: [batch.producerId(view, 0), batch.producerEpoch(view, 0), batch.baseSequence(view, 0)].join(' '),
    maxTimestamp: batch.maxTimestamp(view, 0) - startMs,
    horizon: horizon === Infinity ? 'none' : horizon - startMs,
    isSound: batch.isWhole(view, 0, bytes.length) && batch.hasValidCrc(bytes, view, 0, crc32c),
    records: [...readRecords(bytes, view, 0, decompress)].map(
      ({ offset, timestamp, key, value, headers }) =>
        `${offset} @${timestamp - startMs} ${Buffer.from(key!)}=${value && Buffer.from(value)} ${headers.length}`,
    ),
  }
}

test.each(['none', 'zstd'] as const)(
  'what stays keeps its offset, time and headers, the batch its place (%s)',
  (name) => {
    const codec = batch.codecs[name]
    const compression = { codec, compress: (block: Uint8Array) => (codec === 0 ? block : compress(codec, block)) }
    const left = filtered(buildBatch(records, crc32c, { ...place, compression }), 'ac')
    expect(batch.codec(viewOf(left as Uint8Array), 0)).toBe(codec)
    expect(shown(left as Uint8Array)).toEqual({
      offsets: '40..42',
      producer: '9 1 5',
      maxTimestamp: 100_000,
      horizon: 'none',
      isSound: true,
      records: ['40 @0 a=1 1', '42 @100000 c=3 0'],
    })
  },
)

test('a tombstone that stays gives its batch a delete horizon, once, and moves no time', () => {
  const first = filtered(buildBatch(records, crc32c, place), 'ab') as Uint8Array
  expect(shown(first)).toMatchObject({
    horizon: 86_400_000,
    maxTimestamp: 300,
    isSound: true,
    records: ['40 @0 a=1 1', '41 @300 b=null 0'],
  })
  expect(filtered(first, 'ab')).toBe('all')
  const second = filtered(first, 'b') as Uint8Array
  expect(shown(second)).toMatchObject({ horizon: 86_400_000, isSound: true, records: ['41 @300 b=null 0'] })
})

test('a batch whose tombstone is its only change is written anew for the horizon', () => {
  expect(shown(filtered(buildBatch(records, crc32c), 'abc') as Uint8Array)).toMatchObject({
    horizon: 86_400_000,
    records: ['0 @0 a=1 1', '1 @300 b=null 0', '2 @100000 c=3 0'],
  })
})

test('a batch of a real client stays as it is, or loses what is not wanted', () => {
  const bytes = real.headers
  const keeps = (wanted: string) => ({
    deleteHorizonMs: horizonMs,
    keeps: ({ key }: RecordCursor) => wanted.includes(Buffer.from(key!).toString()),
  })
  const of = (wanted: string) => filteredBatch(bytes, viewOf(bytes), 0, keeps(wanted), codecs)
  expect(of('k0 k1 k2')).toBe('all')
  expect(of('')).toBe('none')
  expect(shown(of('k1') as Uint8Array)).toMatchObject({ offsets: '0..2', isSound: true, records: ['1 @1 k1=v1 1'] })
})

test('an emptied batch keeps offsets, producer and time and nothing else', () => {
  const bytes = filtered(buildBatch(records, crc32c, place), 'ab') as Uint8Array
  const empty = emptiedBatch(bytes, 0, crc32c)
  expect(empty.length).toBe(batch.batchHeaderBytes)
  expect(shown(empty)).toEqual({
    offsets: '40..42',
    producer: '9 1 5',
    maxTimestamp: 300,
    horizon: 'none',
    isSound: true,
    records: [],
  })
})
