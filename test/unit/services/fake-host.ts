// An owned cluster that a test plays: brokers that say what the test lets them say, switches that are noted down.
import type {
  BrokerReport,
  BrokerStatus,
  ClusterEvent,
  ClusterHost,
  ReplicaReport,
  TopicReport,
} from '../../../src-broker/runtime/cluster-host.ts'

export class FakeHost implements ClusterHost {
  readonly clusterId = 'WpEc1M2nRJiE8sP4Skv5Ig'
  readonly deeds: string[] = []
  readonly #statuses = new Map<number, BrokerStatus>()
  readonly #events = new Set<(event: ClusterEvent) => void>()
  readonly #changes = new Set<() => void>()
  readonly bootstrap: readonly string[]

  constructor(brokerCount = 3, bootstrap: readonly string[] = ['127.0.0.1:9092']) {
    this.bootstrap = bootstrap
    for (let brokerId = 1; brokerId <= brokerCount; brokerId++) {
      const status = {
        brokerId,
        port: 9090 + 2 * brokerId,
        lifecycle: 'running',
        reason: null,
        sinceMs: 1,
        report: null,
      } as const
      this.#statuses.set(brokerId, status)
    }
  }

  brokers(): readonly BrokerStatus[] {
    return [...this.#statuses.values()]
  }

  become(brokerId: number, change: Partial<BrokerStatus>): void {
    this.#statuses.set(brokerId, { ...this.#statuses.get(brokerId)!, ...change })
    for (const listener of this.#changes) listener()
  }

  report(brokerId: number, report: Partial<BrokerReport>): void {
    this.become(brokerId, { report: { ...emptyReport(brokerId), ...report } })
  }

  happen(event: ClusterEvent): void {
    for (const listener of this.#events) listener(event)
  }

  kill = (brokerId: number) => this.#switch('kill', brokerId, 'killed')
  pause = (brokerId: number) => this.#switch('pause', brokerId, 'paused')
  resume = (brokerId: number) => this.#switch('resume', brokerId, 'running')
  start = (brokerId: number) => this.#switch('start', brokerId, 'running')
  stop = (brokerId: number) => this.#switch('stop', brokerId, 'stopped')

  async addBroker(): Promise<number> {
    const brokerId = this.#statuses.size + 1
    this.deeds.push(`add ${brokerId}`)
    this.#statuses.set(brokerId, { ...this.#statuses.get(1)!, brokerId, port: 9090 + 2 * brokerId })
    return brokerId
  }

  async removeBroker(brokerId: number): Promise<void> {
    this.deeds.push(`remove ${brokerId}`)
    this.#statuses.delete(brokerId)
  }

  onEvent(listener: (event: ClusterEvent) => void): () => void {
    this.#events.add(listener)
    return () => this.#events.delete(listener)
  }

  onChange(listener: () => void): () => void {
    this.#changes.add(listener)
    return () => this.#changes.delete(listener)
  }

  async close(): Promise<void> {}

  async #switch(deed: string, brokerId: number, lifecycle: BrokerStatus['lifecycle']): Promise<void> {
    this.deeds.push(`${deed} ${brokerId}`)
    const isGone = lifecycle === 'killed' || lifecycle === 'stopped'
    this.become(brokerId, { lifecycle, ...(isGone && { report: null }) })
  }
}

export const emptyReport = (brokerId: number): BrokerReport => ({
  brokerId,
  atMs: 1,
  metadataOffset: 0,
  isFenced: false,
  controllerId: 1,
  controllerEpoch: 1,
  voters: [1, 2, 3],
  connections: 0,
  recordsIn: 0,
  recordsOut: 0,
  bytesIn: 0,
  bytesOut: 0,
  replicas: [],
  topics: [],
})

/** One partition a leader: `flights` led by 1, 2 and 3, everybody in sync. */
export const flights: TopicReport = {
  topic: 'flights',
  topicId: 'f'.repeat(32),
  minInsyncReplicas: 2,
  partitions: [1, 2, 3].map((leader, partition) => ({
    partition,
    leader,
    leaderEpoch: 0,
    replicas: [1, 2, 3],
    isr: [1, 2, 3],
    eligibleLeaderReplicas: [],
  })),
}

export const replica = (partition: number, logEndOffset: number, isLeader = false): ReplicaReport => ({
  topic: 'flights',
  partition,
  isLeader,
  logStartOffset: 0,
  logEndOffset,
  highWatermark: logEndOffset,
  logBytes: 10 * logEndOffset,
})
