// A short story about whole brokers: the product's own, under the simulator's clock, network and disk, with the trouble that the
// test says instead of chance. One topic, `orders`, with one partition.
import { listOffsets } from '../../src-broker/api/02-list-offsets.ts'
import { zeroUuid } from '../../src-broker/base/uuid.ts'
import type { Broker, BrokerEvent } from '../../src-broker/core/broker.ts'
import { createBrokerConfig, laptopSettings } from '../../src-broker/core/config/broker-config.ts'
import type { ControllerApi, RequestOf, ResponseOf } from '../../src-broker/core/quorum/controller-apis.ts'
import type { MetadataImage, PartitionImage } from '../../src-broker/core/quorum/image.ts'
import type { Partition } from '../../src-broker/core/replica/partition.ts'
import { errorOf, errors } from '../../src-broker/protocol/errors.ts'
import { viewOf } from '../../src-broker/protocol/reader.ts'
import { buildBatch } from '../../src-broker/records/build.ts'
import { Cluster } from '../sim/cluster.ts'
import { isWhole, newestImage } from '../sim/health.ts'
import type { Machine } from '../sim/machine.ts'
import { viewOfReplicas } from '../sim/view.ts'
import { checksum, World } from '../sim/world.ts'

const topic = 'orders'

export interface Written {
  readonly value: string
  /** 'waiting', 'acknowledged', or the name of an error. */
  state: string
}

class Load {
  /** How often the unluckiest record had to be sent. */
  triesMax = 0
  isOver = false

  stop(): void {
    this.isOver = true
  }
}

export class Story {
  readonly world = new World(1)
  readonly cluster: Cluster
  readonly events: BrokerEvent[] = []
  readonly written: Written[] = []

  /** All brokers serve. */
  constructor(brokerCount: number, settings: Readonly<Record<string, string>> = {}) {
    const ids = Array.from({ length: brokerCount }, (_, index) => index + 1)
    const all = new Map([...laptopSettings(brokerCount), ...Object.entries(settings)])
    this.cluster = new Cluster(this.world, ids, ids, createBrokerConfig(all))
    this.cluster.onEvent = (_, event) => this.events.push(event)
    for (const id of ids) this.start(id)
    this.untilWhole()
  }

  // --- what it is ---

  get image(): MetadataImage {
    return newestImage(this.cluster)!
  }

  get controllerId(): number {
    return this.cluster.running.find(({ id, broker }) => broker!.quorum.controllerId === id)!.id
  }

  /** Some that are not the controller, in order. */
  others(count: number): number[] {
    const { controllerId } = this
    return this.cluster.machines
      .map(({ id }) => id)
      .filter((id) => id !== controllerId)
      .slice(0, count)
  }

  /** As the newest metadata has it. */
  get partition(): PartitionImage {
    return this.image.partition(topic, 0)!
  }

  get view(): string {
    const { leader, isr, eligibleLeaderReplicas: elr } = this.partition
    return `leader ${leader} isr ${[...isr].sort()}${elr.length > 0 ? ` elr ${elr}` : ''}`
  }

  replica(id: number): Partition {
    return this.#broker(id).replicas.get(topic, 0)!
  }

  hasReplica(id: number): boolean {
    return this.#broker(id).replicas.get(topic, 0) !== undefined
  }

  /** All records of a replica. */
  values(id: number): string[] {
    const { log } = this.replica(id)
    const values: string[] = []
    for (let offset = log.logStartOffset; offset < log.logEndOffset; offset++) {
      const slice = log.read(offset, 1, log.logEndOffset, true)
      const bytes = new Uint8Array(slice.byteLength)
      slice.readInto(bytes, 0)
      // One record a batch: 61 header bytes, then length, attributes, two deltas, null key, value length: all one byte here.
      values.push(new TextDecoder().decode(bytes.subarray(67, bytes.length - 1)))
    }
    return values
  }

