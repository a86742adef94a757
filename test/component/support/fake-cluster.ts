// A cluster that exists only as numbers: enough of Kafka's rules for the window to be looked at and tried.
import type {
  BrokerView,
  ClusterView,
  PartitionView,
  PulseEvent,
  ReplicaView,
  TopicMatrix,
} from '../../../src-main/contract/cluster.ts'
import { clusterHealth, partitionHealth } from '../../../src-main/services/health.ts'

interface Replica {
  brokerId: number
  end: number
  high: number
}
interface Partition {
  leader: number | null
  epoch: number
  isr: number[]
  replicas: Replica[]
  start: number
}
interface Topic {
  name: string
  isInternal: boolean
  minInsyncReplicas: number
  perTick: number
  partitions: Partition[]
}
type Broker = { -readonly [K in keyof BrokerView]: BrokerView[K] }

export interface TopicSpec {
  readonly name: string
  readonly partitions: number
  readonly replicationFactor?: number
  readonly minInsyncReplicas?: number
  readonly records?: number
  readonly perTick?: number
  readonly isInternal?: boolean
}

export class FakeCluster {
  readonly brokers: Broker[]
  readonly topics = new Map<string, Topic>()
  readonly events: PulseEvent[] = []
  onevent: (event: PulseEvent) => void = () => {}
  controllerEpoch = 7
  #ratePerSecond = 0
  #now: () => number

  constructor(brokerCount: number, now: () => number) {
    this.#now = now
    this.brokers = Array.from({ length: brokerCount }, (_, i) => ({
      brokerId: i + 1,
      state: 'up',
      reason: null,
      isInjected: false,
      sinceMs: now() - 900_000,
      host: '127.0.0.1',
      port: 9092 + 2 * i,
      isController: i === 0,
      logBytes: 409_000_000 + 3_100_000 * i,
      connections: 4,
      leaderCount: 0,
      replicaCount: 0,
    }))
  }

  add(): Broker {
    const brokerId = Math.max(...this.brokers.map((broker) => broker.brokerId)) + 1
    const broker = { ...this.brokers[0]!, brokerId, port: 9090 + 2 * brokerId, isController: false }
    this.brokers.push(broker)
    return broker
  }

  /** Its replicas go to whoever has none of the partition. */
  remove(brokerId: number): void {
    for (const { partitions } of this.topics.values())
      for (const partition of partitions) {
        const held = partition.replicas.find((replica) => replica.brokerId === brokerId)
        if (held === undefined) continue
        const heir = this.brokers.find((broker) => partition.replicas.every((r) => r.brokerId !== broker.brokerId))!
        held.brokerId = heir.brokerId
        partition.isr = partition.isr.map((id) => (id === brokerId ? heir.brokerId : id))
        if (partition.leader === brokerId) partition.leader = heir.brokerId
      }
    this.brokers.splice(
      this.brokers.findIndex((broker) => broker.brokerId === brokerId),
      1,
    )
  }

  create(spec: TopicSpec): void {
    const factor = Math.min(spec.replicationFactor ?? 3, this.brokers.length)
    this.topics.set(spec.name, {
      name: spec.name,
      isInternal: spec.isInternal ?? false,
      minInsyncReplicas: spec.minInsyncReplicas ?? Math.min(2, factor),
      perTick: spec.perTick ?? 0,
      partitions: Array.from({ length: spec.partitions }, (_, p) => {
        const end =
          Math.round((spec.records ?? 0) / spec.partitions) + ((p * 37) % 53 || 0) * Number((spec.records ?? 0) > 999)
        const ids = Array.from({ length: factor }, (_, i) => 1 + ((p + i) % this.brokers.length))
        return {
          leader: ids[0]!,
          epoch: 4,
          isr: [...ids],
          start: 0,
          replicas: ids.map((brokerId) => ({ brokerId, end, high: end })),
        }
      }),
    })
  }

  addPartitions(topic: string, count: number): void {
    const { partitions } = this.topics.get(topic)!
    const [first] = partitions
    while (partitions.length < count)
      partitions.push({ ...first!, start: 0, replicas: first!.replicas.map((r) => ({ ...r, end: 0, high: 0 })) })
  }

