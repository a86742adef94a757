import type { Crc32c } from '../../records/batch.ts'
import * as batch from '../../records/batch.ts'
import { type BatchWalk, scanning } from './batch-walk.ts'
import type { ProducerSnapshots } from './producer-snapshots.ts'
import type { ProducerState } from './producer-state.ts'
import type { Segment } from './segment.ts'
import type { Segments } from './segments.ts'

/**
 * Where in a segment to begin: with the first batch that is not wholly before `offset`. The indexes are trusted up to there,
 * the batches since the last indexed one are checked on the way, save those wholly before the log start: nobody reads them.
 */
export function recoveryPosition(segment: Segment, offset: number, logStartOffset: number, crc32c: Crc32c): number {
  segment.truncateIndexes(offset)
  if (offset <= segment.baseOffset) return 0
  const walk = scanning(segment.file, segment.indexedPosition(offset), segment.size)
  while (walk.next()) {
    const lastOffset = batch.lastOffset(walk.view, walk.at)
    if (lastOffset >= offset) break
    if (lastOffset >= logStartOffset && !isSound(walk, segment.baseOffset, -1, crc32c)) break
  }
  return walk.position
}

export interface Scan {
  readonly crc32c: Crc32c
  /** The latest leader epoch before the scan. */
  readonly epoch: number
  /** A sound batch, at the end of the segment so far. */
  batch(segment: Segment, walk: BatchWalk): void
  /** The segment is sound as a whole, and another one follows. */
  end(segment: Segment): void
}

/**
 * Reads the log again from a place on, checks every batch and hands it out. Ends at the first one that is not sound, or
 * where a segment does not begin at the end of the one before: only behind the recovery point can that be, where nothing
 * was compacted yet, so records are missing. What comes after is cut off. Returns how many bytes that was.
 */
export function scanFrom(segments: Segments, index: number, from: number, scan: Scan): number {
  const { crc32c } = scan
  let nextOffset = segments.all[index]!.batchOffsetAt(from)
  let epoch = scan.epoch
  for (let at = index; at < segments.all.length; at++) {
    const segment = segments.all[at]!
    const start = at === index ? from : 0
    if (at > index && segment.baseOffset !== nextOffset) return cutOff(segments, at)
    const fileBytes = segment.size
    segment.rewind(start)
    const walk = scanning(segment.file, start, fileBytes)
    while (walk.next() && isSound(walk, nextOffset, epoch, crc32c)) {
      scan.batch(segment, walk)
      nextOffset = batch.lastOffset(walk.view, walk.at) + 1
      epoch = batch.partitionLeaderEpoch(walk.view, walk.at)
    }
    if (segment.size < fileBytes) {
      segment.cutFile()
      return fileBytes - segment.size + cutOff(segments, at + 1)
    }
    if (segment !== segments.active) scan.end(segment)
  }
  return 0
}

function cutOff(segments: Segments, count: number): number {
  const bytes = segments.all.slice(count).reduce((sum, segment) => sum + segment.size, 0)
  segments.keepFirst(count)
  return bytes
}

/** An epoch that goes back is what a truncation had cut off, and a power loss brought back amid what was written over it. */
function isSound(walk: BatchWalk, nextOffset: number, epoch: number, crc32c: Crc32c): boolean {
  return (
    walk.loadBody() &&
    walk.hasValidCrc(crc32c) &&
    batch.baseOffset(walk.view, walk.at) >= nextOffset &&
    batch.partitionLeaderEpoch(walk.view, walk.at) >= epoch &&
    batch.lastOffsetDelta(walk.view, walk.at) >= 0
  )
}

/** Brings the producers to the log end: from the newest snapshot on, header by header. */
export function loadProducers(
  producers: ProducerState,
  snapshots: ProducerSnapshots,
  segments: Segments,
  logEndOffset: number,
): void {
  const snapshot = snapshots.latest(logEndOffset)
  const from = Math.max(snapshot?.offset ?? 0, segments.oldest.baseOffset)
  producers.restore(snapshot?.entries ?? [], (note) => walkBack(segments, from, note))
  if (from >= logEndOffset) return
  for (const segment of segments.from(from)) {
    const walk = scanning(segment.file, segment.indexedPosition(from), segment.size)
    while (walk.next() && batch.baseOffset(walk.view, walk.at) < logEndOffset) {
      if (batch.producerId(walk.view, walk.at) < 0 || batch.lastOffset(walk.view, walk.at) < from) continue
      if (batch.isControl(walk.view, walk.at)) walk.loadBody()
      producers.note(walk.bytes, walk.view, walk.at)
    }
  }
}

/** What is in flight is young: room for five batches of the usual largest size, of more than one producer; mostly they are far smaller. */
const walkedBackBytes = 8 * 1024 * 1024

/** The numbered batches of the last stretch before `offset`. */
function walkBack(segments: Segments, offset: number, note: (view: DataView, at: number) => void): void {
  const stretches: [segment: Segment, from: number][] = []
  let wanted = walkedBackBytes
  for (let index = segments.indexOf(offset - 1); index >= 0 && wanted > 0; index--) {
    const segment = segments.all[index]!
    const to = segment.indexedPosition(offset)
    stretches.unshift([segment, segment.indexedPositionBefore(Math.max(0, to - wanted))])
    wanted -= to
  }
  for (const [segment, from] of stretches) {
    const walk = scanning(segment.file, from, segment.size)
    while (walk.next() && batch.baseOffset(walk.view, walk.at) < offset)
      if (batch.producerId(walk.view, walk.at) >= 0) note(walk.view, walk.at)
  }
}
