// A record batch, version 2, the same on the wire and on disk. Big-endian.
//
//    at  bytes  field
//     0      8  base offset             stamped by the leader, so outside the CRC
//     8      4  batch length            of what follows this field: the whole batch is 12 bytes more
//    12      4  partition leader epoch  stamped by the leader, so outside the CRC
//    16      1  magic                   2
//    17      4  CRC-32C                 of everything from the attributes to the end
//    21      2  attributes              bits 0–2 codec · 3 log append time · 4 transactional · 5 control · 6 delete horizon
//    23      4  last offset delta
//    27      8  base timestamp          record timestamps are relative to it; the delete horizon where bit 6 is set
//    35      8  max timestamp
//    43      8  producer id             -1 none
//    51      2  producer epoch
//    53      4  base sequence
//    57      4  record count
//    61         records                 one compressed block where a codec is set
//
// Every function takes the view and the index of the batch in it, and trusts that the header is there.

import { readInt64, writeInt64 } from './int64.ts'

/** CRC-32C (Castagnoli) of bytes[from, to), unsigned. */
export type Crc32c = (bytes: Uint8Array, from: number, to: number) => number

/** The content of a compressed block. Throws on garbage and on bombs: the limit is the implementation's. */
export type Decompress = (codec: Codec, block: Uint8Array) => Uint8Array

/** A block of records, compressed; the level is the codec's own, its default where none is given. */
export type Compress = (codec: Codec, block: Uint8Array, level?: number) => Uint8Array

export const batchHeaderBytes = 61
/** Base offset and length: enough to know how long a batch is. */
export const batchLengthEnd = 12
export const batchMagic = 2
export const magicAt = 16
export const crcAt = 17
export const attributesAt = 21

export const codecs = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 } as const
export type Codec = (typeof codecs)[keyof typeof codecs]

const codecBits = 0x07
const logAppendTimeBit = 0x08
export const transactionalBit = 0x10
const controlBit = 0x20
const deleteHorizonBit = 0x40

export const baseOffset = (view: DataView, at: number): number => readInt64(view, at)
/** The whole batch, header included, as its length field claims. Negative or tiny where the field is garbage. */
export const sizeInBytes = (view: DataView, at: number): number => view.getInt32(at + 8) + batchLengthEnd
export const partitionLeaderEpoch = (view: DataView, at: number): number => view.getInt32(at + 12)
export const magic = (view: DataView, at: number): number => view.getInt8(at + magicAt)
export const storedCrc = (view: DataView, at: number): number => view.getUint32(at + crcAt)
export const attributes = (view: DataView, at: number): number => view.getInt16(at + attributesAt)
export const lastOffsetDelta = (view: DataView, at: number): number => view.getInt32(at + 23)
export const baseTimestamp = (view: DataView, at: number): number => readInt64(view, at + 27)
export const maxTimestamp = (view: DataView, at: number): number => readInt64(view, at + 35)
export const producerId = (view: DataView, at: number): number => readInt64(view, at + 43)
export const producerEpoch = (view: DataView, at: number): number => view.getInt16(at + 51)
export const baseSequence = (view: DataView, at: number): number => view.getInt32(at + 53)
export const recordCount = (view: DataView, at: number): number => view.getInt32(at + 57)

export const lastOffset = (view: DataView, at: number): number => baseOffset(view, at) + lastOffsetDelta(view, at)
/** May be 5 to 7, which no client can decode: whoever takes batches in has to look. */
export const codec = (view: DataView, at: number): number => attributes(view, at) & codecBits
export const isLogAppendTime = (view: DataView, at: number): boolean => (attributes(view, at) & logAppendTimeBit) !== 0
export const isTransactional = (view: DataView, at: number): boolean => (attributes(view, at) & transactionalBit) !== 0
export const isControl = (view: DataView, at: number): boolean => (attributes(view, at) & controlBit) !== 0
export const hasDeleteHorizon = (view: DataView, at: number): boolean => (attributes(view, at) & deleteHorizonBit) !== 0
/** When the tombstones in the batch have been there long enough (KIP-534); Infinity where nobody has said so yet. */
export const deleteHorizonMs = (view: DataView, at: number): number =>
  hasDeleteHorizon(view, at) ? baseTimestamp(view, at) : Infinity

