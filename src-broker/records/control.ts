// Control batches: one record that is not data but says something about the log. Clients get them and show none of them.
//
//   key    int16 version 0 · int16 type
//   value  of a transaction marker: int16 version 0 · int32 coordinator epoch

import type { Crc32c } from './batch.ts'
import { buildBatch } from './build.ts'
import { CorruptBatch } from './corrupt-batch.ts'
import { RecordCursor } from './read.ts'

export const controlTypes = {
  abort: 0,
  commit: 1,
  leaderChange: 2,
  snapshotHeader: 3,
  snapshotFooter: 4,
  kraftVersion: 5,
  kraftVoters: 6,
} as const
export type ControlType = (typeof controlTypes)[keyof typeof controlTypes]

export const controlKey = (type: ControlType): Uint8Array => new Uint8Array([0, 0, 0, type])

/** The type in a control record's key, undefined where the key is none. */
export const controlTypeOf = (key: Uint8Array | null): number | undefined =>
  key === null || key.length < 4 ? undefined : (key[2]! << 8) | key[3]!

/** The end of a transaction in one partition. */
export interface EndMarker {
  readonly type: 'commit' | 'abort'
  readonly coordinatorEpoch: number
}

export function buildEndMarker(
  marker: EndMarker & { readonly producerId: number; readonly producerEpoch: number; readonly timestamp: number },
  crc32c: Crc32c,
): Uint8Array<ArrayBuffer> {
  const value = new Uint8Array(6)
  new DataView(value.buffer).setInt32(2, marker.coordinatorEpoch)
  return buildBatch([{ key: controlKey(controlTypes[marker.type]), value, timestamp: marker.timestamp }], crc32c, {
    producerId: marker.producerId,
    producerEpoch: marker.producerEpoch,
    isTransactional: true,
    isControl: true,
  })
}

/** What the control batch at `at` says of a transaction; undefined where it speaks of something else, or was compacted to nothing. */
export function readEndMarker(bytes: Uint8Array, view: DataView, at: number): EndMarker | undefined {
  try {
    const cursor = new RecordCursor(bytes, view, at, refuseToDecompress)
    if (!cursor.next()) return undefined
    const type = controlTypeOf(cursor.key)
    const { value } = cursor
    if ((type !== controlTypes.commit && type !== controlTypes.abort) || value === null || value.length < 6) return
    const coordinatorEpoch = new DataView(value.buffer, value.byteOffset).getInt32(2)
    return { type: type === controlTypes.commit ? 'commit' : 'abort', coordinatorEpoch }
  } catch (error) {
    if (error instanceof CorruptBatch) return undefined
    throw error
  }
}

/** No broker compresses a control batch. */
const refuseToDecompress = (): never => {
  throw new CorruptBatch('a compressed control batch')
}
