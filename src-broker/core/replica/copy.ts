// The follower's copying: from the leader's segment file into its own log, whole batches at a time.
import { DiskError } from '../../base/disk.ts'
import * as batch from '../../records/batch.ts'
import type { Env } from '../env.ts'
import { offsetFileName, partitionDirectoryName } from '../log/file-names.ts'
import { nextStretch } from './follower.ts'
import type { Partition } from './partition.ts'
import type { Follower, Source } from './role.ts'

/** How much one partition may copy in one turn, so that a long catch-up does not stall the broker. */
const bytesPerTurn = 8 << 20
const refused = -1

// One buffer for all partitions of a broker: it is empty again before anything else runs.
let buffer = new Uint8Array(1 << 20)
let view = new DataView(buffer.buffer)

/**
 * Copies what the leader announced. `more`: the turn's budget is used up; `done`: all of it is here; `lost`: the file is gone,
 * shorter than announced, or does not hold what belongs at this log's end; `refused`: what it holds is no part of a log. Forget
 * the source after both and ask again. Throws DiskError where this broker's own disk takes no more.
 */
export type CopyOutcome = 'done' | 'more' | 'lost' | 'refused'

export function copyAnnounced(env: Env, partition: Partition, follower: Follower, source: Source): CopyOutcome {
  let budget = bytesPerTurn
  for (;;) {
    const { segmentBase } = source
    const stretch = nextStretch(source)
    if (stretch === undefined) return 'done'
    // A segment ends where the next begins, also in a compacted log: what lies between was not read.
    if (source.segmentBase !== segmentBase && partition.log.logEndOffset < source.segmentBase) return 'lost'
    if (budget <= 0) return 'more'
    const copied = copySome(env, partition, follower, source, stretch.endPosition - source.position)
    if (copied <= 0) return copied === refused ? 'refused' : 'lost'
    source.position += copied
    budget -= copied
  }
}

/** Bytes copied: as many whole batches as fit the buffer; 0 where that is not possible, or `refused`. */
function copySome(env: Env, partition: Partition, follower: Follower, source: Source, length: number): number {
  const wanted = Math.min(length, buffer.length)
  if (!readSource(env, partition, follower, source, wanted)) return 0
  if (source.batchOffset !== undefined && batch.baseOffset(view, 0) !== source.batchOffset) return 0
  const { byteCount, refusal } = partition.log.appendAsFollower(buffer, view, 0, wanted, source)
  if (byteCount > 0) source.batchOffset = undefined
  if (byteCount > 0) return byteCount
  if (refusal !== undefined) return refused
  return growFor(wanted, length) ? copySome(env, partition, follower, source, length) : 0
}

/** The leader's files are not ours to trust: it may have truncated or removed them since it spoke. */
function readSource(env: Env, partition: Partition, follower: Follower, source: Source, wanted: number): boolean {
  const directory = partitionDirectoryName(partition.topic, partition.index)
  const path = `${directory}/${offsetFileName(source.segmentBase, '.log')}`
  try {
    source.file ??= env.openPeerFile(follower.leaderId, path)
    return source.file.read(buffer, 0, wanted, source.position) === wanted
  } catch (error) {
    if (error instanceof DiskError) return false
    throw error
  }
}

/** Makes room for a first batch larger than the buffer; false where the batch cannot be real. */
function growFor(read: number, length: number): boolean {
  const size = read < batch.batchHeaderBytes ? 0 : batch.sizeInBytes(view, 0)
  if (size <= buffer.length || size > length) return false
  buffer = new Uint8Array(size)
  view = new DataView(buffer.buffer)
  return true
}