  /** One quarter of a second of traffic. */
  tick(): void {
    let records = 0
    for (const topic of this.topics.values())
      for (const partition of topic.partitions) {
        const leader = partition.replicas.find((replica) => replica.brokerId === partition.leader)
        if (leader === undefined) continue
        const more = Math.round(topic.perTick * (0.5 + Math.random()))
        leader.end += more
        records += more
        for (const replica of partition.replicas)
          if (partition.isr.includes(replica.brokerId)) {
            replica.end = Math.max(replica.end, leader.end - Math.round(Math.random() * topic.perTick * 0.4))
            replica.high = replica.end
          }
        leader.high = Math.min(
          ...partition.replicas.filter((r) => partition.isr.includes(r.brokerId)).map((r) => r.end),
        )
      }
    this.#ratePerSecond = records * 4
  }

  append(topic: string, partition: number): number {
    const found = this.topics.get(topic)!.partitions[partition]!
    const offset = found.replicas[0]!.end
    for (const replica of found.replicas) replica.end = replica.high = offset + 1
    return offset
  }

  down(brokerId: number, state: 'killed' | 'paused' | 'stopped' | 'crashed', reason: string | null = null): BrokerView {
    const broker = this.broker(brokerId)
    const isInjected = state === 'killed' || state === 'paused'
    Object.assign(broker, { state, reason, isInjected, sinceMs: this.#now(), isController: false })
    const kind = `broker-${state}` as PulseEvent['kind']
    this.happened({
      kind,
      brokerId,
      text: `broker ${brokerId} ${state}`,
      isInjected,
      severity: state === 'crashed' ? 'trouble' : 'info',
    })
    // Without a majority nobody is left to notice.
    if (!this.#hasQuorum()) return broker
    if (this.#controller() === null) this.#elect()
    this.#moveLeaders(brokerId)
    return broker
  }

  up(brokerId: number): BrokerView {
    const broker = this.broker(brokerId)
    const kind = broker.state === 'paused' ? 'broker-resumed' : 'broker-started'
    Object.assign(broker, { state: 'up', reason: null, isInjected: false, sinceMs: this.#now() })
    this.happened({
      kind,
      brokerId,
      text: kind === 'broker-started' ? `broker ${brokerId} started` : 'resumed',
      durationMs: 212,
    })
    for (const topic of this.topics.values())
      for (const partition of topic.partitions) {
        const replica = partition.replicas.find((r) => r.brokerId === brokerId)
        if (replica === undefined || partition.isr.includes(brokerId)) continue
        const leader = partition.replicas.find((r) => r.brokerId === partition.leader)
        replica.end = replica.high = leader?.end ?? replica.end
        partition.isr.push(brokerId)
        partition.leader ??= brokerId
      }
    return broker
  }

  happened(event: Partial<PulseEvent> & Pick<PulseEvent, 'kind' | 'text'>): void {
    const whole: PulseEvent = {
      id: this.events.length + 1,
      atMs: this.#now(),
      brokerId: null,
      durationMs: null,
      isInjected: false,
      severity: 'info',
      ...event,
    }
    this.events.push(whole)
    this.onevent(whole)
  }

  broker(brokerId: number): Broker {
    return this.brokers.find((broker) => broker.brokerId === brokerId)!
  }

  /** A follower that cannot keep up. */
  lag(topic: string, partition: number, brokerId: number, behind: number): void {
    const found = this.topics.get(topic)!.partitions[partition]!
    found.isr = found.isr.filter((id) => id !== brokerId)
    const replica = found.replicas.find((r) => r.brokerId === brokerId)!
    replica.end = replica.high = found.replicas[0]!.end - behind
  }

  view(): ClusterView {
    const topics = [...this.topics.values()].map((topic) => this.#matrix(topic))
    const controllerId = this.#hasQuorum() ? (this.#controller()?.brokerId ?? null) : null
    const live = (p: PartitionView): number => p.replicas.filter((r) => r.isInSync && !r.isStale).length
    const all = topics.flatMap((topic) => topic.partitions.map((partition) => ({ topic, partition })))
    return {
      clusterId: 'pR3ssr00mCluster_abcde',
      bootstrap: this.brokers.map((broker) => `${broker.host}:${broker.port}`),
      controllerId,
      controllerEpoch: this.controllerEpoch,
      brokers: this.brokers.map((broker) => ({
        ...broker,
        isController: broker.brokerId === controllerId,
        leaderCount: all.filter(({ partition }) => partition.leader === broker.brokerId).length,
        replicaCount: all.filter(({ partition }) => partition.replicas.some((r) => r.brokerId === broker.brokerId))
          .length,
      })),
      topics,
      recordsInPerSecond: this.#ratePerSecond,
      recordsOutPerSecond: this.#ratePerSecond * 2,
      bytesInPerSecond: this.#ratePerSecond * 184,
      bytesOutPerSecond: this.#ratePerSecond * 368,
      health: clusterHealth({ brokers: this.brokers, voters: [], controllerId, topics }),
      underReplicatedPartitions: all.filter(({ partition: p }) => live(p) < p.replicas.length).length,
      belowMinIsrPartitions: all.filter(({ topic: t, partition: p }) => live(p) < t.minInsyncReplicas).length,
      offlinePartitions: all.filter(({ partition }) => partition.health === 'offline').length,
      atMs: this.#now(),
    }
  }

  #matrix(topic: Topic): TopicMatrix {
    const partitions = topic.partitions.map((partition, index) => this.#partition(topic, partition, index))
    return {
      topic: topic.name,
      topicId: `id-${topic.name}`,
      isInternal: topic.isInternal,
      replicationFactor: topic.partitions[0]!.replicas.length,
      minInsyncReplicas: topic.minInsyncReplicas,
      recordCount: topic.partitions.reduce((sum, p) => sum + Math.max(...p.replicas.map((r) => r.high)) - p.start, 0),
      sizeBytes: topic.partitions.reduce((sum, p) => sum + Math.max(...p.replicas.map((r) => r.end)) * 184, 0),
      partitions,
    }
  }

  #partition(topic: Topic, partition: Partition, index: number): PartitionView {
    const replicas = partition.replicas.map(({ brokerId }) => brokerId)
    const answering = new Set(this.brokers.filter(({ state }) => state === 'up').map(({ brokerId }) => brokerId))
    return {
      partition: index,
      leader: partition.leader,
      leaderEpoch: partition.epoch,
      isr: [...partition.isr],
      eligibleLeaderReplicas: [],
      health: partitionHealth({ ...partition, replicas, minInsyncReplicas: topic.minInsyncReplicas }, answering),
      replicas: partition.replicas.map((replica): ReplicaView => {
        const { state } = this.broker(replica.brokerId)
        return {
          brokerId: replica.brokerId,
          isStale: state !== 'up',
          role:
            state !== 'up' && state !== 'paused'
              ? 'offline'
              : replica.brokerId === partition.leader
                ? 'leader'
                : 'follower',
          isInSync: partition.isr.includes(replica.brokerId),
          logStartOffset: partition.start,
          logEndOffset: replica.end,
          highWatermark: replica.high,
          logBytes: replica.end * 184,
        }
      }),
    }
  }

  #hasQuorum(): boolean {
    return this.brokers.filter(({ state }) => state === 'up').length * 2 > this.brokers.length
  }

  #controller(): Broker | null {
    return this.brokers.find((broker) => broker.isController) ?? null
  }

  #elect(): void {
    const next = this.brokers.find((broker) => broker.state === 'up')
    if (next === undefined) return
    next.isController = true
    this.controllerEpoch += 1
    this.happened({ kind: 'controller-elected', brokerId: next.brokerId, text: 'controller', durationMs: 38 })
  }

  #moveLeaders(brokerId: number): void {
    const moved = new Map<number, string[]>()
    for (const topic of this.topics.values())
      topic.partitions.forEach((partition, index) => {
        if (!partition.isr.includes(brokerId)) return
        const left = partition.isr.filter((id) => id !== brokerId && this.broker(id).state === 'up')
        if (left.length > 0) partition.isr = left
        if (partition.leader !== brokerId) return
        partition.leader = left[0] ?? null
        partition.epoch += 1
        if (left[0] !== undefined) moved.set(left[0], [...(moved.get(left[0]) ?? []), `${topic.name}-${index}`])
      })
    for (const [to, names] of moved) {
      const text = `leader of ${names.slice(0, 2).join(', ')}${names.length > 2 ? ` and ${names.length - 2} more` : ''}`
      this.happened({ kind: 'leader-changed', brokerId: to, text, durationMs: 38 })
      this.happened({ kind: 'isr-shrunk', brokerId: to, text: `ISR 3 → 2`, severity: 'warning' })
    }
  }
}
