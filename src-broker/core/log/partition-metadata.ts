import type { Disk, DiskFile } from '../../base/disk.ts'
import { decodeText, encodeText } from '../../base/text.ts'
import { type Uuid, uuidFromBase64, uuidToBase64 } from '../../base/uuid.ts'

// `partition.metadata`, two lines: version: 0 · topic_id: <URL-safe base64>

const path = (directory: string): string => `${directory}/partition.metadata`

/** Not synced: a thousand partitions are born at once. The first flush of the log takes it along, before any record counts as safe. */
export function writeTopicId(disk: Disk, directory: string, topicId: Uuid): void {
  const content = encodeText(`version: 0\ntopic_id: ${uuidToBase64(topicId)}`)
  const file = disk.open(path(directory))
  file.write(content, 0, content.length, 0)
  file.close()
}

/** For a flush. Made anew where somebody took it away; undefined where nobody knows any more what it said. */
export function topicIdFile(disk: Disk, directory: string, topicId: Uuid | undefined): DiskFile | undefined {
  if (!disk.exists(path(directory))) {
    if (topicId === undefined) return undefined
    writeTopicId(disk, directory, topicId)
  }
  return disk.open(path(directory))
}

/** Undefined where the file is missing or unreadable: the partition was born in a crash. */
export function readTopicId(disk: Disk, directory: string): Uuid | undefined {
  const content = disk.read(path(directory))
  const match = content && /^version: 0\ntopic_id: (\S+)\s*$/.exec(decodeText(content))
  return match ? uuidFromBase64(match[1]!) : undefined
}
