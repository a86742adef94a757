import { gzipSync, zstdCompressSync } from 'node:zlib'
import { compressFrameSync } from 'lz4-napi'
import { compressSync as compressSnappy } from 'snappy'
import { describe, expect, test } from 'vitest'
import { decompress } from '../../../src-broker/client/compression.ts'
import { codecs } from '../../../src-broker/records/batch.ts'
import { CorruptBatch } from '../../../src-broker/records/corrupt-batch.ts'
import { readRecords } from '../../../src-broker/records/read.ts'
import { kafkaBatches } from './kafka-batches.ts'

const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString())

describe('what Apache Kafka wrote', () => {
  test.each(kafkaBatches)('its $name batch holds six records, 64-bit integers to the last digit', ({ bytes }) => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
    const records = [...readRecords(bytes, view, 0, decompress)]
    expect(
      records.map((record) => `${record.offset} ${text(record.key)} ${text(record.value)?.slice(0, 29)}`),
    ).toMatchInlineSnapshot(`
        [
          "0 k0 {"flight":9007199254740993,"o",
          "1 k1 {"flight":9007199254740994,"o",
          "2 k2 {"flight":9007199254740995,"o",
          "3 k0 {"flight":9007199254740996,"o",
          "4 k1 {"flight":9007199254740997,"o",
          "5 k2 {"flight":9007199254740998,"o",
        ]
      `)
    expect(records[5]!.headers.map((header) => `${header.key}=${text(header.value)}`)).toEqual(['origin=DTW', 'run=5'])
  })
})

describe('blocks of every size come back as they were', () => {
  const contents = [0, 1, 12, 13, 64, 70_000, 300_000].flatMap((length) => [
    Buffer.alloc(length, 'flights'),
    Buffer.from(Array.from({ length }, (_, index) => (index * index * 31) >> 3)),
  ])
  test('lz4 frames', () => {
    for (const content of contents) {
      expect(Buffer.compare(decompress(codecs.lz4, compressFrameSync(content)), content)).toBe(0)
    }
  })
  test('raw snappy blocks, as clients outside Java write them', () => {
    for (const content of contents) {
      expect(Buffer.compare(decompress(codecs.snappy, compressSnappy(content)), content)).toBe(0)
    }
  })
  test('several lz4 frames in a row', () => {
    const frames = Buffer.concat([compressFrameSync('delayed '), compressFrameSync('flights')])
    expect(text(decompress(codecs.lz4, frames))).toBe('delayed flights')
  })
  test('an lz4 block may refer back into the block before it', () => {
    // FLG 0x40: version 1, blocks linked, no checksums. Block 1: the literals 'departed '. Block 2: 9 bytes from 9 back, then '!'.
    const linked = Buffer.from('04224d184040c00a00000090646570617274656420050000000509001021', 'hex')
    expect(() => decompress(codecs.lz4, linked)).toThrow('ends too early')
    expect(text(decompress(codecs.lz4, Buffer.concat([linked, Buffer.alloc(4)])))).toBe('departed departed !')
  })
})

describe('bombs', () => {
  const megabytes = Buffer.alloc(32 * 1024 * 1024)
  const limit = 1024 * 1024
  test.each([
    ['gzip', codecs.gzip, gzipSync(megabytes)],
    ['snappy', codecs.snappy, compressSnappy(megabytes)],
    ['lz4', codecs.lz4, compressFrameSync(megabytes)],
    ['zstd', codecs.zstd, zstdCompressSync(megabytes)],
  ])('%s stops at the limit', (_name, codec, bomb) => {
    expect(bomb.length).toBeLessThan(2 * limit)
    expect(() => decompress(codec, bomb, limit)).toThrow(CorruptBatch)
  })
  test('a snappy block that only claims four gigabytes is refused before anything is allocated', () => {
    expect(() => decompress(codecs.snappy, Buffer.from('ffffffff0f00', 'hex'))).toThrow('more than 104857600 bytes')
  })
})

describe('garbage is an error, never a hang or a read past the end', () => {
  test('every truncation and every flipped byte of a compressed batch', () => {
    for (const { codec, bytes } of kafkaBatches) {
      if (codec === codecs.none) continue
      const block = bytes.subarray(61)
      for (let length = 0; length < block.length; length++) attempt(codec, block.subarray(0, length))
      for (let at = 0; at < block.length; at++) {
        const flipped = Buffer.from(block)
        flipped[at]! ^= 0xff
        attempt(codec, flipped)
      }
    }
  })
  const attempt = (codec: Parameters<typeof decompress>[0], block: Uint8Array) => {
    try {
      expect(decompress(codec, block, 65_536).length).toBeLessThanOrEqual(65_536)
    } catch (error) {
      expect(error).toBeInstanceOf(CorruptBatch)
    }
  }
})
