import { zstdCompressSync } from 'node:zlib'
import { expect, test } from 'vitest'
import { codecs, hasValidCrc } from '../../../src-broker/records/batch.ts'
import { buildBatch } from '../../../src-broker/records/build.ts'
import { buildEndMarker, readEndMarker } from '../../../src-broker/records/control.ts'
import { readRecords } from '../../../src-broker/records/read.ts'
import { crc32c, decompress, real, text, toHex, viewOf } from './samples.ts'

test("the same records make the same bytes as a real client's", () => {
  const records = [0, 1, 2].map((index) => ({
    key: text(`k${index}`),
    value: text(`v${index}`),
    timestamp: 1_700_000_000_000 + index,
    headers: [{ key: 'h', value: text('1') }],
  }))
  expect(toHex(buildBatch(records, crc32c))).toBe(toHex(real.headers))
})

test("a commit marker has the same bytes as Kafka's broker writes", () => {
  const marker = buildEndMarker(
    { type: 'commit', producerId: 1093, producerEpoch: 0, coordinatorEpoch: 0, timestamp: 0x1a1fd6df7b0 },
    crc32c,
  )
  viewOf(marker).setUint32(4, 8) // base offset
  viewOf(marker).setInt32(12, 0) // leader epoch
  expect(toHex(marker)).toBe(toHex(real.commitMarker))
})

test('what a marker says can be read back', () => {
  const marker = buildEndMarker(
    { type: 'abort', producerId: 5, producerEpoch: 2, coordinatorEpoch: 17, timestamp: 1 },
    crc32c,
  )
  expect(readEndMarker(marker, viewOf(marker), 0)).toEqual({ type: 'abort', coordinatorEpoch: 17 })
  expect(readEndMarker(real.commitMarker, viewOf(real.commitMarker), 0)).toEqual({
    type: 'commit',
    coordinatorEpoch: 0,
  })
  expect(readEndMarker(real.headers, viewOf(real.headers), 0)).toBeUndefined()
})

test('records survive a batch, compressed or not, with nulls, empty blobs, times that go back and headers in any script', () => {
  const records = [
    { key: null, value: text('first'), timestamp: 1_700_000_000_500, headers: [] },
    { key: text(''), value: null, timestamp: 1_700_000_000_100, headers: [{ key: 'größe', value: null }] },
    {
      key: text('k'),
      value: text('x'.repeat(70_000)),
      timestamp: 1_800_000_000_000,
      headers: [{ key: '', value: text('') }],
    },
  ]
  const compression = { codec: codecs.zstd, compress: (block: Uint8Array) => zstdCompressSync(block) }
  for (const options of [{}, { compression }]) {
    const bytes = buildBatch(records, crc32c, { ...options, baseOffset: 40 })
    expect(hasValidCrc(bytes, viewOf(bytes), 0, crc32c)).toBe(true)
    const read = [...readRecords(bytes, viewOf(bytes), 0, decompress)]
    expect(
      read.map(({ key, value, timestamp, headers }) => ({
        key: key && text(toText(key)),
        value: value && text(toText(value)),
        timestamp,
        headers: headers.map((header) => ({ ...header, value: header.value && text(toText(header.value)) })),
      })),
    ).toEqual(records)
    expect(read.map((record) => record.offset)).toEqual([40, 41, 42])
  }
})

const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString()
