// Searches by time. They look inside batches, which may mean to decompress them: rare questions, off the hot path.

import type { Decompress } from '../../records/batch.ts'
import * as batch from '../../records/batch.ts'
import { CorruptBatch } from '../../records/corrupt-batch.ts'
import { RecordCursor } from '../../records/read.ts'
import { BatchWalk } from './batch-walk.ts'
import type { Segment } from './segment.ts'

export interface TimestampedOffset {
  readonly offset: number
  readonly timestamp: number
  readonly leaderEpoch: number
}

const blockBytes = 64 * 1024

/** The first record at or behind `fromOffset` that is as late as `timestamp`. Times may go back and forth in a log. */
export function findTimestamp(
  segments: readonly Segment[],
  timestamp: number,
  fromOffset: number,
  decompress: Decompress,
): TimestampedOffset | undefined {
  for (const segment of segments) {
    if (segment.maxTimestamp < timestamp) continue
    const start = Math.max(segment.times.lookup(timestamp), fromOffset)
    const walk = new BatchWalk(blockBytes)
    walk.start(segment.file, segment.find(start), segment.size)
    while (walk.next()) {
      if (batch.maxTimestamp(walk.view, walk.at) < timestamp) continue
      const found = findInBatch(walk, timestamp, fromOffset, decompress)
      if (found !== undefined) return found
    }
  }
  return undefined
}

/** The record with the latest time of all, the first of them if several share it. */
export function findMaxTimestamp(segments: readonly Segment[], decompress: Decompress): TimestampedOffset | undefined {
  const newest = segments.reduce<Segment | undefined>(
    (best, segment) => (segment.maxTimestamp > (best?.maxTimestamp ?? -1) ? segment : best),
    undefined,
  )
  if (newest === undefined) return undefined
  const walk = new BatchWalk(blockBytes)
  walk.start(newest.file, newest.find(newest.maxTimestampOffset), newest.size)
  return walk.next() ? findInBatch(walk, batch.maxTimestamp(walk.view, walk.at), 0, decompress) : undefined
}

/** A batch that cannot be decoded answers for all its records: its first offset, its latest time. */
function findInBatch(
  walk: BatchWalk,
  timestamp: number,
  fromOffset: number,
  decompress: Decompress,
): TimestampedOffset | undefined {
  walk.loadBody()
  const { bytes, view, at } = walk
  const leaderEpoch = batch.partitionLeaderEpoch(view, at)
  try {
    const cursor = new RecordCursor(bytes, view, at, decompress)
    while (cursor.next()) {
      if (cursor.offset < fromOffset || cursor.timestamp < timestamp) continue
      return { offset: cursor.offset, timestamp: cursor.timestamp, leaderEpoch }
    }
    return undefined
  } catch (error) {
    if (!(error instanceof CorruptBatch)) throw error
    return { offset: batch.baseOffset(view, at), timestamp: batch.maxTimestamp(view, at), leaderEpoch }
  }
}
