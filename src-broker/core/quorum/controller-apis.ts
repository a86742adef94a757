// What brokers ask of the active controller, named and shaped as Kafka has it. A broker asks through `QuorumNode.request`,
// which answers here when this node is the controller and goes over to the one that is otherwise.
import type { Uuid } from '../../base/uuid.ts'
import type { QuorumReplicas } from './describe-quorum.ts'
import type { BrokerEndpoint, SupportedFeature } from './records.ts'
import type { VoterEndpoint } from './voters.ts'

export interface BrokerRegistrationRequest {
  readonly brokerId: number
  readonly clusterId: string
  readonly incarnationId: Uuid
  readonly listeners: readonly BrokerEndpoint[]
  readonly features: readonly SupportedFeature[]
  readonly rack: string | null
  readonly logDirs: readonly Uuid[]
  /** From the clean-shutdown file; -1 where the broker did not stop cleanly. */
  readonly previousBrokerEpoch: number
}

export interface BrokerRegistrationResponse {
  readonly errorCode: number
  readonly brokerEpoch: number
}

export interface BrokerHeartbeatRequest {
  readonly brokerId: number
  readonly brokerEpoch: number
  /** Offset after the last metadata record the broker has replayed. */
  readonly currentMetadataOffset: number
  readonly wantShutDown: boolean
}

export interface BrokerHeartbeatResponse {
  readonly errorCode: number
  readonly isCaughtUp: boolean
  readonly isFenced: boolean
  readonly shouldShutDown: boolean
}

export interface AlterPartitionRequest {
  readonly brokerId: number
  readonly brokerEpoch: number
  readonly topics: readonly {
    readonly topicId: Uuid
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly leaderEpoch: number
      /** The broker epochs under which the leader saw these replicas catch up (KIP-903); -1 where it does not know. */
      readonly newIsrWithEpochs: readonly { readonly brokerId: number; readonly brokerEpoch: number }[]
      readonly leaderRecoveryState: number
      readonly partitionEpoch: number
    }[]
  }[]
}

export interface AlterPartitionResponse {
  readonly errorCode: number
  readonly topics: readonly {
    readonly topicId: Uuid
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly errorCode: number
      readonly leaderId: number
      readonly leaderEpoch: number
      readonly isr: readonly number[]
      readonly leaderRecoveryState: number
      readonly partitionEpoch: number
    }[]
  }[]
}

export interface AlterPartitionReassignmentsRequest {
  readonly allowReplicationFactorChange: boolean
  readonly topics: readonly {
    readonly name: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      /** In order of preference; null cancels what is under way. */
      readonly replicas: readonly number[] | null
    }[]
  }[]
}

export interface AlterPartitionReassignmentsResponse {
  readonly errorCode: number
  readonly errorMessage: string | null
  readonly responses: {
    readonly name: string
    readonly partitions: {
      readonly partitionIndex: number
      readonly errorCode: number
      readonly errorMessage: string | null
    }[]
  }[]
}

export interface ListPartitionReassignmentsRequest {
  /** Null means all. */
  readonly topics: readonly { readonly name: string; readonly partitionIndexes: readonly number[] }[] | null
}

export interface ListPartitionReassignmentsResponse {
  readonly errorCode: number
  readonly errorMessage: string | null
  /** Only what is under way. */
  readonly topics: {
    readonly name: string
    readonly partitions: {
      readonly partitionIndex: number
      readonly replicas: readonly number[]
      readonly addingReplicas: readonly number[]
      readonly removingReplicas: readonly number[]
    }[]
  }[]
}

export interface CreateTopicsRequest {
  readonly topics: readonly {
    readonly name: string
    readonly numPartitions: number
    readonly replicationFactor: number
    readonly assignments: readonly { readonly partitionIndex: number; readonly brokerIds: readonly number[] }[]
    readonly configs: readonly { readonly name: string; readonly value: string | null }[]
  }[]
  readonly validateOnly: boolean
}

export interface CreateTopicsResponse {
  readonly topics: {
    readonly name: string
    readonly topicId: Uuid
    readonly errorCode: number
    readonly errorMessage: string | null
    readonly numPartitions: number
    readonly replicationFactor: number
    readonly configs: TopicConfigEcho[] | null
  }[]
}

export interface TopicConfigEcho {
  readonly name: string
  readonly value: string | null
  readonly readOnly: boolean
  readonly configSource: number
  readonly isSensitive: boolean
}

export interface DeleteTopicsRequest {
  /** By name, or by id where the name is null. */
  readonly topics: readonly { readonly name: string | null; readonly topicId: Uuid }[]
}

export interface DeleteTopicsResponse {
  readonly responses: {
    readonly name: string | null
    readonly topicId: Uuid
    readonly errorCode: number
    readonly errorMessage: string | null
  }[]
}

export interface CreatePartitionsRequest {
  readonly topics: readonly {
    readonly name: string
    /** The new number of partitions in all. */
    readonly count: number
    readonly assignments: readonly { readonly brokerIds: readonly number[] }[] | null
  }[]
  readonly validateOnly: boolean
}

export interface CreatePartitionsResponse {
  readonly results: { readonly name: string; readonly errorCode: number; readonly errorMessage: string | null }[]
}

