import { expect, test } from 'vitest'
import { buildBatch } from '../../../src-broker/records/build.ts'
import { CorruptBatch } from '../../../src-broker/records/corrupt-batch.ts'
import { readRecords } from '../../../src-broker/records/read.ts'
import { crc32c, decompress, real, text, viewOf } from './samples.ts'

const show = (bytes: Uint8Array) =>
  [...readRecords(bytes, viewOf(bytes), 0, decompress)].map(
    ({ offset, timestamp, key, value, headers }) =>
      `${offset} @${timestamp} ${key && Buffer.from(key)}=${value && Buffer.from(value)} ${headers.map((header) => `${header.key}:${header.value && Buffer.from(header.value)}`).join()}`,
  )

/** A sound batch of one record, with its bytes changed at a place after the header. */
const changed = (at: number, ...values: number[]) => {
  const bytes = buildBatch([{ key: text('k'), value: text('v'), timestamp: 1 }], crc32c)
  bytes.set(values, 61 + at)
  return bytes
}

test('the records of real batches read as they were sent, compressed ones too', () => {
  expect(show(real.headers)).toEqual([
    '0 @1700000000000 k0=v0 h:1',
    '1 @1700000000001 k1=v1 h:1',
    '2 @1700000000002 k2=v2 h:1',
  ])
  expect(show(real.zstd)).toEqual(['0 @1795253258166 null=z '])
})

test('a batch with the broker’s time gives it to all its records', () => {
  const bytes = real.headers.slice()
  viewOf(bytes).setInt16(21, 8)
  expect(show(bytes).map((line) => line.split(' ')[1])).toEqual(Array(3).fill('@1700000000002'))
})

// The record: 0 length · 1 attributes · 2 timestamp delta · 3 offset delta · 4 key length · 5 k · 6 value length · 7 v · 8 headers
test.each<[string, Uint8Array]>([
  ['a record longer than the batch', changed(0, 60)],
  ['a record of negative length', changed(0, 1)],
  ['a record shorter than its parts', changed(0, 6)],
  ['bytes behind the last record', Uint8Array.from([...changed(0, 14), 0])],
  ['an offset delta beyond the last', changed(3, 2)],
  ['a negative offset delta', changed(3, 1)],
  ['a key longer than the record', changed(4, 40)],
  ['a key length below -1', changed(4, 3)],
  ['a value longer than the record', changed(6, 20)],
  ['more headers than could fit', changed(8, 20)],
  ['a negative number of headers', changed(8, 1)],
  ['a varint without end', changed(0, 255, 255, 255, 255, 255)],
])('%s is a corrupt batch, not a crash', (_, bytes) => {
  viewOf(bytes).setInt32(8, bytes.length - 12)
  expect(() => [...readRecords(bytes, viewOf(bytes), 0, decompress)]).toThrow(CorruptBatch)
})

test('a record count that cannot fit costs no loop', () => {
  const bytes = changed(0, 16)
  viewOf(bytes).setInt32(57, 2_000_000_000)
  expect(() => show(bytes)).toThrow(CorruptBatch)
})

test('garbage in a compressed batch is a corrupt batch, and so is a codec nobody knows', () => {
  const garbage = real.zstd.slice()
  garbage.fill(7, 62)
  expect(() => show(garbage)).toThrow(CorruptBatch)
  const unknown = real.zstd.slice()
  unknown[22] = 5
  expect(() => show(unknown)).toThrow(CorruptBatch)
})
