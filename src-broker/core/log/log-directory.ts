// All partition logs of one broker, in its data directory, and the checkpoint files that say where each of them stood.
// A start reads one listing and three small files, however many partitions there are, unless the last stop was unclean.

import { assert } from '../../base/assert.ts'
import { DiskError } from '../../base/disk.ts'
import { decodeText, encodeText } from '../../base/text.ts'
import type { Uuid } from '../../base/uuid.ts'
import { CorruptBatch } from '../../records/corrupt-batch.ts'
import { OffsetCheckpoint } from './checkpoint-file.ts'
import {
  deletedDirectoryName,
  isDeletedDirectoryName,
  metadataDirectoryName,
  parsePartitionDirectoryName,
  partitionDirectoryName,
  strayDirectoryName,
} from './file-names.ts'
import type { LogConfig } from './log-config.ts'
import type { LogEnv } from './log-env.ts'
import { emptyLogStart, PartitionLog } from './partition-log.ts'
import { writeTopicId } from './partition-metadata.ts'
import { gatherStandings, readStandings, type Standing, writeStandings } from './standings.ts'

/** There while the broker is stopped in an orderly way, with the epoch it was registered under. Removed first at a start. */
const cleanShutdownMarker = '.kafka_cleanshutdown'
const nothingKnown: Partial<Standing> = {}

export interface HeldLog {
  readonly topic: string
  readonly partition: number
  readonly log: PartitionLog
}

export class LogDirectory {
  /** Whether the broker had been stopped in an orderly way before this start. */
  readonly wasClean: boolean
  /** Epoch under which it had been registered then; -1 where that is not known (KIP-966). */
  readonly cleanShutdownEpoch: number
  readonly #env: LogEnv
  readonly #logs = new Map<string, HeldLog>()
  readonly #recoveryPoints: OffsetCheckpoint
  readonly #highWatermarks: OffsetCheckpoint
  readonly #logStartOffsets: OffsetCheckpoint
  readonly #cleanerOffsets: OffsetCheckpoint
  /** Up to where each log is compacted, by directory. */
  readonly #cleanedTo: Map<string, number>
  /** Directories that are gone and still stand in the checkpoints. */
  readonly #stale = new Set<string>()
  /** No log with records is gone that was there at the last checkpoint. */
  readonly #isWhole: boolean
  /** What the last checkpoint says of all logs is to stay. */
  #isClosed = false
  /** Called when a log that counted as sound turns out not to be, on its first use. */
  onDamageFound: ((held: HeldLog) => void) | undefined

