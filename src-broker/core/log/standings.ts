// Where each log of a broker stood: after an orderly stop by one file, as one thousands of logs show in the time of a start; after any
// other by Kafka's three, which are rewritten now and then.
import type { Disk } from '../../base/disk.ts'
import { type Uuid, zeroUuid } from '../../base/uuid.ts'
import { isOffset, readCheckpoint, writeCheckpoint } from './checkpoint-file.ts'
import type { PartitionLog } from './partition-log.ts'

export interface Standing {
  /** Undefined where nobody can tell what of it is safely on disk. */
  readonly recoveryPoint: number | undefined
  readonly highWatermark: number
  readonly logStartOffset: number
  /** Not where it would have to be looked up. */
  readonly topicId?: Uuid | undefined
}

/** Of an orderly stop, and believed only then. Kafka has none: it writes the same to its three, and looks into each directory for the id. */
const stopFile = 'stop-checkpoint'

/** Each line: directory, id of its topic, recovery point, high watermark, log start. */
export function writeStandings(disk: Disk, logs: Iterable<PartitionLog>): void {
  const lines = Array.from(
    logs,
    ({ directory, topicId, recoveryPoint, highWatermark, logStartOffset }) =>
      `${directory} ${topicId ?? zeroUuid} ${recoveryPoint} ${highWatermark} ${logStartOffset}`,
  )
  writeCheckpoint(disk, stopFile, lines)
}

/** By directory. Undefined where the file is missing, or damaged anywhere: Kafka's say the same. */
export function readStandings(disk: Disk): Map<string, Standing> | undefined {
  const standings = new Map<string, Standing>()
  for (const line of readCheckpoint(disk, stopFile) ?? ['']) {
    const fields = line.split(' ')
    const recoveryPoint = Number(fields[2])
    const highWatermark = Number(fields[3])
    const logStartOffset = Number(fields[4])
    if (!isOffset(recoveryPoint) || !isOffset(highWatermark) || !isOffset(logStartOffset)) return undefined
    standings.set(fields[0]!, { topicId: fields[1]!, recoveryPoint, highWatermark, logStartOffset })
  }
  return standings
}

/** What Kafka's checkpoints say, each of which may be missing or damaged by itself. */
export function gatherStandings(
  recoveryPoints: ReadonlyMap<string, number>,
  highWatermarks: ReadonlyMap<string, number>,
  logStartOffsets: ReadonlyMap<string, number>,
): Map<string, Standing> {
  const directories = new Set([...recoveryPoints.keys(), ...highWatermarks.keys(), ...logStartOffsets.keys()])
  return new Map(
    Array.from(directories, (directory) => [
      directory,
      {
        recoveryPoint: recoveryPoints.get(directory),
        highWatermark: highWatermarks.get(directory) ?? 0,
        logStartOffset: logStartOffsets.get(directory) ?? 0,
      },
    ]),
  )
}