export interface IncrementalAlterConfigsRequest {
  readonly resources: readonly {
    readonly resourceType: number
    readonly resourceName: string
    readonly configs: readonly {
      readonly name: string
      /** 0 SET, 1 DELETE, 2 APPEND, 3 SUBTRACT. */
      readonly configOperation: number
      readonly value: string | null
    }[]
  }[]
  readonly validateOnly: boolean
}

export interface AlterConfigsRequest {
  readonly resources: readonly {
    readonly resourceType: number
    readonly resourceName: string
    /** All that shall be set. */
    readonly configs: readonly { readonly name: string; readonly value: string | null }[]
  }[]
  readonly validateOnly: boolean
}

export interface IncrementalAlterConfigsResponse {
  readonly responses: {
    readonly errorCode: number
    readonly errorMessage: string | null
    readonly resourceType: number
    readonly resourceName: string
  }[]
}

export interface AllocateProducerIdsRequest {
  readonly brokerId: number
  readonly brokerEpoch: number
}

export interface AllocateProducerIdsResponse {
  readonly errorCode: number
  readonly producerIdStart: number
  readonly producerIdLen: number
}

export interface ElectLeadersRequest {
  /** 0 the preferred replica, 1 any live replica (unclean). */
  readonly electionType: number
  /** Null means all. */
  readonly topicPartitions: readonly { readonly topic: string; readonly partitions: readonly number[] }[] | null
}

export interface ElectLeadersResponse {
  readonly errorCode: number
  readonly replicaElectionResults: {
    readonly topic: string
    readonly partitionResult: {
      readonly partitionId: number
      readonly errorCode: number
      readonly errorMessage: string | null
    }[]
  }[]
}

export interface UnregisterBrokerRequest {
  readonly brokerId: number
}

/** Of a change to who votes, and of an unregistration. */
export interface MembershipResponse {
  readonly errorCode: number
  readonly errorMessage: string | null
}

export interface AddRaftVoterRequest {
  readonly clusterId: string | null
  readonly voterId: number
  readonly voterDirectoryId: Uuid
  readonly listeners: readonly VoterEndpoint[]
  /** Answer once the change is committed, not once it is written here. */
  readonly ackWhenCommitted: boolean
}

export interface RemoveRaftVoterRequest {
  readonly clusterId: string | null
  readonly voterId: number
  readonly voterDirectoryId: Uuid
}

/** The quorum as its leader sees it. */
export interface DescribeQuorumResponse extends QuorumReplicas {
  readonly leaderId: number
  readonly leaderEpoch: number
  readonly highWatermark: number
}

export interface ControllerApis {
  BrokerRegistration: { request: BrokerRegistrationRequest; response: BrokerRegistrationResponse }
  BrokerHeartbeat: { request: BrokerHeartbeatRequest; response: BrokerHeartbeatResponse }
  AlterPartition: { request: AlterPartitionRequest; response: AlterPartitionResponse }
  AlterPartitionReassignments: {
    request: AlterPartitionReassignmentsRequest
    response: AlterPartitionReassignmentsResponse
  }
  ListPartitionReassignments: {
    request: ListPartitionReassignmentsRequest
    response: ListPartitionReassignmentsResponse
  }
  CreateTopics: { request: CreateTopicsRequest; response: CreateTopicsResponse }
  DeleteTopics: { request: DeleteTopicsRequest; response: DeleteTopicsResponse }
  CreatePartitions: { request: CreatePartitionsRequest; response: CreatePartitionsResponse }
  AlterConfigs: { request: AlterConfigsRequest; response: IncrementalAlterConfigsResponse }
  IncrementalAlterConfigs: { request: IncrementalAlterConfigsRequest; response: IncrementalAlterConfigsResponse }
  AllocateProducerIds: { request: AllocateProducerIdsRequest; response: AllocateProducerIdsResponse }
  ElectLeaders: { request: ElectLeadersRequest; response: ElectLeadersResponse }
  DescribeQuorum: { request: Record<never, never>; response: DescribeQuorumResponse }
  UnregisterBroker: { request: UnregisterBrokerRequest; response: MembershipResponse }
  AddRaftVoter: { request: AddRaftVoterRequest; response: MembershipResponse }
  RemoveRaftVoter: { request: RemoveRaftVoterRequest; response: MembershipResponse }
}

export type ControllerApi = keyof ControllerApis
export type RequestOf<A extends ControllerApi> = ControllerApis[A]['request']
export type ResponseOf<A extends ControllerApi> = ControllerApis[A]['response']

/** An answer, or why there is none: NOT_CONTROLLER, REQUEST_TIMED_OUT. Errors of the request itself are in the response. */
export type Answer<A extends ControllerApi> =
  | { readonly errorCode: 0; readonly response: ResponseOf<A> }
  | { readonly errorCode: number; readonly response: undefined }

/** Who can ask the active controller, wherever it is. `answer` is called once. */
export interface AsksController {
  request<A extends ControllerApi>(
    api: A,
    body: RequestOf<A>,
    timeoutMs: number,
    answer: (answer: Answer<A>) => void,
  ): void
}
