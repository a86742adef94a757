// One seed, from the first start to the verdict: trouble under load, then peace, then everything has to be right.

import type { BrokerEvent } from '../../src-broker/core/broker.ts'
import { createBrokerConfig, laptopSettings } from '../../src-broker/core/config/broker-config.ts'
import { errorOf, errors } from '../../src-broker/protocol/errors.ts'
import { createTopics } from '../../src-broker/protocol/messages/19-create-topics.ts'
import { judge } from './checks.ts'
import { Client } from './client.ts'
import { Cluster } from './cluster.ts'
import { Committer } from './committer.ts'
import { whatIsMissing } from './health.ts'
import { History } from './history.ts'
import type { Machine } from './machine.ts'
import { Nemesis } from './nemesis.ts'
import { Oracle } from './oracle.ts'
import { type Plan, type PlanOptions, planOf } from './plan.ts'
import { Producer } from './producer.ts'
import { Reader } from './reader.ts'
import { viewOfReplicas } from './view.ts'
import { Anomaly, World } from './world.ts'

export interface SeedResult {
  readonly seed: number
  readonly anomaly: { readonly kind: string; readonly message: string } | undefined
  readonly digest: string
  readonly virtualMs: number
  readonly events: number
  readonly written: number
  readonly acknowledged: number
  readonly read: number
  readonly faults: Readonly<Record<string, number>>
}

const startWithinMs = 20_000
const wholeWithinMs = 60_000
const settleWithinMs = 40_000
const clientNodeBase = 100

export function simulate(seed: number, options: PlanOptions = {}, log?: (line: string) => void): SeedResult {
  const world = new World(seed, log)
  const plan = planOf(seed, world.randoms.for('plan'), options)
  world.log(() => `plan ${JSON.stringify(plan)}`)
  const history = new History(world)
  try {
    const simulation = new Simulation(world, plan, history)
    try {
      simulation.run()
    } finally {
      if (world.anomalies.length > 0) simulation.tellState()
    }
  } catch (error) {
    if (!(error instanceof Anomaly)) throw error
    world.anomalies.push(error)
  }
  const [first] = world.anomalies
  return {
    seed,
    anomaly: first === undefined ? undefined : { kind: first.kind, message: first.message },
    digest: world.digest,
    virtualMs: world.nowMs,
    events: world.events,
    written: history.written,
    acknowledged: history.acknowledged,
    read: history.recordsRead,
    faults: Object.fromEntries(world.faultCounts),
  }
}

class Simulation {
  readonly #world: World
  readonly #plan: Plan
  readonly #history: History
  readonly #cluster: Cluster
  readonly #oracle: Oracle
  readonly #producers: Producer[] = []
  readonly #readers: Reader[] = []
  readonly #committers: Committer[] = []
  #nextNode = clientNodeBase
  #onEvent: (machine: Machine, event: BrokerEvent) => void = () => {}

