// One view of the owned cluster, made from what each broker last said of itself.
//
// Metadata is taken from the broker that has followed the controller furthest; log ends and sizes from the broker that holds the
// replica. A broker that is gone says nothing more: its last report stays, so that the matrix shows where its logs had come to.
import type {
  BrokerReport,
  BrokerStatus,
  ClusterHost,
  ReplicaReport,
  TopicReport,
} from '../../src-broker/runtime/cluster-host.ts'
import type {
  BrokerState,
  BrokerView,
  ClusterView,
  PartitionView,
  ReplicaView,
  TopicMatrix,
} from '../contract/cluster.ts'
import { clusterHealth, partitionHealth } from './health.ts'
import { isInternal } from './partition-names.ts'

export interface Rates {
  readonly recordsInPerSecond: number
  readonly recordsOutPerSecond: number
  readonly bytesInPerSecond: number
  readonly bytesOutPerSecond: number
}

/** The last report of each broker, of those that are gone too. */
export type LastReports = ReadonlyMap<number, BrokerReport>

export function clusterView(host: ClusterHost, last: LastReports, rates: Rates, atMs: number): ClusterView {
  const statuses = host.brokers()
  const leading = furthest(statuses, last)
  const running = statuses.filter(isAnswering)
  const [following] = believed(running.length > 0 ? running : statuses, last)
  const controllerId = following?.controllerId ?? null
  const topics = (leading?.topics ?? []).map((topic) => topicMatrix(topic, statuses, last))
  const brokers = statuses.map((status) => brokerView(status, last.get(status.brokerId), controllerId, topics))
  const partitions = topics.flatMap(({ minInsyncReplicas, partitions: some }) =>
    some.map((partition) => ({ ...partition, minIsr: Math.min(minInsyncReplicas, partition.replicas.length) })),
  )
  return {
    clusterId: host.clusterId,
    bootstrap: host.bootstrap,
    controllerId,
    controllerEpoch: following?.controllerEpoch ?? 0,
    brokers,
    topics,
    ...rates,
    health: clusterHealth({ brokers, voters: leading?.voters ?? [], controllerId, topics }),
    underReplicatedPartitions: count(partitions, (partition) => inSync(partition) < partition.replicas.length),
    belowMinIsrPartitions: count(partitions, (partition) => inSync(partition) < partition.minIsr),
    offlinePartitions: count(partitions, ({ health }) => health === 'offline'),
    atMs,
  }
}

/** In-sync replicas that answer. */
const inSync = ({ replicas }: PartitionView): number =>
  count(replicas, (replica) => replica.isInSync && !replica.isStale)

/**
 * The report to believe about metadata: which followed it furthest, of those that run or have stopped in an orderly way. Who hands
 * over its leaders is the first to know who leads now; the others say so a moment later.
 */
function furthest(statuses: readonly BrokerStatus[], last: LastReports): BrokerReport | undefined {
  const orderly = statuses.filter((status) => isAnswering(status) || status.lifecycle === 'stopped')
  return believed(orderly.some(isAnswering) ? orderly : statuses, last).toSorted(
    (one, other) => other.metadataOffset - one.metadataOffset,
  )[0]
}

/** Reports of these brokers, the most credible about the controller first. */
function believed(statuses: readonly BrokerStatus[], last: LastReports): readonly BrokerReport[] {
  return statuses
    .flatMap(({ brokerId }) => last.get(brokerId) ?? [])
    .toSorted(
      (one, other) =>
        Number(one.isFenced) - Number(other.isFenced) ||
        other.controllerEpoch - one.controllerEpoch ||
        other.atMs - one.atMs,
    )
}

