// `__cluster_metadata-0`: the Raft log as a partition log in Kafka's format, with snapshots beside it. The log begins at 0 or where
// a snapshot ends; what lies before the latest snapshot is kept for a while, for followers that have nearly all of it.
import { assert } from '../../base/assert.ts'
import { viewOf } from '../../protocol/reader.ts'
import { decodeMetadataRecord } from '../../protocol/stored/metadata-records.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { Env } from '../env.ts'
import { metadataDirectoryName, offsetFileName } from '../log/file-names.ts'
import { defaultLogConfig } from '../log/log-config.ts'
import { PartitionLog } from '../log/partition-log.ts'
import { writeTopicId } from '../log/partition-metadata.ts'
import { encodeLeaderChange, encodeMetadataBatch, encodeVotersBatch, walkBatches } from './metadata-batch.ts'
import { MetadataDamaged, refuseDamageInside, segmentBases } from './metadata-damaged.ts'
import { MetadataSnapshots } from './metadata-snapshots.ts'
import type { LeaderChange, RaftLog, SnapshotId, SnapshotPart } from './raft-log.ts'
import type { MetadataRecord, MetadataRecordInput } from './records.ts'
import { encodeSnapshot, isSoundSnapshot, joined, snapshotRecords, snapshotVoters } from './snapshot-format.ts'
import { voterSetsIn } from './voter-records.ts'
import { type Voter, VoterHistory, type VoterSet } from './voters.ts'

export const metadataTopic = '__cluster_metadata'
export const metadataDirectory = metadataDirectoryName
/** Kafka's reserved id of the topic. */
export const metadataTopicId = `${'0'.repeat(31)}1`

export type MetadataLogSettings = Pick<BrokerConfig, 'metadataLogSegmentBytes' | 'metadataMaxRetentionBytes'>

const replayBytesPerStep = 1_048_576

export class MetadataLog implements RaftLog {
  readonly #env: Env
  readonly #settings: MetadataLogSettings
  readonly #log: PartitionLog
  readonly #snapshots: MetadataSnapshots
  readonly #voters = new VoterHistory()
  #replayedOffset: number
  #bytesSinceSnapshot = 0
  /** Of the leader's snapshot, what has come so far. */
  #incoming: Uint8Array[] = []
  /** The snapshot that the log begins from, until somebody takes its records. */
  #untaken: Uint8Array | undefined

