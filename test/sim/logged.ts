// Batches as they lie in the files of one replica, read without asking its broker.
import { decodeText } from '../../src-broker/base/text.ts'
import { decompress } from '../../src-broker/client/compression.ts'
import { viewOf } from '../../src-broker/protocol/reader.ts'
import * as batch from '../../src-broker/records/batch.ts'
import { RecordCursor } from '../../src-broker/records/read.ts'
import type { Machine } from './machine.ts'
import { checksum } from './world.ts'

export interface LoggedBatch {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly epoch: number
  readonly crc: number
}

export function logBatches({ disk }: Machine, directory: string, from: number, to: number): LoggedBatch[] {
  const files = disk.list(directory).filter((name) => name.endsWith('.log'))
  const found: LoggedBatch[] = []
  for (const [index, name] of files.entries()) {
    const next = files[index + 1]
    if (next !== undefined && Number.parseInt(next, 10) <= from) continue
    batchesIn(disk.peek(`${directory}/${name}`)!, from, to, found)
  }
  return found
}

/** Those that begin in [from, to). */
function batchesIn(bytes: Uint8Array, from: number, to: number, into: LoggedBatch[]): void {
  const view = viewOf(bytes)
  for (let at = 0; batch.isWhole(view, at, bytes.length); at += batch.sizeInBytes(view, at)) {
    const baseOffset = batch.baseOffset(view, at)
    if (baseOffset >= to) return
    if (baseOffset < from) continue
    const lastOffset = batch.lastOffset(view, at)
    into.push({ baseOffset, lastOffset, epoch: batch.partitionLeaderEpoch(view, at), crc: batch.storedCrc(view, at) })
  }
}

/** What a compacted log comes down to: of each key the offset of its last record. */
export function lastOffsets({ disk }: Machine, directory: string, to: number): Map<string, number> {
  const last = new Map<string, number>()
  for (const name of disk.list(directory)) {
    if (!name.endsWith('.log')) continue
    const bytes = disk.peek(`${directory}/${name}`)!
    const view = viewOf(bytes)
    for (let at = 0; batch.isWhole(view, at, bytes.length); at += batch.sizeInBytes(view, at)) {
      const cursor = new RecordCursor(bytes, view, at, decompress)
      while (cursor.next()) {
        if (cursor.key !== null && cursor.offset < to) last.set(decodeText(cursor.key), cursor.offset)
      }
    }
  }
  return last
}

/** How many records below `to` are not the last of their key there: what compaction is to drop. */
export function obsoleteRecords({ disk }: Machine, directory: string, to: number): number {
  const keys = new Set<string>()
  let records = 0
  for (const name of disk.list(directory)) {
    if (!name.endsWith('.log')) continue
    const bytes = disk.peek(`${directory}/${name}`)!
    const view = viewOf(bytes)
    for (let at = 0; batch.isWhole(view, at, bytes.length); at += batch.sizeInBytes(view, at)) {
      const cursor = new RecordCursor(bytes, view, at, decompress)
      while (cursor.next()) {
        if (cursor.key === null || cursor.offset >= to) continue
        records++
        keys.add(decodeText(cursor.key))
      }
    }
  }
  return records - keys.size
}

/** Offsets of those that are not what their checksum says. */
export function damagedBatches({ disk }: Machine, directory: string): string[] {
  const damaged: string[] = []
  for (const name of disk.list(directory)) {
    if (!name.endsWith('.log')) continue
    const bytes = disk.peek(`${directory}/${name}`)!
    const view = viewOf(bytes)
    for (let at = 0; batch.isWhole(view, at, bytes.length); at += batch.sizeInBytes(view, at)) {
      if (!batch.hasValidCrc(bytes, view, at, checksum)) damaged.push(`${batch.baseOffset(view, at)} in ${name}`)
    }
  }
  return damaged
}
