// Records of `__cluster_metadata`, field by field as Kafka's schemas have them (KIP-631). Only what this cluster writes or
// has to read back; `metadata-batch.ts` turns them into bytes.
import type { Uuid } from '../../base/uuid.ts'

export interface BrokerEndpoint {
  readonly name: string
  readonly host: string
  readonly port: number
  readonly securityProtocol: number
}

export interface SupportedFeature {
  readonly name: string
  readonly minSupportedVersion: number
  readonly maxSupportedVersion: number
}

export interface RegisterBrokerRecord {
  readonly type: 'RegisterBrokerRecord'
  readonly brokerId: number
  readonly incarnationId: Uuid
  readonly brokerEpoch: number
  readonly endPoints: readonly BrokerEndpoint[]
  readonly features: readonly SupportedFeature[]
  readonly rack: string | null
  readonly fenced: boolean
  readonly inControlledShutdown: boolean
  readonly logDirs: readonly Uuid[]
}

export interface BrokerRegistrationChangeRecord {
  readonly type: 'BrokerRegistrationChangeRecord'
  readonly brokerId: number
  readonly brokerEpoch: number
  /** 1 fenced, -1 unfenced, 0 no change. */
  readonly fenced: number
  /** 1 in controlled shutdown, 0 no change. */
  readonly inControlledShutdown: number
}

export interface UnregisterBrokerRecord {
  readonly type: 'UnregisterBrokerRecord'
  readonly brokerId: number
  readonly brokerEpoch: number
}

export interface TopicRecord {
  readonly type: 'TopicRecord'
  readonly name: string
  readonly topicId: Uuid
}

export interface RemoveTopicRecord {
  readonly type: 'RemoveTopicRecord'
  readonly topicId: Uuid
}

export interface PartitionRecord {
  readonly type: 'PartitionRecord'
  readonly partitionId: number
  readonly topicId: Uuid
  /** In order of preference: the first is the preferred leader. */
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly removingReplicas: readonly number[]
  readonly addingReplicas: readonly number[]
  readonly leader: number
  /** 1 while the leader of an unclean election has not yet been heard of, else 0. */
  readonly leaderRecoveryState: number
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  /** The log directory of each replica, in the order of `replicas`. */
  readonly directories: readonly Uuid[]
  readonly eligibleLeaderReplicas: readonly number[] | null
  readonly lastKnownElr: readonly number[] | null
}

/** Every change raises the partition epoch by one; one that names a leader, be it the same, raises the leader epoch too. */
export interface PartitionChangeRecord {
  readonly type: 'PartitionChangeRecord'
  readonly partitionId: number
  readonly topicId: Uuid
  readonly isr: readonly number[] | null
  /** -1 no leader, -2 no change. */
  readonly leader: number
  readonly replicas: readonly number[] | null
  readonly removingReplicas: readonly number[] | null
  readonly addingReplicas: readonly number[] | null
  /** -1 no change. */
  readonly leaderRecoveryState: number
  readonly directories: readonly Uuid[] | null
  readonly eligibleLeaderReplicas: readonly number[] | null
  readonly lastKnownElr: readonly number[] | null
}

export interface ConfigRecord {
  readonly type: 'ConfigRecord'
  /** 2 topic, 4 broker. */
  readonly resourceType: number
  readonly resourceName: string
  readonly name: string
  /** Null takes the setting back to its default. */
  readonly value: string | null
}

export interface FeatureLevelRecord {
  readonly type: 'FeatureLevelRecord'
  readonly name: string
  /** 0 takes the feature away. */
  readonly featureLevel: number
}

export interface ProducerIdsRecord {
  readonly type: 'ProducerIdsRecord'
  readonly brokerId: number
  readonly brokerEpoch: number
  /** First id of the block that will be given next. */
  readonly nextProducerId: number
}

export type MetadataRecord =
  | RegisterBrokerRecord
  | BrokerRegistrationChangeRecord
  | UnregisterBrokerRecord
  | TopicRecord
  | RemoveTopicRecord
  | PartitionRecord
  | PartitionChangeRecord
  | ConfigRecord
  | FeatureLevelRecord
  | ProducerIdsRecord

export const noLeader = -1
export const leaderUnchanged = -2

/** A change of one partition, of which only what is said changes. */
export function partitionChange(
  topicId: Uuid,
  partitionId: number,
  change: Partial<Omit<PartitionChangeRecord, 'type' | 'topicId' | 'partitionId'>>,
): PartitionChangeRecord {
  return {
    type: 'PartitionChangeRecord',
    partitionId,
    topicId,
    isr: null,
    leader: leaderUnchanged,
    replicas: null,
    removingReplicas: null,
    addingReplicas: null,
    leaderRecoveryState: -1,
    directories: null,
    eligibleLeaderReplicas: null,
    lastKnownElr: null,
    ...change,
  }
}
