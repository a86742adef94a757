// Compaction of one log (Kafka's Cleaner): of every key in its closed part only the last record stays.
//
// First the keys of the dirty stretch [from, to) and their last offsets go into a map. Then all closed segments up to there
// are written again without the records that the map makes obsolete, small neighbours into one, and swapped in.
// Offsets never change: a batch keeps its first and last offset, whatever is left in it.
//
// - A tombstone stays for delete.retention.ms after the first compaction that met it; its batch carries the time (KIP-534).
// - A producer's last batch stays, empty if need be: it has the sequence that the next one has to follow (KIP-98).
// - A segment's last batch stays likewise, so that each segment ends where the next begins: a recovery must be able to tell
//   records that were compacted from records that are missing. (Kafka does not look.)
// - Batches of transactions and control batches stay as they are, and make nothing obsolete: what was aborted is not known here.

import type { Disk } from '../../base/disk.ts'
import * as batch from '../../records/batch.ts'
import { CorruptBatch } from '../../records/corrupt-batch.ts'
import { emptiedBatch, filteredBatch, type RecordFilter } from '../../records/filter.ts'
import { RecordCursor } from '../../records/read.ts'
import { type BatchWalk, scanning } from './batch-walk.ts'
import { CleanedSegment } from './cleaned-segment.ts'
import type { LogConfig } from './log-config.ts'
import type { LogEnv } from './log-env.ts'
import { OffsetMap } from './offset-map.ts'
import type { ProducerState } from './producer-state.ts'
import type { Segment } from './segment.ts'
import { swapIn } from './segment-swap.ts'
import type { Segments } from './segments.ts'

export interface Compaction {
  readonly env: LogEnv
  readonly directory: string
  readonly segments: Segments
  readonly producers: ProducerState
  readonly config: LogConfig
  /** The dirty stretch. Everything before `to` is closed, committed and old enough. */
  readonly from: number
  readonly to: number
  readonly nowMs: number
  readonly mapBytesMax: number
}

/**
 * Where others may have their turn: so many bytes were read or written since the last pause, or these files have to be
 * synced before it goes on.
 */
export type Pause = number | readonly string[]

/**
 * Compacts step by step; to be given up (`return`) where segments were cut in a pause. Returns the offset up to which the log
 * is compacted then: less than `to` where the map was full before. Throws CorruptBatch and DiskError.
 */
export function* compact(compaction: Compaction): Generator<Pause, number> {
  const { env, segments } = compaction
  const map = new OffsetMap(compaction.mapBytesMax)
  const endOffset = yield* fillMap(compaction, map)
  const filter = new KeyFilter(map, endOffset, compaction.nowMs, compaction.nowMs + compaction.config.deleteRetentionMs)
  for (const group of groups(segments.all, endOffset, compaction.config)) {
    const left = yield* compactGroup(compaction, group, filter)
    yield* removeAll(env.disk, left)
  }
  return endOffset
}

function* fillMap({ env, segments, from, to }: Compaction, map: OffsetMap): Generator<Pause, number> {
  for (const segment of segments.from(from)) {
    if (segment.baseOffset >= to) break
    const walk = scanning(segment.file, segment.find(from), segment.size)
    while (walk.next()) {
      load(walk, env.crc32c)
      const { bytes, view, at } = walk
      if (hasKeys(walk)) {
        const cursor = new RecordCursor(bytes, view, at, env.decompress)
        while (cursor.next()) if (cursor.key !== null) map.note(cursor.key, cursor.offset)
      }
      if (map.isFull) return batch.lastOffset(view, at) + 1
      yield walk.size
    }
  }
  return to
}

/** Whether records of this batch may be dropped, or make others obsolete. */
const hasKeys = ({ view, at }: BatchWalk): boolean => !batch.isControl(view, at) && !batch.isTransactional(view, at)

function load(walk: BatchWalk, crc32c: batch.Crc32c): void {
  if (walk.loadBody() && batch.hasValidCrc(walk.bytes, walk.view, walk.at, crc32c)) return
  throw new CorruptBatch(`at offset ${batch.baseOffset(walk.view, walk.at)}`)
}

