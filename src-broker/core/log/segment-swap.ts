// How compacted segments take the place of those they were made of, so that a crash at any moment leaves either the old
// ones or the new one. The suffixes are Kafka's, and so is the way it cleans up after itself:
//
//   1  <base>.log.cleaned, <base>.index.cleaned, …   written and synced          a start removes them
//   2  the indexes, then the log: .cleaned → .swap   the log's renaming decides  from here on a start goes on
//   3  old segments: the indexes, then the log → .deleted
//   4  the indexes, then the log: .swap → its name
//   5  .deleted files are removed                                                a start does it

import type { Disk } from '../../base/disk.ts'
import * as batch from '../../records/batch.ts'
import { scanning } from './batch-walk.ts'
import { offsetFileName, offsetOfFileName, segmentFileKinds } from './file-names.ts'

export const cleanedSuffix = '.cleaned'
const swapSuffix = '.swap'
const deletedSuffix = '.deleted'

/** The log last: as long as it has not moved, the indexes beside it belong to it. */
const kindsLogLast = [...segmentFileKinds].reverse()

/** Puts the cleaned segment at `base` in the place of those at `replaced`. Returns the files that are left to be removed. */
export function swapIn(disk: Disk, directory: string, base: number, replaced: readonly number[]): string[] {
  renameAll(disk, directory, base, cleanedSuffix, swapSuffix)
  return finishSwap(disk, directory, base, replaced)
}

function finishSwap(disk: Disk, directory: string, base: number, replaced: readonly number[]): string[] {
  const left = replaced.flatMap((old) => renameAll(disk, directory, old, '', deletedSuffix))
  renameAll(disk, directory, base, swapSuffix, '')
  return left
}

/** Brings to an end what a crash left half done. Takes the directory's listing and returns what it is then. */
export function finishSwaps(disk: Disk, directory: string, names: readonly string[]): readonly string[] {
  if (!names.some((name) => isUnfinished(name))) return names
  for (const name of names) {
    if (name.endsWith(cleanedSuffix) || name.endsWith(deletedSuffix)) disk.remove(`${directory}/${name}`)
  }
  for (const name of names.filter((name) => name.endsWith(`.log${swapSuffix}`))) {
    const base = offsetOfFileName(name.slice(0, -swapSuffix.length), '.log')
    if (base === undefined) continue
    const endOffset = endOffsetOf(disk, `${directory}/${name}`, base)
    const replaced = names
      .map((other) => offsetOfFileName(other, '.log'))
      .filter((old) => old !== undefined && old >= base && old < endOffset) as number[]
    for (const path of finishSwap(disk, directory, base, replaced)) disk.remove(path)
  }
  // Indexes that moved on ahead of a log that never did.
  for (const name of disk.list(directory)) if (name.endsWith(swapSuffix)) disk.remove(`${directory}/${name}`)
  return disk.list(directory)
}

const isUnfinished = (name: string): boolean =>
  name.endsWith(cleanedSuffix) || name.endsWith(swapSuffix) || name.endsWith(deletedSuffix)

/** A compacted segment goes as far as those it was made of did: see `compaction.ts`. */
function endOffsetOf(disk: Disk, path: string, base: number): number {
  const file = disk.open(path)
  const walk = scanning(file, 0, file.size)
  let endOffset = base
  while (walk.next()) endOffset = batch.lastOffset(walk.view, walk.at) + 1
  file.close()
  return endOffset
}

function renameAll(disk: Disk, directory: string, base: number, from: string, to: string): string[] {
  const renamed: string[] = []
  for (const kind of kindsLogLast) {
    const path = `${directory}/${offsetFileName(base, kind)}`
    if (!disk.exists(path + from)) continue
    disk.rename(path + from, path + to)
    renamed.push(path + to)
  }
  return renamed
}
