// A producer of one partition, as a careful client has it: batches in order, up to five under way, retried on what may pass,
// given up in time. Tells the history what it knows of each record: acknowledged, surely not written, or unknown.
import type { Random } from '../../src-broker/base/random.ts'
import { errorOf, errors } from '../../src-broker/protocol/errors.ts'
import { produce } from '../../src-broker/protocol/messages/00-produce.ts'
import { initProducerId } from '../../src-broker/protocol/messages/22-init-producer-id.ts'
import { buildBatch } from '../../src-broker/records/build.ts'
import type { Client } from './client.ts'
import { encodeValue, type History, keyOf, show, type Write, type Writer } from './history.ts'
import { between } from './randoms.ts'
import { checksum, type World } from './world.ts'

interface Batch {
  readonly writes: readonly Write[]
  readonly createdMs: number
  baseSequence: number
  bytes: Uint8Array | undefined
  isUnderWay: boolean
  /** It has come back once: until it is settled, nothing overtakes it. */
  isRetried: boolean
  /** Some attempt may have been appended. */
  isDoubtful: boolean
}

export interface ProducerOptions {
  readonly intervalMs: number
  readonly batchRecordsMax: number
  readonly inFlightMax: number
  /** Where all power may go at once, a broker may forget what it acknowledged. */
  readonly mayLose: boolean
  /** What it took is deleted or compacted sooner or later, and then it does not know any more that it was there. */
  readonly mayForget: boolean
  /** Ids of earlier topics of the same name: then this one is asked for by its id. */
  readonly gone?: ReadonlySet<string>
}

const firstVersionWithTopicIds = 13

const deliveryTimeoutMs = 12_000
const brokerTimeoutMs = 1_500
const requestTimeoutMs = 3_000
const unsettledMax = 20
const retryMs = 50

/** Nothing was appended, and asking again may help. */
const notDone: ReadonlySet<number> = new Set([
  errors.UNKNOWN_TOPIC_OR_PARTITION,
  errors.UNKNOWN_TOPIC_ID,
  errors.LEADER_NOT_AVAILABLE,
  errors.NOT_ENOUGH_REPLICAS,
  errors.KAFKA_STORAGE_ERROR,
])
/** It may have been appended. */
const inDoubt: ReadonlySet<number> = new Set([
  errors.NOT_LEADER_OR_FOLLOWER,
  errors.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
  errors.REQUEST_TIMED_OUT,
])

export class Producer {
  readonly writer: Writer
  readonly #client: Client
  readonly #world: World
  readonly #history: History
  readonly #options: ProducerOptions
  readonly #random: Random
  #batches: Batch[] = []
  #producerId = -1
  /**
   * Something was acknowledged under this id. Of a producer that it does not know a broker takes any batch for the first one, as in
   * Kafka: until then no second batch follows, which could overtake a refused first one.
   */
  #isKnown = false
  #nextSequence = 0
  /** What was given up may be there: this producer id is not to be used again once nothing is under way. */
  #isSpent: boolean
  #isAskingForId = false
  #isStopped = false
  #isPumping = false

  constructor(client: Client, history: History, writer: Writer, options: ProducerOptions) {
    this.#client = client
    this.#world = client.world
    this.#history = history
    this.writer = writer
    this.#options = options
    this.#random = client.world.randoms.for(`producer ${writer.id}`)
    this.#isSpent = writer.isIdempotent
    this.#tick()
  }

  stop(): void {
    this.#isStopped = true
  }