  constructor(world: World, plan: Plan, history: History) {
    this.#world = world
    this.#plan = plan
    this.#history = history
    const ids = Array.from({ length: plan.brokers }, (_, index) => index + 1)
    this.#cluster = new Cluster(world, ids, ids.slice(0, plan.voters), createBrokerConfig(settingsOf(plan)))
    this.#cluster.network.usualDelayMs = plan.networkDelayMs
    this.#oracle = new Oracle(this.#cluster)
    this.#oracle.promisesRecords = !plan.hasBlackouts
    history.promisesRecords = !plan.hasBlackouts
    this.#cluster.onEnding = (machine) => this.#oracle.lookAt(machine)
    this.#cluster.onEvent = (machine, event) => {
      world.log(() => `broker ${machine.id}: ${JSON.stringify(event)}`)
      this.#onEvent(machine, event)
      if (event.kind === 'controller-elected') this.#oracle.electedController(machine, event.epoch)
    }
  }

  run(): void {
    const world = this.#world
    for (const machine of this.#cluster.machines) machine.start()
    this.#within(startWithinMs, 'no-start', () => whatIsMissing(this.#cluster))
    this.#createTopics()
    this.#startClients()
    const nodes = Array.from({ length: this.#nextNode - clientNodeBase }, (_, index) => clientNodeBase + index)
    const nemesis = new Nemesis(this.#cluster, this.#plan, nodes, (machine) => this.#oracle.wiped(machine))
    this.#onEvent = (machine, event) => nemesis.noticed(machine, event)
    nemesis.start()
    world.run(world.nowMs + this.#plan.troubleMs)
    world.log(() => 'PEACE')
    nemesis.heal()
    this.#makePeace()
  }

  tellState(): void {
    if (this.#world.isLogged) for (const line of viewOfReplicas(this.#cluster)) this.#world.log(() => line)
  }

  #createTopics(): void {
    const { topics } = this.#plan
    const client = this.#client()
    let isDone = false
    const replicationFactor = Math.min(3, this.#plan.brokers)
    const configs = [{ name: 'min.insync.replicas', value: '2' }]
    const body = {
      topics: topics.map(({ name, partitions }) => ({
        name,
        numPartitions: partitions,
        replicationFactor,
        assignments: [],
        configs,
      })),
      timeoutMs: 5_000,
      validateOnly: false,
    }
    client.ask(client.anyBroker(), createTopics, client.versionOf(createTopics, 2), body, 10_000, (response) => {
      for (const { name, errorCode } of response?.topics ?? []) {
        if (errorCode === errors.NONE) continue
        this.#world.fail('unexpected-error', `creation of ${name}: ${errorOf(errorCode).name}`)
      }
      isDone = true
    })
    this.#within(startWithinMs, 'no-start', () => (isDone ? whatIsMissing(this.#cluster) : 'topics are not created'))
  }

  #client(): Client {
    return new Client(this.#cluster, this.#nextNode++)
  }

  #startClients(): void {
    const { idempotentProducers, plainProducers, leaderProducers } = this.#plan
    for (let count = 0; count < idempotentProducers; count++) this.#produce(-1, true)
    for (let count = 0; count < plainProducers; count++) this.#produce(-1, false)
    for (let count = 0; count < leaderProducers; count++) this.#produce(1, false)
    const { groups, hasBlackouts } = this.#plan
    for (let index = 0; index < groups; index++) {
      const topic = this.#plan.topics[0]!.name
      this.#committers.push(new Committer(this.#client(), `group-${index}`, topic, hasBlackouts))
    }
    const client = this.#client()
    this.#eachPartition((topic, partition) => this.#readers.push(this.#reader(client, topic, partition, 400)))
  }

  #produce(acks: -1 | 1, isIdempotent: boolean): void {
    const { produceEveryMs, batchRecordsMax, inFlightMax, hasBlackouts } = this.#plan
    const client = this.#client()
    this.#eachPartition((topic, partition) => {
      const writer = this.#history.writer(topic, partition, acks, isIdempotent)
      const options = { intervalMs: produceEveryMs, batchRecordsMax, inFlightMax, mayLose: hasBlackouts }
      this.#producers.push(new Producer(client, this.#history, writer, options))
    })
  }

  #reader(client: Client, topic: string, partition: number, maxWaitMs: number): Reader {
    return new Reader(client, this.#history, {
      topic,
      partition,
      maxWaitMs,
      isRetained: false,
      mayLose: this.#plan.hasBlackouts,
    })
  }

  #eachPartition(action: (topic: string, partition: number) => void): void {
    for (const { name, partitions } of this.#plan.topics) {
      for (let partition = 0; partition < partitions; partition++) action(name, partition)
    }
  }

  // ── after the trouble ─────────────────────────────────────────────────────────────────────────────────────────────

  #makePeace(): void {
    for (const producer of this.#producers) producer.stop()
    this.#within(settleWithinMs, 'unsettled', () => {
      const busy = this.#producers.find(({ isIdle }) => !isIdle)
      return busy && `producer ${busy.writer.id} still waits`
    })
    this.#within(wholeWithinMs, 'not-whole', () => whatIsMissing(this.#cluster))
    const last = this.#produceLast()
    this.#within(settleWithinMs, 'last-write', () => {
      const busy = last.find(({ isIdle }) => !isIdle)
      return busy && `${busy.writer.topic}-${busy.writer.partition} takes no more records`
    })
    this.#within(wholeWithinMs, 'not-whole', () => whatIsMissing(this.#cluster))
    for (const committer of this.#committers) committer.stop()
    this.#within(settleWithinMs, 'offsets-unreadable', () =>
      this.#committers.every(({ isConfirmed }) => isConfirmed) ? undefined : 'committed offsets cannot be read',
    )
    for (const reader of this.#readers) reader.stop()
    const client = this.#client()
    const readers: Reader[] = []
    this.#eachPartition((topic, partition) => readers.push(this.#reader(client, topic, partition, 0)))
    this.#within(settleWithinMs, 'unreadable', () => {
      const behind = readers.find(({ isAtEnd }) => !isAtEnd)
      return behind && `${behind.name} can be read up to ${behind.position} of ${behind.highWatermark}`
    })
    for (const reader of readers) reader.stop()
    this.#oracle.look()
    if (this.#world.anomalies.length === 0) judge(this.#world, this.#cluster, this.#history, readers, this.#plan)
  }

  #produceLast(): Producer[] {
    const client = this.#client()
    const last: Producer[] = []
    this.#eachPartition((topic, partition) => {
      const writer = this.#history.writer(topic, partition, -1, true)
      const producer = new Producer(client, this.#history, writer, {
        intervalMs: 1,
        batchRecordsMax: 1,
        inFlightMax: 1,
        mayLose: false,
      })
      producer.createOne()
      last.push(producer)
    })
    return last
  }

  /** Goes on until `missing` says that nothing is; an anomaly where that takes longer. */
  #within(ms: number, kind: string, missing: () => string | undefined): void {
    const world = this.#world
    const untilMs = world.nowMs + ms
    while (world.anomalies.length === 0) {
      const what = missing()
      if (what === undefined) return
      if (world.nowMs >= untilMs) return world.fail(kind, `${what} after ${ms / 1000} s`)
      world.run(world.nowMs + 20)
    }
    throw world.anomalies[0]!
  }
}

function settingsOf(plan: Plan): Map<string, string> {
  const settings = laptopSettings(plan.brokers)
  settings.set('log.segment.bytes', String(plan.segmentBytes))
  settings.set('log.index.interval.bytes', '512')
  settings.set('log.roll.ms', String(plan.segmentMs))
  settings.set('replica.lag.time.max.ms', String(plan.replicaLagTimeMaxMs))
  settings.set('controller.quorum.fetch.max.bytes', String(plan.metadataFetchBytes))
  settings.set('offsets.topic.num.partitions', '2')
  return settings
}
