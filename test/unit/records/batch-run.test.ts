import { expect, test } from 'vitest'
import * as batch from '../../../src-broker/records/batch.ts'
import { BatchRun } from '../../../src-broker/records/batch-run.ts'
import { buildBatch } from '../../../src-broker/records/build.ts'
import { crc32c, real, text, viewOf } from './samples.ts'

const newBatch = (baseOffset: number, value: string) =>
  buildBatch([{ key: null, value: text(value), timestamp: 1_700_000_000_000 + baseOffset }], crc32c, {
    baseOffset,
    partitionLeaderEpoch: 5,
  })

const joined = (...parts: readonly Uint8Array[]): Uint8Array => Uint8Array.from(parts.flatMap((part) => [...part]))

function checked(bytes: Uint8Array, from = 0): { end: number; isValid: boolean } {
  const run = new BatchRun()
  run.check(bytes, viewOf(bytes), from, bytes.length, crc32c)
  return { end: run.end, isValid: run.isValid }
}

test('batches of any size that follow each other are valid together', () => {
  const row = joined(
    ...[0, 1, 7, 100, 255, 256, 4_000, 70_000].map((length, offset) => newBatch(offset, 'x'.repeat(length))),
  )
  expect(checked(row)).toEqual({ end: row.length, isValid: true })
})

test('so are batches that other programs made, and one alone', () => {
  const row = joined(real.headers, real.transactional, real.commitMarker, real.zstd)
  expect(checked(row)).toEqual({ end: row.length, isValid: true })
  expect(checked(real.zstd)).toEqual({ end: real.zstd.length, isValid: true })
})

test('the run ends where a batch is cut off, and is none where the first one is', () => {
  const [first, second] = [newBatch(0, 'ink'), newBatch(1, 'paper')]
  expect(checked(joined(first, second.subarray(0, 70)))).toEqual({ end: first.length, isValid: true })
  expect(checked(joined(first, second.subarray(0, 70)), first.length)).toEqual({ end: first.length, isValid: false })
  expect(checked(new Uint8Array(0))).toEqual({ end: 0, isValid: false })
})

test('it begins where it is told to', () => {
  const [spoilt, ...others] = [newBatch(0, 'ink'), newBatch(1, 'paper'), newBatch(2, 'lead')]
  spoilt![65]! ^= 1
  const row = joined(spoilt!, ...others)
  expect(checked(row)).toEqual({ end: row.length, isValid: false })
  expect(checked(row, spoilt!.length)).toEqual({ end: row.length, isValid: true })
})

test('every single bit counts as it does for the batch it is in', () => {
  const row = joined(newBatch(0, 'ink'), newBatch(1, 'paper'), newBatch(2, ''), newBatch(3, 'lead'))
  let refused = 0
  for (let bit = 0; bit < row.length * 8; bit++) {
    row[bit >> 3]! ^= 1 << (bit & 7)
    const { end, isValid } = checked(row)
    if (isValid !== isEachValid(row, end)) expect.fail(`bit ${bit & 7} of byte ${bit >> 3}`)
    if (!isValid) refused++
    row[bit >> 3]! ^= 1 << (bit & 7)
  }
  // All but the offsets and epochs, and what ends the run before the batch.
  expect(refused).toBeGreaterThan(row.length * 8 * 0.7)
})

test('errors in two batches do not make up for each other', () => {
  const row = joined(...Array.from({ length: 20 }, (_, offset) => newBatch(offset, 'the same in each of them')))
  const size = row.length / 20
  for (let other = 1; other < 20; other++) {
    for (const at of [65, other * size + 65]) row[at]! ^= 0x40
    expect(checked(row).isValid).toBe(false)
    for (const at of [65, other * size + 65]) row[at]! ^= 0x40
  }
})

function isEachValid(bytes: Uint8Array, end: number): boolean {
  const view = viewOf(bytes)
  for (let at = 0; at < end; at += batch.sizeInBytes(view, at)) {
    if (!batch.hasValidCrc(bytes, view, at, crc32c)) return false
  }
  return end > 0
}