  /** The topic is gone: nobody asks for what is not settled. */
  abandon(): void {
    this.#isStopped = true
    this.#isSpent = true
    for (const batch of this.#batches) if (!batch.isUnderWay) giveUp(batch)
    this.#batches = this.#batches.filter(({ isUnderWay }) => isUnderWay)
  }

  get isIdle(): boolean {
    return this.#batches.length === 0
  }

  #tick(): void {
    this.#world.after(this.#options.intervalMs * between(this.#random, 0.5, 1.5), () => {
      if (this.#isStopped) return
      this.#create()
      this.#tick()
    })
  }

  /** One more batch. */
  #create(): void {
    if (this.#batches.length >= unsettledMax) return
    const count = 1 + Math.floor(this.#random() * this.#options.batchRecordsMax)
    const writes = Array.from({ length: count }, () => this.#history.begin(this.writer))
    const createdMs = this.#world.nowMs
    this.#batches.push({
      writes,
      createdMs,
      baseSequence: -1,
      bytes: undefined,
      isUnderWay: false,
      isRetried: false,
      isDoubtful: false,
    })
    this.#pump()
  }

  /** Asks for one more record at once; for the end of a run. */
  createOne(): Write {
    this.#isStopped = true
    this.#create()
    return this.writer.writes.at(-1)!
  }

  #pumpLater(): void {
    if (this.#isPumping) return
    this.#isPumping = true
    this.#world.after(retryMs * between(this.#random, 0.5, 1.5), () => {
      this.#isPumping = false
      this.#pump()
    })
  }

  #pump(): void {
    this.#giveUpOld()
    if (this.#batches.length === 0) return
    if (this.#isSpent) {
      if (!this.#batches.some(({ isUnderWay }) => isUnderWay)) this.#askForId()
      return
    }
    const { topic, partition } = this.writer
    const leader = this.#client.leaderOf(topic, partition, this.#options.gone)
    if (leader === undefined) return this.#client.refresh(() => this.#pumpLater())
    let underWay = this.#batches.filter(({ isUnderWay }) => isUnderWay).length
    const hasRetried = this.#batches.some(({ isRetried }) => isRetried)
    const inFlightMax = this.writer.isIdempotent && !this.#isKnown ? 1 : this.#options.inFlightMax
    for (const [index, batch] of this.#batches.entries()) {
      if (underWay >= inFlightMax || (hasRetried && index > 0)) break
      if (batch.isUnderWay) continue
      underWay++
      this.#send(batch, leader.leaderId)
    }
  }

  #send(batch: Batch, leaderId: number): void {
    const { topic, partition, acks, isIdempotent } = this.writer
    if (batch.bytes === undefined) {
      const timestamp = Math.floor(Date.UTC(2026, 0, 1) + 1_000 + this.#world.nowMs)
      const records = batch.writes.map((write) => ({ key: keyOf(write), value: encodeValue(write), timestamp }))
      if (isIdempotent) {
        batch.baseSequence = this.#nextSequence
        this.#nextSequence += records.length
      }
      const identity = { producerId: this.#producerId, producerEpoch: 0, baseSequence: batch.baseSequence }
      batch.bytes = buildBatch(records, checksum, isIdempotent ? identity : {})
    }
    batch.isUnderWay = true
    const client = this.#client
    const version = client.versionOf(produce, this.#options.gone === undefined ? 3 : firstVersionWithTopicIds)
    const topicId = client.topics.get(topic)!.topicId
    const topicData = [{ name: topic, topicId, partitionData: [{ index: partition, records: batch.bytes }] }]
    const body = { transactionalId: null, acks, timeoutMs: brokerTimeoutMs, topicData }
    client.ask(leaderId, produce, version, body, requestTimeoutMs, (response) => {
      batch.isUnderWay = false
      const answer = response?.responses[0]?.partitionResponses[0]
      this.#world.log(
        () =>
          `producer ${this.writer.id}: batch ${batch.baseSequence} of ${this.#producerId} to ${leaderId}: ${answer === undefined ? 'no answer' : `${errorOf(answer.errorCode).name} ${answer.baseOffset}`}`,
      )
      this.#answered(batch, answer?.errorCode ?? errors.NETWORK_EXCEPTION, answer?.baseOffset ?? -1)
    })
  }

  #answered(batch: Batch, errorCode: number, baseOffset: number): void {
    const index = this.#batches.indexOf(batch)
    if (index < 0) return // Given up before.
    if (errorCode === errors.NONE || errorCode === errors.DUPLICATE_SEQUENCE_NUMBER) {
      this.#batches.splice(index, 1)
      this.#isKnown = true
      const base = errorCode === errors.NONE ? baseOffset : -1
      for (const [at, write] of batch.writes.entries()) this.#history.acked(write, base < 0 ? -1 : base + at)
      return this.#pump()
    }
    if (errorCode === errors.OUT_OF_ORDER_SEQUENCE_NUMBER && this.writer.isIdempotent) {
      // One that is there already is known to be, also after a restart; one that cannot be there, behind others that are, must be taken.
      const { mayLose, mayForget } = this.#options
      if (index === 0 && (mayLose || (mayForget && batch.isDoubtful))) this.#isSpent = true
      else if (index === 0 && !this.#isSpent) {
        const first = show(batch.writes[0]!)
        return this.#world.fail('false-out-of-order', `${this.writer.topic}-${this.writer.partition} refuses ${first}`)
      }
    } else if (inDoubt.has(errorCode) || errorCode === errors.NETWORK_EXCEPTION) batch.isDoubtful = true
    else if (!notDone.has(errorCode)) {
      return this.#world.fail('unexpected-error', `produce to ${this.writer.topic}: ${errorOf(errorCode).name}`)
    }
    if (this.#isSpent) {
      // Asked again under another producer id it might be there twice.
      this.#batches.splice(index, 1)
      giveUp(batch)
      return this.#pump()
    }
    batch.isRetried = true
    this.#client.refresh(() => this.#pumpLater())
  }

  #giveUpOld(): void {
    const tooOldMs = this.#world.nowMs - deliveryTimeoutMs
    if (!this.#batches.some(({ createdMs, isUnderWay }) => createdMs < tooOldMs && !isUnderWay)) return
    // With one given up, those behind it can never be in sequence: all go that are not under way.
    const given = this.#batches.filter(({ isUnderWay }) => !isUnderWay)
    this.#batches = this.#batches.filter(({ isUnderWay }) => isUnderWay)
    for (const batch of given) giveUp(batch)
    for (const batch of this.#batches) batch.isRetried = false
    if (this.writer.isIdempotent) this.#isSpent = true
  }

  #askForId(): void {
    if (this.#isAskingForId) return
    this.#isAskingForId = true
    for (const batch of this.#batches) if (batch.isDoubtful) giveUp(batch)
    this.#batches = this.#batches.filter(({ isDoubtful }) => !isDoubtful)
    const client = this.#client
    const version = client.versionOf(initProducerId, 0)
    const body = { transactionalId: null, transactionTimeoutMs: 60_000 }
    client.ask(client.anyBroker(), initProducerId, version, body, requestTimeoutMs, (response) => {
      this.#isAskingForId = false
      if (response?.errorCode !== errors.NONE) return this.#pumpLater()
      this.#producerId = response.producerId
      this.#isKnown = false
      this.#nextSequence = 0
      this.#isSpent = false
      for (const batch of this.#batches) batch.bytes = undefined
      this.#pump()
    })
  }
}

function giveUp({ writes, isDoubtful }: Batch): void {
  for (const write of writes) write.outcome = isDoubtful ? 'unknown' : 'failed'
}
