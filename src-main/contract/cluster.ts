/** The owned cluster at one moment: what the matrix and the brokers' heads show. */
export interface ClusterView {
  readonly clusterId: string
  readonly bootstrap: readonly string[]
  readonly controllerId: number | null
  readonly controllerEpoch: number
  readonly brokers: readonly BrokerView[]
  readonly topics: readonly TopicMatrix[]
  /** Records per second over the last second, all brokers, as leaders. */
  readonly recordsInPerSecond: number
  readonly recordsOutPerSecond: number
  readonly bytesInPerSecond: number
  readonly bytesOutPerSecond: number
  readonly health: ClusterHealth
  /** These three count the replicas whose brokers answer, whatever the metadata last said. A partition may be in all of them. */
  readonly underReplicatedPartitions: number
  readonly belowMinIsrPartitions: number
  readonly offlinePartitions: number
  readonly atMs: number
}

/** How the cluster stands as a whole: the worst that holds, in this order from `stopped` down to `serving`. */
export interface ClusterHealth {
  readonly state:
    | 'stopped'
    | 'starting'
    /** Most voters of the metadata quorum do not answer: nothing is elected or changed, and the metadata may be out of date. */
    | 'no-quorum'
    /** Partitions without a leader that answers. */
    | 'offline'
    /** Partitions that refuse acks=all. */
    | 'not-writable'
    | 'degraded'
    | 'serving'
  /** A word or two. */
  readonly title: string
  readonly sentence: string
}

export type PartitionHealth = 'ok' | 'under-replicated' | 'below-min-isr' | 'offline'

export type BrokerState =
  | 'starting'
  | 'up'
  /** The controller no longer counts on it: silent past its session, or catching up after a start. */
  | 'fenced'
  | 'paused'
  /** Stopped in an orderly way. */
  | 'stopped'
  /** Ended at once by the user. */
  | 'killed'
  /** Ended by a bug or by the disk; `reason` says which. */
  | 'crashed'

export interface BrokerView {
  readonly brokerId: number
  readonly state: BrokerState
  readonly reason: string | null
  /** True while the state is something the user injected (killed, paused): drawn as the orange hatch. */
  readonly isInjected: boolean
  readonly sinceMs: number
  readonly host: string
  readonly port: number
  readonly isController: boolean
  readonly logBytes: number
  readonly connections: number
  readonly leaderCount: number
  readonly replicaCount: number
}

export interface TopicMatrix {
  readonly topic: string
  readonly topicId: string
  readonly isInternal: boolean
  readonly replicationFactor: number
  readonly minInsyncReplicas: number
  readonly recordCount: number
  /** Each record once: of the replicas of a partition the largest. */
  readonly sizeBytes: number
  readonly partitions: readonly PartitionView[]
}

export interface PartitionView {
  readonly partition: number
  /** Null while no in-sync replica is alive. */
  readonly leader: number | null
  readonly leaderEpoch: number
  readonly isr: readonly number[]
  /** Not in sync, but they have all that is committed: they may lead before anybody else does (KIP-966). */
  readonly eligibleLeaderReplicas: readonly number[]
  readonly health: PartitionHealth
  readonly replicas: readonly ReplicaView[]
}

export interface ReplicaView {
  readonly brokerId: number
  readonly role: 'leader' | 'follower' | 'offline'
  readonly isInSync: boolean
  /** Its broker does not answer: all of this is the last that was heard of it. */
  readonly isStale: boolean
  readonly logStartOffset: number
  readonly logEndOffset: number
  readonly highWatermark: number
  readonly logBytes: number
}

/** One thing that happened, on the time axis of the pulse. */
export interface PulseEvent {
  readonly id: number
  readonly atMs: number
  /** Null for what concerns the cluster rather than one broker. */
  readonly brokerId: number | null
  readonly kind:
    | 'broker-started'
    | 'broker-stopped'
    | 'broker-killed'
    | 'broker-paused'
    | 'broker-resumed'
    | 'broker-crashed'
    | 'broker-fenced'
    | 'broker-unfenced'
    | 'controller-elected'
    | 'leader-changed'
    | 'unclean-leaders-elected'
    | 'logs-damaged'
    | 'logs-set-aside'
    | 'replica-stuck'
    | 'coordinator-unreadable'
    | 'metadata-disk-failed'
    | 'isr-shrunk'
    | 'isr-expanded'
    | 'group-rebalanced'
    | 'topic-created'
    | 'topic-deleted'
    | 'partitions-added'
    | 'topic-configs-changed'
    | 'offsets-reset'
  /** A short sentence: `leader of orders-1, flights-0`. */
  readonly text: string
  /** How long it took, where that is known: election, rebalance, recovery. Milliseconds. */
  readonly durationMs: number | null
  /** The user did this; otherwise it is a consequence or real trouble. */
  readonly isInjected: boolean
  readonly severity: 'info' | 'warning' | 'trouble'
}
