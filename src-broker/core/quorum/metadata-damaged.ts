// What a power loss leaves at the end of the metadata log is cut off and forgotten: it was never synced, so it never counted. Damage
// before sound records is another matter. What is lost there was committed perhaps, and a voter that votes as if it had never
// had it can help to elect a leader without it. Such a broker does not start.
import type { Disk } from '../../base/disk.ts'
import * as batch from '../../records/batch.ts'
import type { Env } from '../env.ts'
import { scanning } from '../log/batch-walk.ts'
import { offsetFileName, offsetOfFileName } from '../log/file-names.ts'
import { isLeftover } from '../log/segments.ts'

/** The broker's part of the quorum cannot be relied upon. One line for the user, without a stop at its end. */
export class MetadataDamaged extends Error {
  override readonly name = 'MetadataDamaged'
}

/** Offsets at which the log's segments begin, ascending. */
export const segmentBases = (disk: Disk, directory: string): number[] =>
  disk.list(directory).flatMap((name) => offsetOfFileName(name, '.log') ?? [])

/**
 * Throws MetadataDamaged where sound batches follow one that is not. Nothing but zeros before them is a hole: a write that did not
 * reach the platter, where a later one did. Both are of the time since the last sync, or both would be there.
 */
export function refuseDamageInside(env: Env, directory: string): void {
  const bases = segmentBases(env.disk, directory)
  let nextOffset = bases[0] ?? 0
  for (const [index, base] of bases.entries()) {
    const path = `${directory}/${offsetFileName(base, '.log')}`
    const file = env.disk.open(path)
    try {
      if (isLeftover(file.size, index, bases.length)) continue
      const walk = scanning(file, 0, file.size)
      const isNext = base === nextOffset
      while (isNext && walk.next() && walk.loadBody() && isSound(env, walk.bytes, walk.view, walk.at, nextOffset)) {
        nextOffset = batch.lastOffset(walk.view, walk.at) + 1
      }
      if (isNext && walk.position === file.size) continue
      const rest = new Uint8Array(file.size - (isNext ? walk.position : 0))
      file.read(rest, 0, rest.length, file.size - rest.length)
      const followerAt = soundBatchAt(env, rest, nextOffset)
      const isHole = followerAt > 0 && rest.subarray(0, followerAt).every((byte) => byte === 0)
      const isFollowed =
        (followerAt >= 0 && !isHole) || bases.slice(index + 1).some((later) => holds(env, directory, later))
      if (isFollowed) throw new MetadataDamaged(`${path} is damaged at offset ${nextOffset}, amid sound records`)
      return
    } finally {
      file.close()
    }
  }
}

function holds(env: Env, directory: string, base: number): boolean {
  const bytes = env.disk.read(`${directory}/${offsetFileName(base, '.log')}`)
  return bytes !== undefined && soundBatchAt(env, bytes, base) >= 0
}

/** The first one anywhere, or -1: the length of the damaged one may be garbage, too. */
function soundBatchAt(env: Env, bytes: Uint8Array, nextOffset: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  for (let at = 0; at + batch.batchHeaderBytes <= bytes.length; at++) {
    if (batch.isWhole(view, at, bytes.length) && isSound(env, bytes, view, at, nextOffset)) return at
  }
  return -1
}

const isSound = (env: Env, bytes: Uint8Array, view: DataView, at: number, nextOffset: number): boolean =>
  batch.baseOffset(view, at) >= nextOffset && batch.hasValidCrc(bytes, view, at, env.crc32c)
