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

interface Batch {
  readonly file: string
  readonly bytes: Uint8Array
  readonly view: DataView
  readonly at: number
}

function* batchesOf({ disk }: Machine, directory: string): Generator<Batch, void> {
  for (const file of disk.list(directory)) {
    if (!file.endsWith('.log')) continue
    const bytes = disk.peek(`${directory}/${file}`)!
    const view = viewOf(bytes)
    for (let at = 0; batch.isWhole(view, at, bytes.length); at += batch.sizeInBytes(view, at)) {
      yield { file, bytes, view, at }
    }
  }
}

/** Key and offset of every record below `to` that has a key. */
function* keysBelow(to: number, machine: Machine, directory: string): Generator<[key: string, offset: number], void> {
  for (const { bytes, view, at } of batchesOf(machine, directory)) {
    const cursor = new RecordCursor(bytes, view, at, decompress)
    while (cursor.next()) if (cursor.key !== null && cursor.offset < to) yield [decodeText(cursor.key), cursor.offset]
  }
}

/** What a compacted log comes down to: of each key the offset of its last record. */
export function lastOffsets(machine: Machine, directory: string, to: number): Map<string, number> {
  return new Map(keysBelow(to, machine, directory))
}

/** How many records below `to` are not the last of their key there: what compaction is to drop. */
export function obsoleteRecords(machine: Machine, directory: string, to: number): number {
  const keys = [...keysBelow(to, machine, directory)].map(([key]) => key)
  return keys.length - new Set(keys).size
}

/** Offsets of those that are not what their checksum says. */
export function damagedBatches(machine: Machine, directory: string): string[] {
  const damaged: string[] = []
  for (const { file, bytes, view, at } of batchesOf(machine, directory)) {
    if (!batch.hasValidCrc(bytes, view, at, checksum)) damaged.push(`${batch.baseOffset(view, at)} in ${file}`)
  }
  return damaged
}
