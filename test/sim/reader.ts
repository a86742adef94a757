// A consumer of one partition: fetches from its leader, checks every batch, and sees each offset once and in order.

import { decompress } from '../../src-broker/client/compression.ts'
import { errorOf, errors } from '../../src-broker/protocol/errors.ts'
import { fetch } from '../../src-broker/protocol/messages/01-fetch.ts'
import { viewOf } from '../../src-broker/protocol/reader.ts'
import * as batch from '../../src-broker/records/batch.ts'
import { RecordCursor } from '../../src-broker/records/read.ts'
import type { Client } from './client.ts'
import type { History, Write } from './history.ts'
import { between } from './randoms.ts'
import { checksum, type World } from './world.ts'

const requestTimeoutMs = 3_000
const retryMs = 60

const passing: ReadonlySet<number> = new Set([
  errors.NOT_LEADER_OR_FOLLOWER,
  errors.UNKNOWN_TOPIC_OR_PARTITION,
  errors.UNKNOWN_TOPIC_ID,
  errors.FENCED_LEADER_EPOCH,
  errors.UNKNOWN_LEADER_EPOCH,
  errors.OFFSET_NOT_AVAILABLE,
  errors.KAFKA_STORAGE_ERROR,
])

export interface ReaderOptions {
  readonly topic: string
  readonly incarnation: number
  readonly partition: number
  /** Ids of earlier topics of the same name: then this one is asked for by its id. */
  readonly gone?: ReadonlySet<string> | undefined
  /** Only the last record of each key has to stay: offsets are left out. */
  readonly isCompacted: boolean
  /** Records may be deleted by age or size: then the start of the log moves, and an old position with it. */
  readonly isRetained: boolean
  readonly maxWaitMs: number
  /** Where all power may go at once, what was read may be gone afterwards: then the reader starts over. */
  readonly mayLose: boolean
}

export class Reader {
  readonly options: ReaderOptions
  readonly #client: Client
  readonly #world: World
  readonly #history: History
  /** The next offset to read. */
  position = 0
  /** High watermark of the last answer. */
  highWatermark = -1
  /** Where the log begins, as far as it was in the way. */
  logStartOffset = 0
  /** Everything read, in order, and where it lay. */
  readonly read: Write[] = []
  readonly offsets: number[] = []
  #lastEpoch = -1
  #isStopped = false

  constructor(client: Client, history: History, options: ReaderOptions) {
    this.#client = client
    this.#world = client.world
    this.#history = history
    this.options = options
    this.#fetch()
  }

  get name(): string {
    return `${this.options.topic}-${this.options.partition}`
  }

  get isAtEnd(): boolean {
    return this.highWatermark >= 0 && this.position >= this.highWatermark
  }

  stop(): void {
    this.#isStopped = true
  }

  #again(): void {
    this.#client.refresh(() => this.#world.after(retryMs * between(this.#client.random, 0.5, 1.5), () => this.#fetch()))
  }

  #fetch(): void {
    if (this.#isStopped) return
    const { topic, partition, maxWaitMs } = this.options
    const client = this.#client
    const leader = client.leaderOf(topic, partition, this.options.gone)
    if (leader === undefined) return this.#again()
    const { topicId } = client.topics.get(topic)!
    const asked = {
      partition,
      currentLeaderEpoch: leader.leaderEpoch,
      fetchOffset: this.position,
      lastFetchedEpoch: this.#lastEpoch,
      partitionMaxBytes: 8_192,
    }
    const version = client.versionOf(fetch, this.options.gone === undefined ? 12 : 13)
    const topics = [{ topic, topicId, partitions: [asked] }]
    const body = {
      maxWaitMs,
      minBytes: 1,
      maxBytes: 65_536,
      isolationLevel: 0,
      topics,
      forgottenTopicsData: [],
      rackId: '',
    }
    client.ask(leader.leaderId, fetch, version, body, requestTimeoutMs, (response) => {
      const answer = response?.responses[0]?.partitions[0]
      if (this.#isStopped) return
      if (answer === undefined) return this.#again()
      if (answer.errorCode === errors.OFFSET_OUT_OF_RANGE) return this.#outOfRange(answer.logStartOffset)
      if (passing.has(answer.errorCode)) return this.#again()
      if (answer.errorCode !== errors.NONE) {
        const { name } = errorOf(answer.errorCode)
        return this.#world.fail('unexpected-error', `fetch of ${this.name} at ${this.position}: ${name}`)
      }
      if (answer.divergingEpoch.epoch >= 0) {
        if (this.options.mayLose) return this.#startOver(answer.divergingEpoch.endOffset)
        const { epoch, endOffset } = answer.divergingEpoch
        const where = `${this.name} at ${this.position} of epoch ${this.#lastEpoch}`
        return this.#world.fail('visible-then-gone', `${where}: the leader knows epoch ${epoch} up to ${endOffset}`)
      }
      this.highWatermark = answer.highWatermark
      const isTaken = answer.records === null || answer.records.byteLength === 0 || this.#take(answer.records)
      if (isTaken) this.#world.after(1, () => this.#fetch())
    })
  }

  #outOfRange(logStartOffset: number): void {
    if (this.options.isRetained && logStartOffset > this.position) {
      this.logStartOffset = logStartOffset
      return this.#startOver(logStartOffset)
    }
    if (this.options.mayLose) return this.#startOver(logStartOffset)
    this.#world.fail('visible-then-gone', `${this.name}: position ${this.position} is out of range`)
  }

  #startOver(offset: number): void {
    this.position = offset
    this.#lastEpoch = -1
    this.#again()
  }

  /** False where it is not to go on at once. */
  #take(bytes: Uint8Array): boolean {
    const view = viewOf(bytes)
    for (let at = 0; batch.isWhole(view, at, bytes.length); at += batch.sizeInBytes(view, at)) {
      if (!batch.hasValidCrc(bytes, view, at, checksum)) {
        // A consumer sees it, and asks again: another leader has it whole.
        if (this.#client.cluster.rotten.has(this.name)) this.#again()
        else this.#world.fail('damaged-record', `${this.name} at ${batch.baseOffset(view, at)} fails its checksum`)
        return false
      }
      this.#lastEpoch = batch.partitionLeaderEpoch(view, at)
      const cursor = new RecordCursor(bytes, view, at, decompress)
      while (cursor.next()) {
        const { offset } = cursor
        if (offset < this.position) continue // A batch comes whole, also where the position is in its middle.
        if (offset !== this.position && !this.options.isCompacted) {
          this.#world.fail('poll-skip', `${this.name}: ${offset} came where ${this.position} was next`)
          return false
        }
        const { topic, incarnation, partition } = this.options
        const write = this.#history.read(topic, incarnation, partition, offset, cursor.value)
        if (write !== undefined) {
          this.read.push(write)
          this.offsets.push(offset)
        }
        this.position = offset + 1
      }
      if (this.options.isCompacted) this.position = Math.max(this.position, batch.lastOffset(view, at) + 1)
    }
    return true
  }
}
