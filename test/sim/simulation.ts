// One seed, from the first start to the verdict: trouble under load, then peace, then everything has to be right.

import type { BrokerEvent } from '../../src-broker/core/broker.ts'
import { createBrokerConfig, laptopSettings } from '../../src-broker/core/config/broker-config.ts'
import { judge } from './checks.ts'
import { Cluster } from './cluster.ts'
import { whatIsMissing, whatIsUncompacted } from './health.ts'
import { History } from './history.ts'
import type { Machine } from './machine.ts'
import { Nemesis } from './nemesis.ts'
import { Oracle } from './oracle.ts'
import { type FaultKind, isPromised, type Plan, type PlanOptions, planOf } from './plan.ts'
import { viewOfReplicas } from './view.ts'
import { Workload } from './workload.ts'
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

/** A log that could not be read or written once is left alone by the compaction until the next start. */
const stopsCompaction: ReadonlySet<FaultKind> = new Set(['bit-rot', 'disk-error', 'full-disk', 'failing-sync'])

export function simulate(seed: number, options: PlanOptions = {}, log?: (line: string) => void): SeedResult {
  const world = new World(seed, log)
  const plan = planOf(seed, world.randoms.for('plan'), options)
  world.log(() => `plan ${JSON.stringify(plan)}`)
  const history = new History(world, (topic) => isPromised(plan, topic))
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
  readonly #workload: Workload
  #onEvent: (machine: Machine, event: BrokerEvent) => void = () => {}

  constructor(world: World, plan: Plan, history: History) {
    this.#world = world
    this.#plan = plan
    this.#history = history
    const ids = Array.from({ length: plan.brokers }, (_, index) => index + 1)
    this.#cluster = new Cluster(world, ids, ids.slice(0, plan.voters), createBrokerConfig(settingsOf(plan)))
    this.#cluster.network.usualDelayMs = plan.networkDelayMs
    this.#oracle = new Oracle(this.#cluster, (topic) => isPromised(plan, topic))
    this.#workload = new Workload(this.#cluster, plan, history)
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
    this.#workload.start()
    const nemesis = new Nemesis(this.#cluster, this.#plan, this.#workload.nodes, (machine) =>
      this.#oracle.wiped(machine),
    )
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
    let isDone = false
    this.#workload.createTopics(() => {
      isDone = true
    })
    this.#within(startWithinMs, 'no-start', () => (isDone ? whatIsMissing(this.#cluster) : 'topics are not created'))
  }

  // ── after the trouble ─────────────────────────────────────────────────────────────────────────────────────────────

  #makePeace(): void {
    const workload = this.#workload
    workload.stopProducing()
    this.#within(settleWithinMs, 'unsettled', () => workload.unsettled)
    this.#within(wholeWithinMs, 'not-whole', () => whatIsMissing(this.#cluster))
    const last = workload.produceLast()
    this.#within(settleWithinMs, 'last-write', () => {
      const busy = last.find(({ isIdle }) => !isIdle)
      return busy && `${busy.writer.topic}-${busy.writer.partition} takes no more records`
    })
    this.#within(wholeWithinMs, 'not-whole', () => whatIsMissing(this.#cluster))
    workload.stopCommitting()
    this.#within(settleWithinMs, 'groups-unsettled', () => workload.unsettledGroups)
    workload.stopReading()
    const readers = workload.readAll()
    this.#within(settleWithinMs, 'unreadable', () => {
      const behind = readers.find(({ isAtEnd }) => !isAtEnd)
      return behind && `${behind.name} can be read up to ${behind.position} of ${behind.highWatermark}`
    })
    for (const reader of readers) reader.stop()
    if (!this.#plan.faults.some((kind) => stopsCompaction.has(kind))) {
      this.#within(settleWithinMs, 'uncompacted', () => whatIsUncompacted(this.#cluster), 500)
    }
    this.#oracle.look()
    if (this.#world.anomalies.length === 0) judge(this.#world, this.#cluster, this.#history, readers, this.#plan)
  }

  /** Goes on until `missing` says that nothing is; an anomaly where that takes longer. */
  #within(ms: number, kind: string, missing: () => string | undefined, everyMs = 20): void {
    const world = this.#world
    const untilMs = world.nowMs + ms
    while (world.anomalies.length === 0) {
      const what = missing()
      if (what === undefined) return
      if (world.nowMs >= untilMs) return world.fail(kind, `${what} after ${ms / 1000} s`)
      world.run(world.nowMs + everyMs)
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
  settings.set('metadata.log.max.record.bytes.between.snapshots', String(plan.metadataSnapshotBytes))
  settings.set('offsets.topic.num.partitions', '2')
  settings.set('log.retention.check.interval.ms', '2000')
  settings.set('log.cleaner.backoff.ms', '1000')
  return settings
}
