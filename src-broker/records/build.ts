// New batches: what coordinators, the metadata quorum and our own client write.

import { encodeText } from '../base/text.ts'
import * as batch from './batch.ts'
import { writeInt64 } from './int64.ts'
import { varlongBytes, writeVarlong } from './varint.ts'

export interface NewRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly timestamp: number
  readonly headers?: readonly { readonly key: string; readonly value: Uint8Array | null }[]
}

/** What is not given is Kafka's "none": no producer, no sequence, base offset 0, epoch -1. */
export interface BatchOptions {
  readonly baseOffset?: number
  readonly partitionLeaderEpoch?: number
  readonly producerId?: number
  readonly producerEpoch?: number
  readonly baseSequence?: number
  readonly isTransactional?: boolean
  readonly isControl?: boolean
  readonly compression?: { readonly codec: batch.Codec; compress(block: Uint8Array): Uint8Array }
}

export function buildBatch(
  records: readonly NewRecord[],
  crc32c: batch.Crc32c,
  options: BatchOptions = {},
): Uint8Array<ArrayBuffer> {
  const baseTimestamp = records[0]?.timestamp ?? -1
  const plain = encodeRecords(records, baseTimestamp)
  const block = options.compression === undefined ? plain : options.compression.compress(plain)
  const bytes = new Uint8Array(batch.batchHeaderBytes + block.length)
  const view = new DataView(bytes.buffer)
  bytes.set(block, batch.batchHeaderBytes)
  writeInt64(view, 0, options.baseOffset ?? 0)
  view.setInt32(8, bytes.length - batch.batchLengthEnd)
  view.setInt32(12, options.partitionLeaderEpoch ?? -1)
  view.setInt8(16, batch.batchMagic)
  view.setInt16(21, batch.attributesOf({ ...options, codec: options.compression?.codec ?? batch.codecs.none }))
  view.setInt32(23, records.length - 1)
  writeInt64(view, 27, baseTimestamp)
  writeInt64(
    view,
    35,
    records.reduce((max, record) => Math.max(max, record.timestamp), -1),
  )
  writeInt64(view, 43, options.producerId ?? -1)
  view.setInt16(51, options.producerEpoch ?? -1)
  view.setInt32(53, options.baseSequence ?? -1)
  view.setInt32(57, records.length)
  batch.stampCrc(bytes, view, 0, crc32c)
  return bytes
}

function encodeRecords(records: readonly NewRecord[], baseTimestamp: number): Uint8Array {
  const headers = records.map((record) =>
    (record.headers ?? []).map((header) => ({ key: encodeText(header.key), value: header.value })),
  )
  const bodyBytes = records.map(
    (record, index) =>
      1 +
      varlongBytes(record.timestamp - baseTimestamp) +
      varlongBytes(index) +
      blobBytes(record.key) +
      blobBytes(record.value) +
      varlongBytes(headers[index]!.length) +
      headers[index]!.reduce((sum, header) => sum + blobBytes(header.key) + blobBytes(header.value), 0),
  )
  const into = new Uint8Array(bodyBytes.reduce((sum, length) => sum + varlongBytes(length) + length, 0))
  let at = 0
  records.forEach((record, index) => {
    at = writeVarlong(bodyBytes[index]!, into, at) + 1 // The attributes byte stays 0.
    at = writeVarlong(record.timestamp - baseTimestamp, into, at)
    at = writeVarlong(index, into, at)
    at = writeBlob(record.key, into, at)
    at = writeBlob(record.value, into, at)
    at = writeVarlong(headers[index]!.length, into, at)
    for (const header of headers[index]!) at = writeBlob(header.value, into, writeBlob(header.key, into, at))
  })
  return into
}

const blobBytes = (blob: Uint8Array | null): number => (blob === null ? 1 : varlongBytes(blob.length) + blob.length)

function writeBlob(blob: Uint8Array | null, into: Uint8Array, at: number): number {
  const start = writeVarlong(blob === null ? -1 : blob.length, into, at)
  if (blob === null) return start
  into.set(blob, start)
  return start + blob.length
}
