// Which part of a log there is to compact, and how urgent it is. Kafka's LogCleanerManager decides the same way.

import type { LogConfig } from './log-config.ts'
import type { Segments } from './segments.ts'

export interface CleanableInput {
  readonly segments: Segments
  readonly config: LogConfig
  readonly logStartOffset: number
  /** Up to where the log was compacted the last time; 0 if never. */
  readonly cleanedTo: number
  /** What is not committed, belongs to an open transaction, or is not safely on disk must stay as it is. */
  readonly limitOffset: number
  readonly nowMs: number
}

/** The dirty stretch [from, to) of a log, segment by segment, without the active one. */
export interface Cleanable {
  readonly from: number
  readonly to: number
  /** Its share in the bytes that would be read, 0 to 1. */
  readonly dirtyRatio: number
  /** Older than max.compaction.lag.ms: to be compacted however little it is. */
  readonly isOverdue: boolean
}

/** Undefined where there is nothing that may be compacted yet. */
export function cleanable(input: CleanableInput): Cleanable | undefined {
  const { segments, config, nowMs } = input
  const isKnown = input.cleanedTo >= input.logStartOffset && input.cleanedTo <= segments.active.baseOffset
  const from = isKnown ? input.cleanedTo : input.logStartOffset
  const first = segments.indexOf(from)
  let to = from
  let cleanBytes = 0
  let dirtyBytes = 0
  let isOverdue = false
  for (const [index, segment] of segments.all.entries()) {
    const next = segments.all[index + 1]
    if (index < first) cleanBytes += segment.size
    else {
      const isTooYoung = config.minCompactionLagMs > 0 && nowMs - segment.maxTimestamp < config.minCompactionLagMs
      if (next === undefined || next.baseOffset > input.limitOffset || isTooYoung) break
      to = next.baseOffset
      dirtyBytes += segment.size
      isOverdue ||= segment.firstTimestamp >= 0 && nowMs - segment.firstTimestamp > config.maxCompactionLagMs
    }
  }
  return dirtyBytes === 0 ? undefined : { from, to, dirtyRatio: dirtyBytes / (cleanBytes + dirtyBytes), isOverdue }
}

export const isWorthCleaning = ({ isOverdue, dirtyRatio }: Cleanable, config: LogConfig): boolean =>
  isOverdue || dirtyRatio > config.minCleanableDirtyRatio