  /** As ListOffsets answers a client, or the name of the error. */
  latestOffset(id: number, version: number): number | string {
    const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp: -1, maxNumOffsets: 1 }]
    const request = { replicaId: -1, isolationLevel: 0, topics: [{ name: topic, partitions }], timeoutMs: 0 }
    const context = { version } as Parameters<typeof listOffsets>[2]
    const { errorCode = 0, offset } = listOffsets(this.#broker(id), request, context)!.topics[0]!.partitions[0]!
    return errorCode === errors.NONE ? Number(offset) : errorOf(errorCode).name
  }

  /** Acknowledged values that a replica does not have. */
  lostOn(id: number): string[] {
    const values = new Set(this.values(id))
    return this.written
      .filter(({ state, value }) => state === 'acknowledged' && !values.has(value))
      .map(({ value }) => value)
  }

  // --- what is done to it ---

  start(id: number): void {
    this.#machine(id).start()
  }

  kill(id: number): void {
    this.#machine(id).kill()
  }

  losePower(id: number): void {
    this.#machine(id).losePower(false)
  }

  wipe(id: number): void {
    this.#machine(id).wipe()
  }

  /** Controlled shutdown, until it has gone. */
  stop(id: number): void {
    this.#machine(id).stop(10_000, () => {})
    this.until(() => !this.#machine(id).isUp)
  }

  /** The whole cluster at once, in order. */
  stopAll(): void {
    const { machines } = this.cluster
    for (const machine of machines) machine.stop(5_000, () => {})
    this.until(() => machines.every(({ isUp }) => !isUp))
  }

  /** All that lies on its disk, by path. */
  filesOf(id: number): Map<string, Uint8Array> {
    const { disk } = this.#machine(id)
    const paths = disk.list('').flatMap((name) => [name, ...disk.list(name).map((inner) => `${name}/${inner}`)])
    return new Map(paths.flatMap((path) => [[path, disk.read(path)] as const]).filter(isFile))
  }

  /** Puts these files in the place of what a broker that does not run has there. */
  putBack(id: number, files: ReadonlyMap<string, Uint8Array>): void {
    const { disk } = this.#machine(id)
    for (const path of this.filesOf(id).keys()) disk.remove(path)
    for (const [path, content] of files) disk.replace(path, content)
  }

  /** What the first sends the second does not arrive until `heal`. */
  hold(from: number, to: number): void {
    this.cluster.network.hold(from, to)
  }

  isolate(id: number): void {
    for (const { id: other } of this.cluster.machines) if (other !== id) this.hold(id, other), this.hold(other, id)
  }

  heal(): void {
    this.cluster.network.heal()
  }

  /** The laptop's lid was closed for so long. */
  sleep(ms: number): void {
    for (const machine of this.cluster.machines) {
      machine.clock.leap(ms)
      machine.clockChanged()
    }
  }

  // --- time ---

  after(ms: number): this {
    this.world.run(this.world.nowMs + ms)
    this.#check()
    return this
  }

  /** Returns how long it took. */
  until(isEnough: () => boolean, limitMs = 20_000): number {
    const startMs = this.world.nowMs
    const isReached = this.world.run(startMs + limitMs, isEnough)
    this.#check()
    if (!isReached) throw new Error(`not within ${limitMs} ms\n${viewOfReplicas(this.cluster).join('\n')}`)
    return this.world.nowMs - startMs
  }

  /** Everybody serves and is in sync. */
  untilWhole(): this {
    this.until(() => isWhole(this.cluster))
    return this
  }

  #check(): void {
    const [anomaly] = this.world.anomalies
    if (anomaly !== undefined) throw anomaly
  }

  // --- clients ---

  /** The topic, and time until all its replicas are there. */
  topic(replicas: readonly number[], configs: Readonly<Record<string, string>> = {}): this {
    this.create(replicas, configs)
    this.until(() => replicas.every((id) => this.hasReplica(id)))
    return this.untilWhole()
  }

  create(replicas: readonly number[], configs: Readonly<Record<string, string>> = {}): void {
    const { topics } = this.ask('CreateTopics', {
      topics: [
        {
          name: topic,
          numPartitions: -1,
          replicationFactor: -1,
          assignments: [{ partitionIndex: 0, brokerIds: replicas }],
          configs: Object.entries(configs).map(([name, value]) => ({ name, value })),
        },
      ],
      validateOnly: false,
    })
    if (topics[0]?.errorCode !== errors.NONE) throw new Error(topics[0]?.errorMessage ?? 'no topic')
  }

  set(name: string, value: string): void {
    const configs = [{ name, configOperation: 0, value }]
    this.ask('IncrementalAlterConfigs', {
      resources: [{ resourceType: 2, resourceName: topic, configs }],
      validateOnly: false,
    })
  }

  deleteTopic(): void {
    this.ask('DeleteTopics', { topics: [{ name: topic, topicId: zeroUuid }] })
  }

  /** Null cancels. */
  reassign(replicas: readonly number[] | null): number {
    const topics = [{ name: topic, partitions: [{ partitionIndex: 0, replicas }] }]
    const { responses } = this.ask('AlterPartitionReassignments', { allowReplicationFactorChange: true, topics })
    return responses[0]!.partitions[0]!.errorCode
  }

  /** Asks a broker, and waits for the answer. */
  ask<A extends ControllerApi>(api: A, body: RequestOf<A>, by = this.cluster.running[0]!.id): ResponseOf<A> {
    let response: ResponseOf<A> | undefined
    this.#machine(by).enter((broker) =>
      broker.quorum.request(api, body, 10_000, (answer) => {
        response = answer.response
      }),
    )
    this.until(() => response !== undefined)
    return response!
  }

  /** One record each, to whoever is named, be it the leader or not. Their states change as time goes on. */
  produce(to: number, count: number, acks: 'all' | 'leader' = 'all'): Written[] {
    const added = Array.from({ length: count }, (): Written => {
      const record = { value: `r${this.written.length}`, state: 'waiting' }
      this.written.push(record)
      return record
    })
    this.#machine(to).enter((broker) => {
      for (const record of added) append(broker, record, acks)
    })
    return added
  }

  /** Writes on every so often, to the leader as the newest metadata has it, each record again until it is acknowledged. */
  keepProducing(everyMs: number): Load {
    const load = new Load()
    const one = (): void => {
      if (load.isOver) return
      const record: Written = { value: `r${this.written.length}`, state: 'waiting' }
      this.written.push(record)
      this.#insist(record, load, 1)
      this.world.after(everyMs, one)
    }
    one()
    return load
  }

  #insist(record: Written, load: Load, tries: number): void {
    load.triesMax = Math.max(load.triesMax, tries)
    record.state = 'waiting'
    const machine = this.cluster.machine(this.partition.leader)
    const life = machine?.life
    machine?.enter((broker) => append(broker, record, 'all'))
    const look = (): void => {
      if (record.state === 'acknowledged') return
      const isLost = machine === undefined || !machine.isUp || machine.life !== life
      if (record.state !== 'waiting' || isLost) this.#insist(record, load, tries + 1)
      else this.world.after(10, look)
    }
    this.world.after(10, look)
  }

  #machine(id: number): Machine {
    return this.cluster.machine(id)!
  }

  #broker(id: number): Broker {
    const { broker } = this.#machine(id)
    if (broker === undefined) throw new Error(`broker ${id} is down`)
    return broker
  }
}

/** As the Produce handler does it. */
function append(broker: Broker, record: Written, acks: 'all' | 'leader'): void {
  const partition = broker.replicas.get(topic, 0)
  const leader = partition?.leader
  if (partition === undefined || leader === undefined) {
    record.state = 'NOT_LEADER_OR_FOLLOWER'
    return
  }
  if (acks === 'all' && leader.isr.length < leader.minInsyncReplicas) {
    record.state = 'NOT_ENOUGH_REPLICAS'
    return
  }
  const value = new TextEncoder().encode(record.value)
  const bytes = buildBatch([{ key: null, value, timestamp: 0 }], checksum)
  const { lastOffset } = broker.replicas.append(partition, leader, bytes, viewOf(bytes), 'client')
  if (acks === 'leader') record.state = 'written'
  else {
    const completed = (code: number): void => {
      record.state = code === errors.NONE ? 'acknowledged' : errorOf(code).name
    }
    if (partition.highWatermark > lastOffset) completed(errors.NONE)
    else leader.waiting.push({ origin: 'client', endOffset: lastOffset + 1, completed })
  }
}

const isFile = (entry: readonly [string, Uint8Array | undefined]): entry is readonly [string, Uint8Array] =>
  entry[1] !== undefined
