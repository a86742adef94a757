// What Kafka's clients can read of compressed batches: the counterpart of compression.ts.
//
//   gzip    RFC 1952
//   snappy  in the framing of xerial's snappy-java, as Kafka's own producer writes it: 32 KiB of content a block
//   lz4     a frame of independent blocks
//   zstd    RFC 8878
import { createRequire } from 'node:module'
import zlib from 'node:zlib'
import { type Codec, codecs } from '../records/batch.ts'

const snappyBlockBytes = 32_768
/** 82 'SNAPPY' 00 · int32 version 1 · int32 compatible version 1 */
const xerialHeader = Buffer.from('82534e41505059000000000100000001', 'hex')

/** lz4 and snappy have one level here: their libraries offer no other. */
export function compress(codec: Codec, block: Uint8Array, level?: number): Uint8Array {
  switch (codec) {
    case codecs.none:
      return block
    case codecs.gzip:
      return zlib.gzipSync(block, level === undefined ? {} : { level })
    case codecs.snappy:
      return compressSnappy(block)
    case codecs.lz4:
      return load<typeof import('lz4-napi')>('lz4-napi').compressFrameSync(Buffer.from(block))
    case codecs.zstd:
      return zlib.zstdCompressSync(
        block,
        level === undefined ? {} : { params: { [zlib.constants.ZSTD_c_compressionLevel]: level } },
      )
    default:
      throw new Error(`unknown codec ${codec satisfies never}`)
  }
}

function compressSnappy(block: Uint8Array): Uint8Array {
  const { compressSync } = load<typeof import('snappy')>('snappy')
  const parts: Uint8Array[] = [xerialHeader]
  for (let at = 0; at < block.length; at += snappyBlockBytes) {
    const part = compressSync(Buffer.from(block.subarray(at, at + snappyBlockBytes)))
    const size = Buffer.alloc(4)
    size.writeInt32BE(part.length)
    parts.push(size, part)
  }
  return Buffer.concat(parts)
}

/** Native, and loaded when first met: few topics use it. */
const load = createRequire(import.meta.url) as <Module>(name: string) => Module
