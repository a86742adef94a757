// The entries of a metadata image, and what changes between two looks at it. Each is replaced when it changes, never altered.
import type { Uuid } from '../../base/uuid.ts'
import type { BrokerEndpoint, SupportedFeature } from './records.ts'

export interface BrokerRegistration {
  readonly id: number
  /** Offset of the registration's record: a later start of the same broker has a higher one. */
  readonly epoch: number
  readonly incarnationId: Uuid
  readonly endPoints: readonly BrokerEndpoint[]
  readonly features: readonly SupportedFeature[]
  readonly rack: string | null
  /** Leads nothing and joins no ISR: it has just started, or has not been heard of for a session. */
  readonly fenced: boolean
  readonly inControlledShutdown: boolean
  readonly logDirs: readonly Uuid[]
}

export interface PartitionImage {
  readonly topicId: Uuid
  readonly partition: number
  /** In order of preference: the first is the preferred leader. */
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly removingReplicas: readonly number[]
  readonly addingReplicas: readonly number[]
  /** -1 while no member of the ISR is alive. Who is fenced leads nothing, even if it is named here: see `leaderOf`. */
  readonly leader: number
  /** Raised with every change of leader; a replica serves and truncates by it. */
  readonly leaderEpoch: number
  /** Raised with every change at all; a leader's AlterPartition names the one it builds on. */
  readonly partitionEpoch: number
  /** 1 while the leader of an unclean election has not yet been heard of, else 0. */
  readonly leaderRecoveryState: number
  readonly directories: readonly Uuid[]
  readonly eligibleLeaderReplicas: readonly number[]
  readonly lastKnownElr: readonly number[]
}

export interface TopicImage {
  readonly name: string
  readonly id: Uuid
  /** By partition number, without gaps. */
  readonly partitions: readonly PartitionImage[]
}

export interface PartitionDelta {
  readonly topic: TopicImage
  readonly before: PartitionImage | undefined
  readonly after: PartitionImage
}

/** What the records replayed since the last look have changed. */
export interface MetadataDelta {
  readonly topicsCreated: readonly TopicImage[]
  readonly topicsDeleted: readonly TopicImage[]
  /** Partitions new or altered, those of created topics included; `after` is how they stand now. */
  readonly partitions: readonly PartitionDelta[]
  readonly brokers: ReadonlySet<number>
  /** Topics whose own configuration changed. */
  readonly topicConfigs: ReadonlySet<string>
  /** Brokers whose dynamic configuration changed, as the resource is named: '' is the default of all brokers. */
  readonly brokerConfigs: ReadonlySet<string>
  readonly features: boolean
}
