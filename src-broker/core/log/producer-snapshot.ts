// `<offset>.snapshot`: the producers of a partition as they stood before the offset. Kafka's ProducerSnapshot, version 1:
//
//   int16 version · uint32 CRC-32C of all that follows · int32 entries, each of 46 bytes:
//   int64 producer id · int16 epoch · int32 last sequence · int64 last offset · int32 offset delta · int64 timestamp
//   · int32 coordinator epoch · int64 first offset of the open transaction (-1 none)

import type { Crc32c } from '../../records/batch.ts'
import { readInt64, writeInt64 } from '../../records/int64.ts'

const version = 1
const crcAt = 2
const entriesAt = 6
const firstEntryAt = 10
const entryBytes = 46

export interface ProducerSnapshotEntry {
  readonly producerId: number
  readonly epoch: number
  /** -1 where the producer has no batch in this epoch, as after a transaction marker. */
  readonly lastSequence: number
  readonly lastOffset: number
  readonly offsetDelta: number
  readonly timestamp: number
  readonly coordinatorEpoch: number
  readonly transactionFirstOffset: number
}

export function encodeProducerSnapshot(entries: readonly ProducerSnapshotEntry[], crc32c: Crc32c): Uint8Array {
  const bytes = new Uint8Array(firstEntryAt + entries.length * entryBytes)
  const view = new DataView(bytes.buffer)
  view.setInt16(0, version)
  view.setInt32(entriesAt, entries.length)
  let at = firstEntryAt
  for (const entry of entries) {
    writeInt64(view, at, entry.producerId)
    view.setInt16(at + 8, entry.epoch)
    view.setInt32(at + 10, entry.lastSequence)
    writeInt64(view, at + 14, entry.lastOffset)
    view.setInt32(at + 22, entry.offsetDelta)
    writeInt64(view, at + 26, entry.timestamp)
    view.setInt32(at + 34, entry.coordinatorEpoch)
    writeInt64(view, at + 38, entry.transactionFirstOffset)
    at += entryBytes
  }
  view.setUint32(crcAt, crc32c(bytes, entriesAt, bytes.length))
  return bytes
}

/** Undefined where the file is torn, damaged or of another version: producers are then read from the log itself. */
export function decodeProducerSnapshot(bytes: Uint8Array, crc32c: Crc32c): ProducerSnapshotEntry[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
  if (bytes.length < firstEntryAt || view.getInt16(0) !== version) return undefined
  if (view.getUint32(crcAt) !== crc32c(bytes, entriesAt, bytes.length)) return undefined
  const count = view.getInt32(entriesAt)
  if (bytes.length !== firstEntryAt + count * entryBytes) return undefined
  return Array.from({ length: count }, (_, index) => {
    const at = firstEntryAt + index * entryBytes
    return {
      producerId: readInt64(view, at),
      epoch: view.getInt16(at + 8),
      lastSequence: view.getInt32(at + 10),
      lastOffset: readInt64(view, at + 14),
      offsetDelta: view.getInt32(at + 22),
      timestamp: readInt64(view, at + 26),
      coordinatorEpoch: view.getInt32(at + 34),
      transactionFirstOffset: readInt64(view, at + 38),
    }
  })
}
