// The workbench of the log tests: a log on a disk in memory, and short ways to write to it and to look at it.

import type { Disk, DiskFile } from '../../../src-broker/base/disk.ts'
import { defaultLogConfig, type LogConfig } from '../../../src-broker/core/log/log-config.ts'
import type { LogEnv } from '../../../src-broker/core/log/log-env.ts'
import { emptyLogStart, type LogStart, PartitionLog } from '../../../src-broker/core/log/partition-log.ts'
import * as batch from '../../../src-broker/records/batch.ts'
import { type BatchOptions, buildBatch } from '../../../src-broker/records/build.ts'
import { readRecords } from '../../../src-broker/records/read.ts'
import { MemoryDisk } from '../../support/memory-disk.ts'
import { compress, crc32c, decompress, text, viewOf } from '../records/samples.ts'

export const startMs = 1_700_000_000_000
export const directory = 'orders-0'

export const envOn = (disk: Disk): LogEnv => ({ disk, crc32c, decompress, compress })

export interface Bench {
  readonly disk: MemoryDisk
  readonly log: PartitionLog
}

/** A new log; small segments and intervals make its inner borders easy to reach. */
export function newLog(config: Partial<LogConfig> = {}): Bench {
  const disk = new MemoryDisk()
  disk.makeDirectory(directory)
  return { disk, log: openLog(disk, emptyLogStart, config) }
}

export const openLog = (disk: MemoryDisk, start: LogStart, config: Partial<LogConfig> = {}): PartitionLog =>
  PartitionLog.open(envOn(disk), directory, { ...defaultLogConfig, ...config }, start)

/** Opens again what a crash left. */
export const recoverLog = (disk: MemoryDisk, recoveryPoint = 0, config: Partial<LogConfig> = {}): PartitionLog =>
  openLog(disk, { isClean: false, recoveryPoint, logStartOffset: 0, highWatermark: 0 }, config)

export interface Written extends BatchOptions {
  readonly leaderEpoch?: number
  readonly nowMs?: number
  /** Of the records, in order; `startMs` where none is given. */
  readonly timestamps?: readonly number[]
  readonly origin?: 'client' | 'coordinator'
}

export const batchOf = (values: readonly string[], written: Written = {}): Uint8Array<ArrayBuffer> =>
  buildBatch(
    values.map((value, index) => ({
      key: null,
      value: text(value),
      timestamp: written.timestamps?.[index] ?? startMs,
    })),
    crc32c,
    written,
  )

/** One batch of these values, as a leader appends it. */
export function append(log: PartitionLog, values: readonly string[], written: Written = {}) {
  return appendBytes(log, batchOf(values, written), written)
}

export function appendBytes(log: PartitionLog, bytes: Uint8Array, written: Written = {}) {
  const { leaderEpoch = 0, nowMs = startMs, origin = 'client' } = written
  return { ...log.appendAsLeader(bytes, viewOf(bytes), 0, bytes.length, { leaderEpoch, nowMs, origin }) }
}

/** `count` batches of one record each, named by their offsets. */
export function fill(log: PartitionLog, count: number, written: Written = {}): void {
  for (let index = 0; index < count; index++) append(log, [`r${log.logEndOffset}`], written)
}

/** What a follower would be sent: whole batches with their offsets and epochs. */
export const replicated = (values: readonly string[], baseOffset: number, leaderEpoch: number, written: Written = {}) =>
  batchOf(values, { ...written, baseOffset, partitionLeaderEpoch: leaderEpoch })

/** The leader names the first batch itself: there may be a gap before it. */
export function follow(log: PartitionLog, ...batches: readonly Uint8Array[]) {
  const bytes = Uint8Array.from(batches.flatMap((one) => [...one]))
  const view = viewOf(bytes)
  const batchOffset = bytes.length < batch.batchHeaderBytes ? undefined : batch.baseOffset(view, 0)
  const limits = { leaderEpoch: Infinity, leaderEndOffset: Infinity, batchOffset }
  return { ...log.appendAsFollower(bytes, view, 0, bytes.length, limits) }
}

export function readBytes(
  log: PartitionLog,
  offset: number,
  maxBytes = 1_000_000,
  limit = log.logEndOffset,
  whole = true,
) {
  const slice = log.read(offset, maxBytes, limit, whole)
  const bytes = new Uint8Array(slice.byteLength)
  slice.readInto(bytes, 0)
  return bytes
}

/** The whole batches in some bytes, each as `baseOffset..lastOffset`. */
export function batchesIn(bytes: Uint8Array): string[] {
  const view = viewOf(bytes)
  const found: string[] = []
  for (let at = 0; batch.isWhole(view, at, bytes.length); at += batch.sizeInBytes(view, at)) {
    found.push(`${batch.baseOffset(view, at)}..${batch.lastOffset(view, at)}`)
  }
  return found
}

/** Every record of the log, as `offset value`, read fetch by fetch as a consumer would. */
export function contents(log: PartitionLog): string[] {
  const found: string[] = []
  let offset = log.logStartOffset
  while (offset < log.logEndOffset) {
    const bytes = readBytes(log, offset, 300)
    const view = viewOf(bytes)
    if (bytes.length === 0) return [...found, `nothing at ${offset}`]
    for (let at = 0; batch.isWhole(view, at, bytes.length); at += batch.sizeInBytes(view, at)) {
      for (const record of readRecords(bytes, view, at, decompress)) {
        if (record.offset >= offset) found.push(`${record.offset} ${record.value && Buffer.from(record.value)}`)
      }
      offset = batch.lastOffset(view, at) + 1
    }
  }
  return found
}

/** What `fill` wrote between two offsets. */
export const filled = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, index) => `${from + index} r${from + index}`)

export const segments = (log: PartitionLog): string =>
  log
    .segmentsFrom(0)
    .map(({ baseOffset, sizeInBytes }) => `${baseOffset}:${sizeInBytes}`)
    .join(' ')

export function contentOf(file: DiskFile): Uint8Array {
  const bytes = new Uint8Array(file.size)
  file.read(bytes, 0, bytes.length, 0)
  return bytes
}
