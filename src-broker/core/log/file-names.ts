// The names Apache Kafka gives its files, so that its own tools read ours.
//
//   <topic>-<partition>/
//     00000000000000000042.log         segment that begins at offset 42
//     00000000000000000042.index       offset → position, sparse
//     00000000000000000042.timeindex   timestamp → offset, sparse
//     00000000000000000099.snapshot    producers as they stood before offset 99
//     leader-epoch-checkpoint          which epoch began where
//     partition.metadata               the topic's id

export const segmentFileKinds = ['.log', '.index', '.timeindex', '.txnindex'] as const
export type SegmentFileKind = (typeof segmentFileKinds)[number]

export const offsetFileName = (offset: number, kind: SegmentFileKind | '.snapshot'): string =>
  String(offset).padStart(20, '0') + kind

/** The offset in a file's name, undefined where the file is of another kind. */
export function offsetOfFileName(name: string, kind: SegmentFileKind | '.snapshot'): number | undefined {
  return name.length === 20 + kind.length && name.endsWith(kind) && /^\d{20}/.test(name)
    ? Number(name.slice(0, 20))
    : undefined
}

export const partitionDirectoryName = (topic: string, partition: number): string => `${topic}-${partition}`

export function parsePartitionDirectoryName(name: string): { topic: string; partition: number } | undefined {
  const dash = name.lastIndexOf('-')
  const digits = name.slice(dash + 1)
  return dash > 0 && /^(0|[1-9]\d{0,9})$/.test(digits)
    ? { topic: name.slice(0, dash), partition: Number(digits) }
    : undefined
}

/** The quorum's own log lies beside the partitions and is none of theirs. */
export const metadataDirectoryName = '__cluster_metadata-0'

/** A partition that the metadata does not know, kept for whoever misses it. Kafka puts strays aside in the same way. */
export function strayDirectoryName(topic: string, partition: number, unique: string): string {
  const tail = `-${partition}.${unique}-stray`
  return topic.slice(0, 255 - tail.length) + tail
}

const deletedSuffix = '-delete'
export const isDeletedDirectoryName = (name: string): boolean => name.endsWith(deletedSuffix)

/** A partition on its way out. Long topic names are cut: 255 bytes is what file systems allow. */
export function deletedDirectoryName(topic: string, partition: number, unique: string): string {
  const tail = `-${partition}.${unique}${deletedSuffix}`
  return topic.slice(0, 255 - tail.length) + tail
}