function topicMatrix(topic: TopicReport, statuses: readonly BrokerStatus[], last: LastReports): TopicMatrix {
  const { minInsyncReplicas } = topic
  const answering = new Set(statuses.filter(isAnswering).map(({ brokerId }) => brokerId))
  const partitions = topic.partitions.map((partition): PartitionView => {
    const replicas = partition.replicas.map((brokerId): ReplicaView => {
      const status = statuses.find((candidate) => candidate.brokerId === brokerId)
      const report = replicaReport(last.get(brokerId), topic.topic, partition.partition)
      return {
        brokerId,
        role:
          status === undefined || isGone(status) ? 'offline' : partition.leader === brokerId ? 'leader' : 'follower',
        isInSync: partition.isr.includes(brokerId),
        isStale: !answering.has(brokerId),
        logStartOffset: report?.logStartOffset ?? 0,
        logEndOffset: report?.logEndOffset ?? 0,
        highWatermark: report?.highWatermark ?? 0,
        logBytes: report?.logBytes ?? 0,
      }
    })
    const leader = partition.leader < 0 ? null : partition.leader
    return {
      partition: partition.partition,
      leader,
      leaderEpoch: partition.leaderEpoch,
      isr: partition.isr,
      eligibleLeaderReplicas: partition.eligibleLeaderReplicas,
      health: partitionHealth({ ...partition, leader, minInsyncReplicas }, answering),
      replicas,
    }
  })
  return {
    topic: topic.topic,
    topicId: topic.topicId,
    isInternal: isInternal(topic.topic),
    replicationFactor: Math.max(0, ...partitions.map(({ replicas }) => replicas.length)),
    minInsyncReplicas,
    recordCount: partitions.reduce((sum, partition) => sum + recordCount(partition), 0),
    sizeBytes: partitions.reduce(
      (sum, { replicas }) => sum + Math.max(0, ...replicas.map(({ logBytes }) => logBytes)),
      0,
    ),
    partitions,
  }
}

/** Records as offsets tell: compaction and markers are counted as if they were there. */
function recordCount({ leader, replicas }: PartitionView): number {
  const said = replicas.find(({ brokerId }) => brokerId === leader) ?? replicas[0]
  return said === undefined ? 0 : Math.max(0, said.highWatermark - said.logStartOffset)
}

function brokerView(
  status: BrokerStatus,
  report: BrokerReport | undefined,
  controllerId: number | null,
  topics: readonly TopicMatrix[],
): BrokerView {
  const { brokerId, lifecycle, reason, sinceMs, port } = status
  const held = topics.flatMap(({ partitions }) =>
    partitions.filter(({ replicas }) => replicas.some((replica) => replica.brokerId === brokerId)),
  )
  return {
    brokerId,
    state: stateOf(status, report),
    reason,
    isInjected: lifecycle === 'killed' || lifecycle === 'paused',
    sinceMs,
    host: '127.0.0.1',
    port,
    isController: brokerId === controllerId && lifecycle === 'running',
    logBytes: report?.replicas.reduce((sum, replica) => sum + replica.logBytes, 0) ?? 0,
    connections: isGone(status) ? 0 : (report?.connections ?? 0),
    leaderCount: count(held, ({ leader }) => leader === brokerId),
    replicaCount: held.length,
  }
}

function stateOf({ lifecycle }: BrokerStatus, report: BrokerReport | undefined): BrokerState {
  if (lifecycle === 'running') return report?.isFenced ? 'fenced' : 'up'
  // On its way out it takes no new work: for whoever looks on it has stopped.
  return lifecycle === 'stopping' ? 'stopped' : lifecycle
}

const isGone = ({ lifecycle }: BrokerStatus): boolean =>
  lifecycle === 'stopped' || lifecycle === 'killed' || lifecycle === 'crashed'

/** On its way out it answers to the end. */
const isAnswering = ({ lifecycle }: BrokerStatus): boolean => lifecycle === 'running' || lifecycle === 'stopping'

const indexes = new WeakMap<BrokerReport, ReadonlyMap<string, ReplicaReport>>()

function replicaReport(report: BrokerReport | undefined, topic: string, partition: number): ReplicaReport | undefined {
  if (report === undefined) return undefined
  let index = indexes.get(report)
  if (index === undefined) {
    index = new Map(report.replicas.map((replica) => [`${replica.topic}/${replica.partition}`, replica]))
    indexes.set(report, index)
  }
  return index.get(`${topic}/${partition}`)
}

const count = <T>(items: readonly T[], isCounted: (item: T) => boolean): number => items.filter(isCounted).length
