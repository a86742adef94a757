import { assert } from '../../base/assert.ts'
import { errors } from '../../protocol/errors.ts'
import * as batch from '../../records/batch.ts'
import { CorruptBatch } from '../../records/corrupt-batch.ts'
import { type Compression, recompressedBatch } from '../../records/recompress.ts'
import { type Origin, refusedRecords, validateBatch } from '../../records/validate.ts'
import type { AppendContext, LeaderAppend } from './append-types.ts'
import type { LogContent } from './log-content.ts'
import type { LogEnv } from './log-env.ts'
import type { RememberedBatch } from './producer.ts'

/**
 * Appends the batches in bytes[from, to): checks them, gives them their offsets and epoch in place, writes them as they
 * are. A client may bring one batch at a time. Where the answer has an error code, nothing was appended.
 */
export function appendAsLeader(
  log: LogContent,
  bytes: Uint8Array,
  view: DataView,
  from: number,
  to: number,
  context: AppendContext,
): LeaderAppend {
  const { compression } = log.config
  if (compression !== undefined && context.origin === 'client') {
    const made = recompressed(log.env, bytes, view, from, to, compression)
    if (typeof made === 'number') return refuse(log, made)
    if (made !== undefined) return append(log, made, new DataView(made.buffer), 0, made.length, context)
  }
  return append(log, bytes, view, from, to, context)
}

/** Undefined where the batch is packed in the topic's way already, or is none: then it is for `append` to refuse it. */
function recompressed(
  env: LogEnv,
  bytes: Uint8Array,
  view: DataView,
  from: number,
  to: number,
  compression: Compression,
): Uint8Array<ArrayBuffer> | number | undefined {
  if (!batch.isWhole(view, from, to) || batch.sizeInBytes(view, from) !== to - from) return undefined
  if (batch.codec(view, from) === compression.codec || !batch.hasValidCrc(bytes, view, from, env.crc32c))
    return undefined
  try {
    return recompressedBatch(bytes, view, from, compression, env)
  } catch (error) {
    if (error instanceof CorruptBatch) return errors.INVALID_RECORD
    throw error
  }
}

function append(
  log: LogContent,
  bytes: Uint8Array,
  view: DataView,
  from: number,
  to: number,
  context: AppendContext,
): LeaderAppend {
  const { config, producers, segments } = log
  const { leaderEpoch, nowMs, origin } = context
  assert(leaderEpoch >= log.epochs.latestEpoch, 'a leader writes in an epoch that is over')
  const result = log.leaderAppend
  result.isDuplicate = false
  result.logAppendTime = -1
  if (from >= to) return refuse(log, errors.INVALID_RECORD)
  const isLogAppendTime = config.messageTimestampType === 'LogAppendTime'
  let offset = log.endOffset
  let maxTimestamp = -1
  for (let at = from; at < to; at += batch.sizeInBytes(view, at)) {
    if (at > from && origin === 'client') return refuse(log, errors.INVALID_RECORD)
    const errorCode = check(log, bytes, view, at, to, origin, nowMs)
    if (errorCode !== 0) return refuse(log, errorCode)
    if (producers.duplicate !== undefined) return again(log, producers.duplicate, isLogAppendTime)
    if (isLogAppendTime) batch.stampLogAppendTime(bytes, view, at, nowMs, log.env.crc32c)
    batch.stampPlace(view, at, offset, leaderEpoch)
    offset += batch.lastOffsetDelta(view, at) + 1
    maxTimestamp = Math.max(maxTimestamp, batch.maxTimestamp(view, at))
  }
  if (to - from > config.segmentBytes) return refuse(log, errors.RECORD_LIST_TOO_LARGE)

  const baseOffset = log.endOffset
  if (log.mustRoll(segments.active.size, to - from, offset - 1, maxTimestamp)) log.roll(baseOffset)
  log.write(bytes, view, from, to)
  result.errorCode = 0
  result.baseOffset = baseOffset
  result.lastOffset = offset - 1
  if (isLogAppendTime) result.logAppendTime = nowMs
  return result
}

function check(
  { config, env, looksInside, producers }: LogContent,
  bytes: Uint8Array,
  view: DataView,
  at: number,
  to: number,
  origin: Origin,
  nowMs: number,
): number {
  producers.duplicate = undefined
  const errorCode = validateBatch(bytes, view, at, to, config, origin, nowMs, env.crc32c)
  if (errorCode !== 0) return errorCode
  if (looksInside) {
    const refused = refusedRecords(bytes, view, at, config, nowMs, env.decompress)
    if (refused.errorCode !== 0) return refused.errorCode
  }
  return batch.producerId(view, at) < 0 ? 0 : producers.check(view, at, origin)
}

function refuse({ leaderAppend }: LogContent, errorCode: number): LeaderAppend {
  leaderAppend.errorCode = errorCode
  leaderAppend.baseOffset = -1
  leaderAppend.lastOffset = -1
  return leaderAppend
}

function again(log: LogContent, original: RememberedBatch, isLogAppendTime: boolean): LeaderAppend {
  const result = log.leaderAppend
  result.errorCode = 0
  result.isDuplicate = true
  result.baseOffset = original.baseOffset
  result.lastOffset = original.lastOffset
  if (isLogAppendTime) result.logAppendTime = original.timestamp
  return result
}
