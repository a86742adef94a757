import { expect, test } from 'vitest'
import * as batch from '../../../src-broker/records/batch.ts'
import { crc32c, fromHex, real, viewOf } from './samples.ts'

const header = (bytes: Uint8Array) => {
  const view = viewOf(bytes)
  return {
    baseOffset: batch.baseOffset(view, 0),
    lastOffset: batch.lastOffset(view, 0),
    sizeInBytes: batch.sizeInBytes(view, 0),
    partitionLeaderEpoch: batch.partitionLeaderEpoch(view, 0),
    magic: batch.magic(view, 0),
    codec: batch.codec(view, 0),
    isTransactional: batch.isTransactional(view, 0),
    isControl: batch.isControl(view, 0),
    isLogAppendTime: batch.isLogAppendTime(view, 0),
    hasDeleteHorizon: batch.hasDeleteHorizon(view, 0),
    baseTimestamp: batch.baseTimestamp(view, 0),
    maxTimestamp: batch.maxTimestamp(view, 0),
    producerId: batch.producerId(view, 0),
    producerEpoch: batch.producerEpoch(view, 0),
    baseSequence: batch.baseSequence(view, 0),
    lastSequence: batch.lastSequence(view, 0),
    recordCount: batch.recordCount(view, 0),
  }
}

test("Apache Kafka's own batches read as what they are", () => {
  expect(header(real.headers)).toEqual({
    baseOffset: 0,
    lastOffset: 2,
    sizeInBytes: 106,
    partitionLeaderEpoch: -1,
    magic: 2,
    codec: batch.codecs.none,
    isTransactional: false,
    isControl: false,
    isLogAppendTime: false,
    hasDeleteHorizon: false,
    baseTimestamp: 1_700_000_000_000,
    maxTimestamp: 1_700_000_000_002,
    producerId: -1,
    producerEpoch: -1,
    baseSequence: -1,
    lastSequence: 1,
    recordCount: 3,
  })
  expect(header(real.commitMarker)).toMatchObject({
    baseOffset: 8,
    isTransactional: true,
    isControl: true,
    producerId: 1093,
    producerEpoch: 0,
    baseSequence: -1,
    recordCount: 1,
  })
  expect(header(real.zstd)).toMatchObject({ codec: batch.codecs.zstd, producerId: 102, baseSequence: 6 })
})

test.each(Object.entries(real))(
  'the checksum of the recorded batch "%s" is right, and one flipped bit is not',
  (_, bytes) => {
    expect(batch.hasValidCrc(bytes, viewOf(bytes), 0, crc32c)).toBe(true)
    const flipped = bytes.slice()
    flipped[flipped.length - 1]! ^= 1
    expect(batch.hasValidCrc(flipped, viewOf(flipped), 0, crc32c)).toBe(false)
  },
)

test('a batch is given its place without touching its checksum', () => {
  const bytes = real.headers.slice()
  batch.stampPlace(viewOf(bytes), 0, 5_000_000_000, 7)
  expect(header(bytes)).toMatchObject({ baseOffset: 5_000_000_000, lastOffset: 5_000_000_002, partitionLeaderEpoch: 7 })
  expect(batch.hasValidCrc(bytes, viewOf(bytes), 0, crc32c)).toBe(true)
})

test("stamping the broker's time sets the type bit, the latest time and the checksum", () => {
  const bytes = real.headers.slice()
  batch.stampLogAppendTime(bytes, viewOf(bytes), 0, 1_800_000_000_000, crc32c)
  expect(header(bytes)).toMatchObject({ isLogAppendTime: true, maxTimestamp: 1_800_000_000_000, codec: 0 })
  expect(batch.hasValidCrc(bytes, viewOf(bytes), 0, crc32c)).toBe(true)
})

test('sequences wrap from 2^31 − 1 to 0', () => {
  expect([0, 1, 5].map((delta) => batch.addToSequence(2_147_483_646, delta))).toEqual([2_147_483_646, 2_147_483_647, 3])
})

test.each([
  ['one byte is missing', real.headers.slice(0, -1)],
  ['the header is cut', real.headers.slice(0, 60)],
  ['the length is negative', fromHex(`0000000000000000ffffffff${'00'.repeat(60)}`)],
  ['the length is shorter than a header', fromHex(`000000000000000000000004ffffffff02${'00'.repeat(60)}`)],
  ['the magic is 1', fromHex(`000000000000000000000040ffffffff01${'00'.repeat(60)}`)],
])('a batch is not whole when %s', (_, bytes) => {
  expect(batch.isWhole(viewOf(bytes), 0, bytes.length)).toBe(false)
  expect(batch.isWhole(viewOf(real.headers), 0, real.headers.length)).toBe(true)
})
