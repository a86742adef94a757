import type { Segments } from './segments.ts'

export interface Retention {
  readonly nowMs: number
  /** Infinity keeps for ever; the same goes for the bytes. */
  readonly retentionMs: number
  readonly retentionBytes: number
  readonly highWatermark: number
}

/** How many of the oldest segments are hidden, too old or too much, and wholly below the high watermark. */
export function deletableSegments(
  segments: Segments,
  { nowMs, retentionMs, retentionBytes, highWatermark }: Retention,
  logStartOffset: number,
  logEndOffset: number,
): number {
  let excessBytes = segments.sizeInBytes - retentionBytes
  let count = 0
  for (const segment of segments.all) {
    const endOffset = segments.all[count + 1]?.baseOffset ?? logEndOffset
    // Of a segment that compaction emptied the batches still have their times.
    const timestamp = segment.maxTimestamp >= 0 ? segment.maxTimestamp : segment.firstTimestamp
    const isTooOld = timestamp >= 0 && nowMs - timestamp > retentionMs
    const isTooMuch = excessBytes >= segment.size
    const isHidden = endOffset <= logStartOffset
    if (segment.size === 0 || endOffset > highWatermark || !(isTooOld || isTooMuch || isHidden)) break
    excessBytes -= segment.size
    count++
  }
  return count
}
