import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { crc32c as nativeCrc32c } from '@node-rs/crc32'
import { type Codec, type Crc32c, codecs } from '../../../src-broker/records/batch.ts'

export const crc32c: Crc32c = (bytes, from, to) => nativeCrc32c(bytes.subarray(from, to))

export const decompress = (codec: Codec, block: Uint8Array): Uint8Array => {
  if (codec !== codecs.zstd) throw new Error(`no codec ${codec} in this test`)
  return zstdDecompressSync(block)
}

export const compress = (codec: Codec, block: Uint8Array): Uint8Array => {
  if (codec !== codecs.zstd) throw new Error(`no codec ${codec} in this test`)
  return zstdCompressSync(block)
}

export const fromHex = (hex: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(hex, 'hex'))
export const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')
export const text = (value: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(value))
export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)

/** Recorded between real clients and Apache Kafka 4.3.1. */
export const real = {
  /** Three records k0…k2 with a header h = h each, timestamps 1,700,000,000,000 to …002, no producer. */
  headers: fromHex(
    '00000000000000000000005effffffff02ee511e910000000000020000018bcfe568000000018bcfe56802ffffffffffffffffffffffffffff' +
      '000000031c000000046b3004763002026802311c000202046b3104763102026802311c000404046b320476320202680231',
  ),
  /** kafkajs, transactional, one record. */
  transactional: fromHex(
    '0000000000000000000000390000000002e25a0bb1001000000000000001a1fd6df79c000001a1fd6df79c0000000000000445000000000000' +
      '000000010e00000001027400',
  ),
  /** The commit marker that Kafka's broker wrote for another transaction of that producer. */
  commitMarker: fromHex(
    '000000000000000800000042000000000242f323b6003000000000000001a1fd6df7b0000001a1fd6df7b000000000000004450000ffffffff' +
      '000000012000000008000000010c00000000000000',
  ),
  /** @platformatic/kafka, idempotent (sequence 6), one record "z" compressed with zstd. */
  zstd: fromHex(
    '0000000000000000000000420000000002d1e40f76000400000000000001a1fd6ec7b6000001a1fd6ec7b60000000000000066000000000006' +
      '0000000128b52ffd20084100000e00000001027a00',
  ),
}
