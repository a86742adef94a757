// `__cluster_metadata-0`: the Raft log as a partition log in Kafka's format, and the vote beside it in `quorum-state`.
import { assert } from '../../base/assert.ts'
import { decodeText, encodeText } from '../../base/text.ts'
import { viewOf } from '../../protocol/reader.ts'
import type { Env } from '../env.ts'
import { offsetFileName } from '../log/file-names.ts'
import { defaultLogConfig } from '../log/log-config.ts'
import { PartitionLog } from '../log/partition-log.ts'
import { writeTopicId } from '../log/partition-metadata.ts'
import { encodeLeaderChange, encodeMetadataBatch, replayBatches } from './metadata-batch.ts'
import type { LeaderChange, RaftLog } from './raft-log.ts'
import type { QuorumState } from './raft-state.ts'
import type { MetadataRecord, MetadataRecordInput } from './records.ts'

export const metadataTopic = '__cluster_metadata'
export const metadataDirectory = `${metadataTopic}-0`
const quorumStateFile = `${metadataDirectory}/quorum-state`
/** Kafka's reserved id of the topic. */
const metadataTopicId = `${'0'.repeat(31)}1`

const replayBytesPerStep = 1_048_576

const config = {
  ...defaultLogConfig,
  segmentMs: Infinity,
  maxMessageBytes: Infinity,
  // The log is the voters' own: a clock that is wrong must not stop the quorum.
  messageTimestampAfterMaxMs: Infinity,
}

export class MetadataLog implements RaftLog {
  readonly #env: Env
  readonly #log: PartitionLog
  #replayedOffset: number

  constructor(env: Env) {
    this.#env = env
    if (!env.disk.exists(metadataDirectory)) {
      env.disk.makeDirectory(metadataDirectory)
      writeTopicId(env.disk, metadataDirectory, metadataTopicId)
    }
    // Always read back and checked as a whole: it is small, and the quorum stands on it.
    const start = { isClean: false, recoveryPoint: 0, logStartOffset: 0, highWatermark: 0 }
    this.#log = PartitionLog.open(env, metadataDirectory, config, start)
    this.#replayedOffset = this.#log.logStartOffset
  }

  get startOffset(): number {
    return this.#log.logStartOffset
  }

  get endOffset(): number {
    return this.#log.logEndOffset
  }

  get lastEpoch(): number {
    return Math.max(0, this.#log.latestEpoch)
  }

  endOffsetForEpoch(epoch: number): { epoch: number; endOffset: number } {
    if (this.#log.latestEpoch < 0) return { epoch: 0, endOffset: this.startOffset }
    if (epoch > this.lastEpoch) return { epoch: this.lastEpoch, endOffset: this.endOffset }
    return this.#log.endOffsetForEpoch(epoch)
  }

  append(records: readonly MetadataRecordInput[], epoch: number): void {
    this.appendAsLeader(encodeMetadataBatch(this.#env, records), epoch)
  }

  appendAsLeader(batch: Uint8Array, leaderEpoch: number): number {
    const context = { leaderEpoch, nowMs: this.#env.wallMs(), origin: 'coordinator' } as const
    const { errorCode, baseOffset } = this.#log.appendAsLeader(batch, viewOf(batch), 0, batch.length, context)
    assert(errorCode === 0, `the metadata log refuses our own batch with ${errorCode}`)
    return baseOffset
  }

  appendLeaderChange(change: LeaderChange, epoch: number): void {
    this.appendAsLeader(encodeLeaderChange(this.#env, change), epoch)
  }

  appendAsFollower(batches: Uint8Array): boolean {
    return this.#log.appendAsFollower(batches, viewOf(batches), 0, batches.length).byteCount > 0
  }

  read(offset: number, maxBytes: number): Uint8Array {
    return this.#bytes(offset, maxBytes, this.endOffset)
  }

  truncateTo(offset: number): void {
    assert(offset >= this.#replayedOffset, `records before ${this.#replayedOffset} have been replayed already`)
    this.#log.truncateTo(offset)
  }

  /** Files that hold what lies behind `offset`. */
  filesFrom(offset: number): string[] {
    return this.#log
      .segmentsFrom(offset)
      .map(({ baseOffset }) => `${metadataDirectory}/${offsetFileName(baseOffset, '.log')}`)
  }

  /** Hands out the records that have become committed since the last call. */
  replayTo(highWatermark: number, replay: (record: MetadataRecord, offset: number) => void): void {
    while (this.#replayedOffset < highWatermark) {
      const bytes = this.#bytes(this.#replayedOffset, replayBytesPerStep, highWatermark)
      const next = replayBatches(this.#env, bytes, this.#replayedOffset, highWatermark, replay)
      assert(next > this.#replayedOffset, `nothing to replay at ${this.#replayedOffset}`)
      this.#replayedOffset = next
    }
  }

  close(): void {
    this.#log.close()
  }

  #bytes(offset: number, maxBytes: number, limitOffset: number): Uint8Array {
    const slice = this.#log.read(offset, maxBytes, limitOffset, true)
    const bytes = new Uint8Array(slice.byteLength)
    slice.readInto(bytes, 0)
    return bytes
  }
}

/** The file is JSON, in Kafka's form for voters that are fixed by configuration. */
export function writeQuorumState({ disk }: Env, state: QuorumState, voters: readonly number[]): void {
  const currentVoters = voters.map((voterId) => ({ voterId }))
  const { leaderId, leaderEpoch, votedId } = state
  const content = { clusterId: '', leaderId, leaderEpoch, votedId, appliedOffset: 0, currentVoters, data_version: 0 }
  disk.replace(quorumStateFile, encodeText(JSON.stringify(content)))
}

/** Throws where the file is there and does not say how this broker voted: it must not vote again. */
export function readQuorumState({ disk }: Env): QuorumState | undefined {
  const bytes = disk.read(quorumStateFile)
  if (bytes === undefined) return undefined
  const { leaderId, leaderEpoch, votedId } = JSON.parse(decodeText(bytes))
  if (![leaderId, leaderEpoch, votedId].every(Number.isInteger)) throw new Error(`${quorumStateFile} is damaged`)
  return { leaderId, leaderEpoch, votedId }
}
