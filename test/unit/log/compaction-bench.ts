// Compacting a log of the log tests' workbench, start to end or up to a crash.

import { cleanable } from '../../../src-broker/core/log/cleanable.ts'
import { compact } from '../../../src-broker/core/log/compaction.ts'
import type { PartitionLog } from '../../../src-broker/core/log/partition-log.ts'
import * as batch from '../../../src-broker/records/batch.ts'
import { buildBatch } from '../../../src-broker/records/build.ts'
import { readRecords } from '../../../src-broker/records/read.ts'
import type { MemoryDisk } from '../../support/memory-disk.ts'
import { crc32c, decompress, text, viewOf } from '../records/samples.ts'
import { appendBytes, contentOf, directory, envOn, startMs, type Written } from './bench.ts'

export const day = 86_400_000

export interface Cleaning {
  readonly cleanedTo?: number
  readonly nowMs?: number
  readonly limitOffset?: number
  readonly mapBytesMax?: number
}

/** `a=1 b=2 c=`: records in one batch, with a tombstone for c. */
export function put(log: PartitionLog, pairs: string, written: Written = {}) {
  const records = pairs.split(' ').map((pair, index) => {
    const [key, value] = pair.split('=')
    const timestamp = written.timestamps?.[index] ?? startMs
    return { key: text(key!), value: value === '' ? null : text(value!), timestamp }
  })
  return appendBytes(log, buildBatch(records, crc32c, written), written)
}

/** Compacts whatever may be compacted. Returns up to where, or undefined where there was nothing to do. */
export function clean(disk: MemoryDisk, log: PartitionLog, cleaning: Cleaning = {}): number | undefined {
  const { segments, producers } = log.content
  const { config, logStartOffset } = log
  const { cleanedTo = 0, nowMs = startMs, limitOffset = log.logEndOffset, mapBytesMax = 1 << 20 } = cleaning
  const range = cleanable({ segments, config, logStartOffset, cleanedTo, limitOffset, nowMs })
  if (range === undefined) return undefined
  const { from, to } = range
  const env = envOn(disk)
  const steps = compact({ env, directory, segments, producers, config, from, to, nowMs, mapBytesMax })
  for (;;) {
    const { done, value } = steps.next()
    if (done === true) return value
    if (typeof value !== 'number') for (const path of value) disk.open(path).sync()
  }
}

/** Every record as `offset key=value`, batch by batch from the files; `[first..last]` for a batch without any. */
export function records(log: PartitionLog): string[] {
  return log.content.segments.all.flatMap(({ file, size }) => {
    const bytes = contentOf(file).subarray(0, size)
    const view = viewOf(bytes)
    const found: string[] = []
    for (let at = 0; batch.isWhole(view, at, bytes.length); at += batch.sizeInBytes(view, at)) {
      if (batch.lastOffset(view, at) < log.logStartOffset) continue
      if (batch.recordCount(view, at) === 0)
        found.push(`[${batch.baseOffset(view, at)}..${batch.lastOffset(view, at)}]`)
      for (const { offset, key, value } of readRecords(bytes, view, at, decompress)) {
        found.push(`${offset} ${Buffer.from(key!)}=${value === null ? '' : Buffer.from(value)}`)
      }
    }
    return found
  })
}
