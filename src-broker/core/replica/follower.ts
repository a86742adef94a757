// A follower copies its leader's log file batch by batch: same bytes, same offsets, same epochs.
import type { FollowFrom } from './hand-off.ts'
import type { AnnouncedSegment, Follower, Source } from './role.ts'

export function becomeFollower(leaderId: number, leaderEpoch: number): Follower {
  return { kind: 'follower', leaderId, leaderEpoch, source: undefined, isAsking: false, failures: 0, isStuck: false }
}

export function follow({ leaderHandle, segmentBase, position, batchOffset }: FollowFrom, leaderEpoch: number): Source {
  return {
    leaderHandle,
    segmentBase,
    position,
    batchOffset,
    leaderEpoch,
    leaderEndOffset: 0,
    file: undefined,
    announced: [],
    leaderHighWatermark: 0,
    leaderLogStartOffset: 0,
  }
}

/** Takes note of how far one segment goes. Positions only grow; the leader names every segment it finishes. */
export function announced(source: Source, segmentBase: number, endPosition: number): void {
  const last = source.announced.at(-1)
  if (last?.segmentBase === segmentBase) last.endPosition = Math.max(last.endPosition, endPosition)
  else source.announced.push({ segmentBase, endPosition })
}

/** The next stretch of file to copy, or undefined when all that was announced is here. Steps over to the next segment by itself. */
export function nextStretch(source: Source): AnnouncedSegment | undefined {
  for (;;) {
    const segment = source.announced[0]
    if (segment === undefined) return undefined
    if (segment.segmentBase !== source.segmentBase) {
      source.file?.close()
      source.file = undefined
      source.segmentBase = segment.segmentBase
      source.position = 0
    }
    if (source.position < segment.endPosition) return segment
    if (source.announced.length === 1) return undefined
    source.announced.shift()
  }
}

/** Forgets where it read; the next question finds the place anew. */
export function loseSource(follower: Follower): void {
  follower.source?.file?.close()
  follower.source = undefined
}
