// What Kafka's compressed batches hold, each codec with a bound on what comes out: a batch of a hostile or merely careless
// producer may claim, or be, any size.
//
//   gzip    RFC 1952
//   snappy  raw blocks, or the framing of xerial's snappy-java that Java clients write:
//           82 'SNAPPY' 00 · int32 version · int32 compatible version · per block: int32 size · raw block, all big-endian
//   lz4     frames, see lz4-frame.ts
//   zstd    RFC 8878
import { createRequire } from 'node:module'
import zlib from 'node:zlib'
import { type Codec, codecs } from '../records/batch.ts'
import { CorruptBatch } from '../records/corrupt-batch.ts'
import { decodeLz4Frames } from './lz4-frame.ts'

/** Kafka's largest request is 100 MiB; nothing sane decompresses to more. */
export const decompressedBytesMax = 104_857_600

/** The content of a compressed block. Throws CorruptBatch where it is garbage, or larger than `bytesMax` when decompressed. */
export function decompress(codec: Codec, block: Uint8Array, bytesMax = decompressedBytesMax): Uint8Array {
  try {
    return decode(codec, block, bytesMax)
  } catch (cause) {
    if (cause instanceof CorruptBatch) throw cause
    throw new CorruptBatch('cannot be decompressed', { cause })
  }
}

function decode(codec: Codec, block: Uint8Array, bytesMax: number): Uint8Array {
  switch (codec) {
    case codecs.none:
      return block
    case codecs.gzip:
      return zlib.gunzipSync(block, { maxOutputLength: bytesMax })
    case codecs.snappy:
      return decompressSnappy(block, bytesMax)
    case codecs.lz4:
      return decodeLz4Frames(block, bytesMax)
    case codecs.zstd:
      return zlib.zstdDecompressSync(block, { maxOutputLength: bytesMax })
    default:
      throw new CorruptBatch(`unknown codec ${codec satisfies never}`)
  }
}

const xerialMagic = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00])
const xerialHeaderBytes = 16

function decompressSnappy(block: Uint8Array, bytesMax: number): Uint8Array {
  if (Buffer.compare(block.subarray(0, xerialMagic.length), xerialMagic) !== 0) return snappyBlock(block, bytesMax)
  const view = new DataView(block.buffer, block.byteOffset, block.length)
  const parts: Uint8Array[] = []
  let left = bytesMax
  let at = xerialHeaderBytes
  while (at < block.length) {
    const size = block.length - at < 4 ? -1 : view.getInt32(at)
    at += 4
    if (size < 0 || size > block.length - at) throw new CorruptBatch('a snappy block ends too early')
    const part = snappyBlock(block.subarray(at, at + size), left)
    left -= part.length
    parts.push(part)
    at += size
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
}

function snappyBlock(block: Uint8Array, bytesMax: number): Uint8Array {
  const claimed = snappyLength(block)
  if (claimed > bytesMax) throw new CorruptBatch(`more than ${bytesMax} bytes when decompressed`)
  return snappy().uncompressSync(block, { asBuffer: true }) as Buffer
}

/** A raw block begins with its decompressed length as a varint; the native decoder allocates that much at once. */
function snappyLength(block: Uint8Array): number {
  let length = 0
  for (let index = 0; index < 5 && index < block.length; index++) {
    length += (block[index]! & 0x7f) * 2 ** (7 * index)
    if (block[index]! < 0x80) return length
  }
  throw new CorruptBatch('a snappy block without a length')
}

/** Native, and loaded when first met: few topics use it. */
let loadedSnappy: typeof import('snappy') | undefined
const snappy = (): typeof import('snappy') =>
  (loadedSnappy ??= createRequire(import.meta.url)('snappy') as typeof import('snappy'))