  /** Finds the logs of the last run and recovers them where need be. They have `config` until they are given their own. */
  constructor(env: LogEnv, config: LogConfig) {
    const { disk } = env
    this.#env = env
    this.#recoveryPoints = new OffsetCheckpoint(disk, 'recovery-point-offset-checkpoint')
    this.#highWatermarks = new OffsetCheckpoint(disk, 'replication-offset-checkpoint')
    this.#logStartOffsets = new OffsetCheckpoint(disk, 'log-start-offset-checkpoint')
    this.#cleanerOffsets = new OffsetCheckpoint(disk, 'cleaner-offset-checkpoint')
    this.#cleanedTo = this.#cleanerOffsets.read()
    this.wasClean = disk.exists(cleanShutdownMarker)
    this.cleanShutdownEpoch = epochIn(disk.read(cleanShutdownMarker))
    disk.remove(cleanShutdownMarker)
    const standings =
      (this.wasClean ? readStandings(disk) : undefined) ??
      gatherStandings(this.#recoveryPoints.read(), this.#highWatermarks.read(), this.#logStartOffsets.read())
    for (const name of disk.list('')) {
      if (isDeletedDirectoryName(name)) disk.remove(name)
      const found = parsePartitionDirectoryName(name)
      if (found === undefined || isDeletedDirectoryName(name) || name === metadataDirectoryName) continue
      const { recoveryPoint, highWatermark = 0, logStartOffset = 0, topicId } = standings.get(name) ?? nothingKnown
      const isClean = this.wasClean && recoveryPoint !== undefined
      const start = { isClean, recoveryPoint: recoveryPoint ?? 0, highWatermark, logStartOffset, topicId }
      const log = PartitionLog.open(env, name, config, start)
      this.#hold(name, { topic: found.topic, partition: found.partition, log })
    }
    this.#isWhole = true
    for (const [name, { recoveryPoint = 0 }] of standings) {
      const log = this.#logs.get(name)?.log
      if (log === undefined) this.#stale.add(name)
      if (log === undefined && recoveryPoint > 0) this.#isWhole = false
      if (log !== undefined && log.recoveryPoint < recoveryPoint) this.#shortened(log)
    }
    for (const name of this.#cleanedTo.keys()) if (!this.#logs.has(name)) this.#stale.add(name)
  }

  /**
   * The broker epoch of the last clean stop, for the registration: it vouches that all logs are there and whole, so they are looked
   * at first. -1 where one of them is not.
   */
  vouchedEpoch(): number {
    if (this.cleanShutdownEpoch < 0 || !this.#isWhole) return -1
    for (const { log } of this.#logs.values()) if (!isWhole(log)) return -1
    return this.cleanShutdownEpoch
  }

  get(topic: string, partition: number): PartitionLog | undefined {
    return this.#logs.get(partitionDirectoryName(topic, partition))?.log
  }

  all(): Iterable<HeldLog> {
    return this.#logs.values()
  }

  /** A new, empty log. */
  create(topic: string, partition: number, topicId: Uuid, config: LogConfig): PartitionLog {
    const name = partitionDirectoryName(topic, partition)
    assert(name !== metadataDirectoryName, 'the metadata log is the quorum’s')
    assert(!this.#logs.has(name), `${name} is there already`)
    // What is written down of a former one of that name would pass for this one’s, were the next start not orderly.
    if (this.#stale.has(name)) this.#forgetStale()
    this.#env.disk.makeDirectory(name)
    writeTopicId(this.#env.disk, name, topicId)
    const log = PartitionLog.open(this.#env, name, config, { ...emptyLogStart, topicId })
    this.#hold(name, { topic, partition, log })
    return log
  }

  /** Up to where a log is compacted; 0 if it never was. */
  cleanedTo(topic: string, partition: number): number {
    return this.#cleanedTo.get(partitionDirectoryName(topic, partition)) ?? 0
  }

  cleaned(topic: string, partition: number, offset: number): void {
    this.#cleanedTo.set(partitionDirectoryName(topic, partition), offset)
    this.#writeCleaned()
  }

  #writeCleaned(): void {
    const lines = Array.from(this.#logs, ([name, held]) => [held, this.#cleanedTo.get(name)] as const)
      .filter(([, cleanedTo]) => cleanedTo !== undefined)
      .map(([held, cleanedTo]) => `${held.topic} ${held.partition} ${cleanedTo}`)
    this.#cleanerOffsets.write(lines)
  }

  /** Removes a log with all its files. Renamed first, so that after a crash nobody takes what is left for a partition. */
  remove(topic: string, partition: number): void {
    const deletedName = this.#rename(topic, partition, deletedDirectoryName)
    if (deletedName !== undefined) this.#env.disk.remove(deletedName)
  }

  /** Takes a log out of service and keeps its files under a name that is no partition's. */
  setAside(topic: string, partition: number): void {
    this.#rename(topic, partition, strayDirectoryName)
  }

  #rename(
    topic: string,
    partition: number,
    newNameOf: (topic: string, partition: number, unique: string) => string,
  ): string | undefined {
    const name = partitionDirectoryName(topic, partition)
    const held = this.#logs.get(name)
    if (held === undefined) return undefined
    const { disk } = this.#env
    const newName = newNameOf(topic, partition, held.log.topicId ?? 'unknown')
    held.log.abandon()
    disk.remove(newName)
    disk.rename(name, newName)
    // Not before: where the disk refuses, a log of that name is still there, and is nobody else's.
    this.#logs.delete(name)
    this.#cleanedTo.delete(name)
    this.#stale.add(name)
    return newName
  }

  /** Writes down where each log stands: its recovery point, high watermark and log start. Call it now and then. */
  checkpoint(): void {
    if (this.#isClosed) return
    const recoveryPoints: string[] = []
    const highWatermarks: string[] = []
    const logStartOffsets: string[] = []
    for (const { topic, partition, log } of this.#logs.values()) {
      recoveryPoints.push(`${topic} ${partition} ${log.recoveryPoint}`)
      highWatermarks.push(`${topic} ${partition} ${log.highWatermark}`)
      if (log.logStartOffset > 0) logStartOffsets.push(`${topic} ${partition} ${log.logStartOffset}`)
    }
    // The log start first: one that is too low only brings back what was deleted, and no recovery point depends on it.
    this.#logStartOffsets.write(logStartOffsets)
    this.#recoveryPoints.write(recoveryPoints)
    this.#highWatermarks.write(highWatermarks)
  }

  /** Flushes every log and leaves the marker that spares the next start the recovery. */
  close(brokerEpoch = -1): void {
    for (const { log } of this.#logs.values()) log.close()
    this.checkpoint()
    writeStandings(
      this.#env.disk,
      Array.from(this.#logs.values(), ({ log }) => log),
    )
    this.#env.disk.replace(cleanShutdownMarker, encodeText(`{"version":0,"brokerEpoch":${brokerEpoch}}`))
    this.#logs.clear()
    this.#isClosed = true
  }

  /**
   * Flushed records were cut off: what is written down of them must not outlive them. Others may take their place that were never
   * compacted, and of which the tombstones would go before the values.
   */
  #shortened(log: PartitionLog): void {
    if ((this.#cleanedTo.get(log.directory) ?? 0) > log.recoveryPoint) {
      this.#cleanedTo.set(log.directory, log.recoveryPoint)
      this.#writeCleaned()
    }
    this.checkpoint()
  }

  #forgetStale(): void {
    for (const name of this.#stale) this.#cleanedTo.delete(name)
    this.checkpoint()
    this.#writeCleaned()
    this.#stale.clear()
  }

  #hold(name: string, held: HeldLog): void {
    held.log.onRecoveryPointLowered = this.#recoveryPointLowered
    held.log.onDamageFound = this.#damageFound
    this.#logs.set(name, held)
  }

  // One for all of thousands of logs.
  readonly #recoveryPointLowered = (log: PartitionLog): void => this.#shortened(log)

  readonly #damageFound = (log: PartitionLog): void => {
    const held = this.#logs.get(log.directory)
    if (held?.log === log) this.onDamageFound?.(held)
  }
}

function isWhole(log: PartitionLog): boolean {
  try {
    log.ensureOpen()
    return log.damage === undefined
  } catch (error) {
    if (error instanceof DiskError || error instanceof CorruptBatch) return false
    throw error
  }
}

/** Of a clean-shutdown file; what is no such file says nothing. */
function epochIn(file: Uint8Array | undefined): number {
  const [, digits] = /"brokerEpoch":(\d+)/.exec(file === undefined ? '' : decodeText(file)) ?? []
  return digits === undefined ? -1 : Number(digits)
}