/** Sequence of the last record. Sequences wrap from 2^31 − 1 to 0. */
export const lastSequence = (view: DataView, at: number): number =>
  addToSequence(baseSequence(view, at), lastOffsetDelta(view, at))

export const addToSequence = (sequence: number, delta: number): number => (sequence + delta) % 2_147_483_648

/** Gives a batch its place. Neither field is under the CRC, so the bytes stay valid. */
export function stampPlace(view: DataView, at: number, offset: number, leaderEpoch: number): void {
  writeInt64(view, at, offset)
  view.setInt32(at + 12, leaderEpoch)
}

/** Makes the broker's clock the time of every record in the batch, and the CRC right again. */
export function stampLogAppendTime(bytes: Uint8Array, view: DataView, at: number, nowMs: number, crc32c: Crc32c): void {
  view.setInt16(at + attributesAt, attributes(view, at) | logAppendTimeBit)
  writeInt64(view, at + 35, nowMs)
  stampCrc(bytes, view, at, crc32c)
}

export function stampCrc(bytes: Uint8Array, view: DataView, at: number, crc32c: Crc32c): void {
  view.setUint32(at + crcAt, crc32c(bytes, at + attributesAt, at + sizeInBytes(view, at)))
}

export function hasValidCrc(bytes: Uint8Array, view: DataView, at: number, crc32c: Crc32c): boolean {
  return crc32c(bytes, at + attributesAt, at + sizeInBytes(view, at)) === storedCrc(view, at)
}

/** Whether a whole batch of this version lies in [at, to), as far as its length and magic tell. */
export function isWhole(view: DataView, at: number, to: number): boolean {
  if (to - at < batchHeaderBytes) return false
  const size = sizeInBytes(view, at)
  return size >= batchHeaderBytes && size <= to - at && magic(view, at) === batchMagic
}

/** Says what is in a batch whose records were changed. The CRC is for the caller to mend. */
export function stampContent(view: DataView, at: number, size: number, count: number, latestMs: number): void {
  view.setInt32(at + 8, size - batchLengthEnd)
  writeInt64(view, at + 35, latestMs)
  view.setInt32(at + 57, count)
}

/** Names another codec. The CRC is for the caller to mend. */
export function stampCodec(view: DataView, at: number, codec: Codec): void {
  view.setInt16(at + attributesAt, (attributes(view, at) & ~codecBits) | codec)
}

/** Sets the delete horizon, from which the records' times count from then on. The CRC is for the caller to mend. */
export function stampDeleteHorizon(view: DataView, at: number, horizonMs: number): void {
  view.setInt16(at + attributesAt, attributes(view, at) | deleteHorizonBit)
  writeInt64(view, at + 27, horizonMs)
}

/** Makes the batch one without records, codec and delete horizon. The CRC is for the caller to mend. */
export function stampEmpty(view: DataView, at: number): void {
  view.setInt32(at + 8, batchHeaderBytes - batchLengthEnd)
  view.setInt16(at + attributesAt, attributes(view, at) & ~(codecBits | deleteHorizonBit))
  writeInt64(view, at + 27, maxTimestamp(view, at))
  view.setInt32(at + 57, 0)
}

/** The bits of the attributes field. */
export const attributesOf = (batch: {
  codec?: Codec
  isLogAppendTime?: boolean
  isTransactional?: boolean
  isControl?: boolean
}): number =>
  (batch.codec ?? codecs.none) |
  (batch.isLogAppendTime ? logAppendTimeBit : 0) |
  (batch.isTransactional ? transactionalBit : 0) |
  (batch.isControl ? controlBit : 0)
