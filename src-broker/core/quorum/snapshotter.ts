// Decides when a snapshot is due: after so many bytes of replayed log, or so long after the first change that is in none. Or at an
// orderly stop, where the next start would otherwise replay much: what a thousand partitions went through, and not where they are.
import type { Deadline, Deadlines } from '../../base/deadlines.ts'
import { DiskError } from '../../base/disk.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { MetadataImage } from './image.ts'
import { imageRecords } from './image-records.ts'
import type { MetadataLog } from './metadata-log.ts'

export interface SnapshotterHost {
  readonly deadlines: Deadlines
  readonly log: MetadataLog
  readonly image: MetadataImage
  readonly config: Pick<BrokerConfig, 'metadataLogMaxRecordBytesBetweenSnapshots' | 'metadataLogMaxSnapshotIntervalMs'>
  nowMs(): number
  diskFailed(error: DiskError): void
}

/** After a disk that refused. */
const retryMs = 60_000
/** So much is replayed in a few milliseconds, and no snapshot worth a sync at a stop; nor is what is little beside the last one. */
const replayedSoonBytes = 65_536
const replayedSoonShare = 1 / 4

export class Snapshotter {
  readonly #host: SnapshotterHost
  #due: Deadline | undefined
  #notBeforeMs = 0

  constructor(host: SnapshotterHost) {
    this.#host = host
  }

  /** This broker stops in an orderly way. Whoever stops often writes no more than a few times as much as the log has grown. */
  stop(): void {
    this.#due?.cancel()
    const { log } = this.#host
    if (log.bytesSinceSnapshot > Math.max(replayedSoonBytes, log.latestSnapshotBytes * replayedSoonShare)) this.#take()
  }

  /** To be called whenever the image has moved on. */
  replayed(): void {
    const { log, config, deadlines, nowMs } = this.#host
    if (log.bytesSinceSnapshot >= config.metadataLogMaxRecordBytesBetweenSnapshots) return this.#take()
    const intervalMs = config.metadataLogMaxSnapshotIntervalMs
    if (intervalMs <= 0 || log.bytesSinceSnapshot === 0 || this.#due?.isOver === false) return
    this.#due = deadlines.at(nowMs() + intervalMs, () => this.#take())
  }

  #take(): void {
    const { log, image, nowMs } = this.#host
    if (log.bytesSinceSnapshot === 0 || nowMs() < this.#notBeforeMs) return
    this.#due?.cancel()
    try {
      log.takeSnapshot(imageRecords(image))
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.#notBeforeMs = nowMs() + retryMs
      this.#host.diskFailed(error)
    }
  }
}