/** Neighbours that fit into one segment, as far as the segments before `endOffset` go. */
function groups(all: readonly Segment[], endOffset: number, config: LogConfig): Segment[][] {
  const found: Segment[][] = []
  let bytes = 0
  let indexBytes = 0
  for (const [index, segment] of all.entries()) {
    const next = all[index + 1]
    if (next === undefined || segment.baseOffset >= endOffset) break // The active one stays as it is.
    const group = found.at(-1)
    bytes += segment.size
    indexBytes += segment.offsets.sizeInBytes
    const fits =
      group !== undefined &&
      bytes <= config.segmentBytes &&
      indexBytes <= config.segmentIndexBytes &&
      next.baseOffset - 1 - group[0]!.baseOffset <= relativeOffsetMax
    if (fits) group.push(segment)
    else {
      found.push([segment])
      bytes = segment.size
      indexBytes = segment.offsets.sizeInBytes
    }
  }
  return found
}

const relativeOffsetMax = 2_147_483_647

/** Returns the files that are in the way no more. */
function* compactGroup(
  compaction: Compaction,
  group: readonly Segment[],
  filter: KeyFilter,
): Generator<Pause, readonly string[]> {
  const { env, directory, segments, config } = compaction
  const base = group[0]!.baseOffset
  const bytes = group.reduce((sum, { size }) => sum + size, 0)
  const cleaned = new CleanedSegment(env.disk, directory, base, config.indexIntervalBytes, bytes)
  let isDone = false
  try {
    for (const segment of group) {
      const isLastOfGroup = segment === group.at(-1)
      const walk = scanning(segment.file, 0, segment.size)
      while (walk.next()) {
        load(walk, env.crc32c)
        const isLast = isLastOfGroup && walk.position + walk.size === segment.size
        cleaned.take(walk, compactBatch(compaction, walk, filter, isLast))
        yield walk.size
      }
    }
    if (group.length === 1 && !cleaned.isChanged) return []
    yield cleaned.finish()
    isDone = true
  } finally {
    cleaned.close()
    if (!isDone) cleaned.remove()
  }
  let left: string[] = []
  const bases = group.map((segment) => segment.baseOffset)
  segments.replace(group, () => {
    left = swapIn(env.disk, directory, base, bases)
  })
  return left
}

/** The batch as it goes on: `all` as it is, `none` not at all. */
function compactBatch(
  { env, producers }: Compaction,
  walk: BatchWalk,
  filter: KeyFilter,
  isLast: boolean,
): Uint8Array | 'all' | 'none' {
  const { bytes, view, at } = walk
  if (!hasKeys(walk)) return 'all'
  filter.horizonMs = batch.deleteHorizonMs(view, at)
  const filtered = filteredBatch(bytes, view, at, filter, env)
  if (filtered !== 'none') return filtered
  const producerId = batch.producerId(view, at)
  const isProducersLast = producerId >= 0 && producers.lastOffsetOf(producerId) === batch.lastOffset(view, at)
  if (!isLast && !isProducersLast) return 'none'
  return batch.recordCount(view, at) === 0 ? 'all' : emptiedBatch(bytes, at, env.crc32c)
}

/** A gigabyte takes its time to remove: each file is a step. */
function* removeAll(disk: Disk, paths: readonly string[]): Generator<Pause, void> {
  for (const path of paths) {
    disk.remove(path)
    yield removalBytes
  }
}

/** What removing a file counts for: about as long as reading that much. */
const removalBytes = 1 << 20

class KeyFilter implements RecordFilter {
  /** Of the batch at hand. */
  horizonMs = Infinity
  readonly deleteHorizonMs: number
  readonly #map: OffsetMap
  readonly #endOffset: number
  readonly #nowMs: number

  constructor(map: OffsetMap, endOffset: number, nowMs: number, deleteHorizonMs: number) {
    this.#map = map
    this.#endOffset = endOffset
    this.#nowMs = nowMs
    this.deleteHorizonMs = deleteHorizonMs
  }

  /** Records without a key are from a time when the topic was not compacted; nobody can say what replaces them. */
  keeps(record: RecordCursor): boolean {
    if (record.offset >= this.#endOffset) return true
    const { key } = record
    if (key === null || record.offset < this.#map.latest(key)) return false
    return record.hasValue || this.#nowMs < this.horizonMs
  }
}