  /** Throws MetadataDamaged where it does not hold what this broker once had. */
  constructor(env: Env, settings: MetadataLogSettings) {
    this.#env = env
    this.#settings = settings
    const { disk } = env
    if (!disk.exists(metadataDirectory)) {
      disk.makeDirectory(metadataDirectory)
      writeTopicId(disk, metadataDirectory, metadataTopicId)
    }
    this.#snapshots = new MetadataSnapshots(env, metadataDirectory)
    const latest = this.#snapshots.openLatest()
    refuseDamageInside(env, metadataDirectory)
    this.#log = PartitionLog.open(env, metadataDirectory, configOf(settings), {
      // Always read back and checked as a whole: it is small, and the quorum stands on it.
      isClean: false,
      recoveryPoint: 0,
      logStartOffset: this.#findStart(),
      highWatermark: 0,
    })
    if (latest !== undefined) this.#beginFrom(latest.id, latest.bytes)
    this.#replayedOffset = latest?.id.endOffset ?? this.#log.logStartOffset
    this.#findVoters(this.#replayedOffset)
  }

  get startOffset(): number {
    return this.#log.logStartOffset
  }

  get endOffset(): number {
    return this.#log.logEndOffset
  }

  get lastEpoch(): number {
    return this.#log.latestEpoch >= 0 ? this.#log.latestEpoch : this.#epochBeforeStart
  }

  get voters(): VoterSet | undefined {
    return this.#voters.latest
  }

  get latestSnapshot(): SnapshotId | undefined {
    return this.#snapshots.latest
  }

  /** 0 without one. */
  get latestSnapshotBytes(): number {
    const { latest } = this.#snapshots
    return latest === undefined ? 0 : this.#snapshots.size(latest)
  }

  /** Bytes of log that were replayed since the latest snapshot. */
  get bytesSinceSnapshot(): number {
    return this.#bytesSinceSnapshot
  }

  endOffsetForEpoch(epoch: number): { epoch: number; endOffset: number } {
    if (epoch >= this.lastEpoch) return { epoch: this.lastEpoch, endOffset: this.endOffset }
    if (this.#log.latestEpoch >= 0 && epoch >= this.#log.epochOf(this.startOffset))
      return this.#log.endOffsetForEpoch(epoch)
    const before = this.#epochBeforeStart
    return { epoch: epoch >= before ? before : -1, endOffset: this.startOffset }
  }

  append(records: readonly MetadataRecordInput[], epoch: number): void {
    this.appendAsLeader(encodeMetadataBatch(this.#env, records), epoch)
  }

  appendAsLeader(batch: Uint8Array, leaderEpoch: number): number {
    this.#makeRoom(batch.length)
    const context = { leaderEpoch, nowMs: this.#env.wallMs(), origin: 'coordinator' } as const
    const { errorCode, baseOffset } = this.#log.appendAsLeader(batch, viewOf(batch), 0, batch.length, context)
    assert(errorCode === 0, `the metadata log refuses our own batch with ${errorCode}`)
    for (const set of voterSetsIn(this.#env, batch)) this.#voters.add(set)
    return baseOffset
  }

  appendLeaderChange(change: LeaderChange, epoch: number): void {
    this.appendAsLeader(encodeLeaderChange(this.#env, change), epoch)
  }

  appendVoters(voters: readonly Voter[], epoch: number): void {
    this.appendAsLeader(encodeVotersBatch(this.#env, voters), epoch)
  }

  appendAsFollower(batches: Uint8Array): boolean {
    const from = this.endOffset
    try {
      const { byteCount } = this.#log.appendAsFollower(batches, viewOf(batches), 0, batches.length)
      for (const set of voterSetsIn(this.#env, batches.subarray(0, byteCount))) this.#voters.add(set)
      return byteCount > 0
    } catch (error) {
      // Those before the one that the disk refused are in the log, and who they say votes does.
      this.#findVoters(from)
      throw error
    }
  }

  read(offset: number, maxBytes: number): Uint8Array {
    return this.#bytes(offset, maxBytes, this.endOffset)
  }

  truncateTo(offset: number): void {
    assert(offset >= this.#replayedOffset, `records before ${this.#replayedOffset} have been replayed already`)
    this.#log.truncateTo(offset)
    this.#voters.truncateTo(this.endOffset)
  }

  /** Files that hold what lies behind `offset`. */
  filesFrom(offset: number): string[] {
    return this.#log
      .segmentsFrom(offset)
      .map(({ baseOffset }) => `${metadataDirectory}/${offsetFileName(baseOffset, '.log')}`)
  }

  /** Shows every record that is still to be replayed, committed or not. */
  lookAhead(see: (value: Uint8Array) => void): void {
    this.#walk(this.#replayedOffset, (bytes, offset) => walkBatches(this.#env, bytes, offset, this.endOffset, see))
  }

  /** Hands out the records that have become committed since the last call. */
  replayTo(highWatermark: number, replay: (record: MetadataRecord, offset: number) => void): void {
    while (this.#replayedOffset < highWatermark) {
      const bytes = this.#bytes(this.#replayedOffset, replayBytesPerStep, highWatermark)
      const next = walkBatches(this.#env, bytes, this.#replayedOffset, highWatermark, (value, offset) =>
        replay(decodeMetadataRecord(value), offset),
      )
      assert(next > this.#replayedOffset, `nothing to replay at ${this.#replayedOffset}`)
      this.#replayedOffset = next
      this.#bytesSinceSnapshot += bytes.length
    }
  }

  // ── snapshots ─────────────────────────────────────────────────────────────────────────────────────────────────────

  /** The records of the snapshot found at the start, or come since. Once: they may be many. */
  takeSnapshotRecords(): Iterable<MetadataRecord> {
    const bytes = this.#untaken
    this.#untaken = undefined
    return bytes === undefined ? [] : snapshotRecords(this.#env, bytes)
  }

  /** Writes down what the log has led to so far, then lets go of what nobody needs any more. */
  takeSnapshot(records: Iterable<MetadataRecordInput>): SnapshotId {
    const endOffset = this.#replayedOffset
    const id = { endOffset, epoch: this.#epochBefore(endOffset) }
    const { voters } = this.#voters.before(endOffset) ?? {}
    this.#snapshots.write(id, encodeSnapshot(this.#env, id.epoch, { voters, records }))
    this.#bytesSinceSnapshot = 0
    this.#forgetOldest()
    return id
  }

  readSnapshot(id: SnapshotId, position: number, maxBytes: number): SnapshotPart | undefined {
    const bytes = this.#snapshots.read(id)
    return bytes && { position, bytes: bytes.slice(position, position + maxBytes), size: bytes.length }
  }

  receiveSnapshot(id: SnapshotId, { position, bytes, size }: SnapshotPart): 'more' | 'installed' | 'refused' {
    if (position === 0) this.#incoming = []
    this.#incoming.push(bytes)
    if (bytes.length > 0 && position + bytes.length < size) return 'more'
    const whole = joined(this.#incoming)
    this.#incoming = []
    if (!isSoundSnapshot(this.#env, whole)) return 'refused'
    this.#snapshots.write(id, whole)
    this.#beginFrom(id, whole)
    this.#replayedOffset = id.endOffset
    this.#bytesSinceSnapshot = 0
    return 'installed'
  }

  close(): void {
    this.#log.close()
  }

  /** A decision is one batch, however many partitions it moves: one that is larger than a segment gets a larger segment. */
  #makeRoom(batchBytes: number): void {
    const { config } = this.#log
    if (batchBytes > config.segmentBytes) this.#log.config = { ...config, segmentBytes: batchBytes }
  }

  /** Where the log begins, as far as snapshots lead to it. */
  #findStart(): number {
    const [oldest] = segmentBases(this.#env.disk, metadataDirectory)
    const { all, latest } = this.#snapshots
    if (oldest === undefined) return latest?.endOffset ?? 0
    if (oldest === 0) return 0
    const start = all.find(({ endOffset }) => endOffset >= oldest)
    if (start !== undefined) return start.endOffset
    throw new MetadataDamaged(`${metadataDirectory} begins at offset ${oldest} and has no sound snapshot up to there`)
  }

  /** The snapshot is what counts. The log behind it stays where it is the same log. */
  #beginFrom({ endOffset, epoch }: SnapshotId, bytes: Uint8Array): void {
    const isContinued =
      this.endOffset >= endOffset && this.startOffset <= endOffset && this.#epochBefore(endOffset) === epoch
    if (!isContinued) {
      this.#log.truncateFullyAndStartAt(endOffset)
      while (this.#snapshots.all.length > 1) this.#snapshots.removeOldest()
      this.#voters.clear()
    }
    const voters = snapshotVoters(this.#env, bytes)
    this.#untaken = bytes
    if (voters !== undefined) this.#voters.add({ offset: endOffset - 1, voters })
  }

  #findVoters(from: number): void {
    this.#walk(from, (bytes, offset) => {
      for (const set of voterSetsIn(this.#env, bytes)) if (set.offset >= offset) this.#voters.add(set)
      return walkBatches(this.#env, bytes, offset, this.endOffset, undefined)
    })
  }

  /** From there to the end, step by step: `step` returns the offset to go on from. */
  #walk(from: number, step: (bytes: Uint8Array, offset: number) => number): void {
    for (let offset = from; offset < this.endOffset; ) {
      offset = step(this.#bytes(offset, replayBytesPerStep, this.endOffset), offset)
    }
  }

  /** At least two snapshots stay, so that a damaged one can be done without, and with each the log behind it. */
  #forgetOldest(): void {
    while (this.#snapshots.all.length > 2 && this.#sizeInBytes > this.#settings.metadataMaxRetentionBytes) {
      this.#snapshots.removeOldest()
      const { endOffset } = this.#snapshots.all[0]!
      this.#log.advanceLogStartOffset(endOffset)
      const { wallMs } = this.#env
      this.#log.deleteOldSegments({
        nowMs: wallMs(),
        retentionMs: Infinity,
        retentionBytes: Infinity,
        highWatermark: endOffset,
      })
    }
    this.#voters.forgetBefore(this.#replayedOffset)
  }

  get #sizeInBytes(): number {
    const segments = this.#log.segmentsFrom(this.startOffset)
    return segments.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, this.#snapshots.sizeInBytes)
  }

  /** Of the record before `offset`, be it in the log or the last one that a snapshot covers. */
  #epochBefore(offset: number): number {
    return offset > this.startOffset ? this.#log.epochOf(offset - 1) : this.#epochBeforeStart
  }

  get #epochBeforeStart(): number {
    return this.#snapshots.all.find(({ endOffset }) => endOffset === this.startOffset)?.epoch ?? 0
  }

  #bytes(offset: number, maxBytes: number, limitOffset: number): Uint8Array {
    const slice = this.#log.read(offset, maxBytes, limitOffset, true)
    const bytes = new Uint8Array(slice.byteLength)
    slice.readInto(bytes, 0)
    return bytes
  }
}

const configOf = ({ metadataLogSegmentBytes }: MetadataLogSettings) => ({
  ...defaultLogConfig,
  segmentBytes: metadataLogSegmentBytes,
  segmentMs: Infinity,
  maxMessageBytes: Infinity,
  // The log is the voters' own: a clock that is wrong must not stop the quorum.
  messageTimestampAfterMaxMs: Infinity,
})
