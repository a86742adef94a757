import * as batch from '../../records/batch.ts'
import { isCompacted } from '../../records/validate.ts'
import type { FollowerAppend, FollowerLimits } from './append-types.ts'
import { type LogContent, relativeOffsetMax } from './log-content.ts'

const noLimits: FollowerLimits = { leaderEpoch: Infinity, leaderEndOffset: Infinity, batchOffset: undefined }

/** Appends what the leader has at this log's end, byte for byte. bytes[from, to) may end amid a batch. */
export function appendAsFollower(
  log: LogContent,
  bytes: Uint8Array,
  view: DataView,
  from: number,
  to: number,
  limits: FollowerLimits = noLimits,
): FollowerAppend {
  const { config, env, epochs, followerAppend: result, segments } = log
  result.refusal = undefined
  let nextOffset = log.endOffset
  let epoch = epochs.latestEpoch
  /** Of the batches that are good but not written yet: one write takes them all, unless a segment ends between them. */
  let runFrom = from
  let runTimestamp = -1
  /** The last batch, where it left a gap or began an epoch: the next one shows whether that was true. */
  let doubtfulAt = -1
  let at = from
  for (; to - at >= batch.batchHeaderBytes; at += batch.sizeInBytes(view, at)) {
    const size = batch.sizeInBytes(view, at)
    const isBatch = size >= batch.batchHeaderBytes && batch.magic(view, at) === batch.batchMagic
    if (isBatch && size > to - at) break
    if (!isBatch || !batch.hasValidCrc(bytes, view, at, env.crc32c) || batch.lastOffsetDelta(view, at) < 0) {
      result.refusal = 'corrupt-batch'
      break
    }
    const baseOffset = batch.baseOffset(view, at)
    const lastOffset = batch.lastOffset(view, at)
    const batchEpoch = batch.partitionLeaderEpoch(view, at)
    const hasGap = baseOffset > nextOffset
    if (baseOffset < nextOffset || batchEpoch < epoch) {
      result.refusal = baseOffset < nextOffset ? 'unexpected-offset' : 'unexpected-epoch'
      if (doubtfulAt >= runFrom) at = doubtfulAt
      break
    }
    // Compaction leaves gaps, so a batch may lie behind the log end, but not just anywhere.
    if (lastOffset >= limits.leaderEndOffset || (hasGap && baseOffset !== limits.batchOffset && !isCompacted(config))) {
      result.refusal = 'unexpected-offset'
      break
    }
    if (batchEpoch > limits.leaderEpoch) {
      result.refusal = 'unexpected-epoch'
      break
    }
    doubtfulAt = hasGap || batchEpoch > epoch ? at : -1
    const { active } = segments
    const timestamp = Math.max(runTimestamp, batch.maxTimestamp(view, at))
    if (log.mustRoll(active.size + at - runFrom, size, lastOffset, timestamp)) {
      log.write(bytes, view, runFrom, at)
      log.roll(Math.max(log.endOffset, lastOffset - relativeOffsetMax))
      runFrom = at
    }
    runTimestamp = timestamp
    nextOffset = lastOffset + 1
    epoch = batchEpoch
  }
  log.write(bytes, view, runFrom, at)
  result.byteCount = at - from
  return result
}
