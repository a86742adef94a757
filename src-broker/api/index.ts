// Every API this broker answers. A key that is not here is not advertised, and asking for it closes the connection.
import type { Api, RequestOf, ResponseInput } from '../protocol/api.ts'
import { produce as produceApi } from '../protocol/messages/00-produce.ts'
import { fetch as fetchApi } from '../protocol/messages/01-fetch.ts'
import { listOffsets as listOffsetsApi } from '../protocol/messages/02-list-offsets.ts'
import { metadata as metadataApi } from '../protocol/messages/03-metadata.ts'
import { offsetCommit as offsetCommitApi } from '../protocol/messages/08-offset-commit.ts'
import { offsetFetch as offsetFetchApi } from '../protocol/messages/09-offset-fetch.ts'
import { findCoordinator as findCoordinatorApi } from '../protocol/messages/10-find-coordinator.ts'
import { joinGroup as joinGroupApi } from '../protocol/messages/11-join-group.ts'
import { heartbeat as heartbeatApi } from '../protocol/messages/12-heartbeat.ts'
import { leaveGroup as leaveGroupApi } from '../protocol/messages/13-leave-group.ts'
import { syncGroup as syncGroupApi } from '../protocol/messages/14-sync-group.ts'
import { describeGroups as describeGroupsApi } from '../protocol/messages/15-describe-groups.ts'
import { listGroups as listGroupsApi } from '../protocol/messages/16-list-groups.ts'
import { apiVersions as apiVersionsApi } from '../protocol/messages/18-api-versions.ts'
import { createTopics as createTopicsApi } from '../protocol/messages/19-create-topics.ts'
import { deleteTopics as deleteTopicsApi } from '../protocol/messages/20-delete-topics.ts'
import { deleteRecords as deleteRecordsApi } from '../protocol/messages/21-delete-records.ts'
import { initProducerId as initProducerIdApi } from '../protocol/messages/22-init-producer-id.ts'
import { offsetForLeaderEpoch as offsetForLeaderEpochApi } from '../protocol/messages/23-offset-for-leader-epoch.ts'
import { describeConfigs as describeConfigsApi } from '../protocol/messages/32-describe-configs.ts'
import { alterConfigs as alterConfigsApi } from '../protocol/messages/33-alter-configs.ts'
import { describeLogDirs as describeLogDirsApi } from '../protocol/messages/35-describe-log-dirs.ts'
import { createPartitions as createPartitionsApi } from '../protocol/messages/37-create-partitions.ts'
import { deleteGroups as deleteGroupsApi } from '../protocol/messages/42-delete-groups.ts'
import { electLeaders as electLeadersApi } from '../protocol/messages/43-elect-leaders.ts'
import { incrementalAlterConfigs as incrementalAlterConfigsApi } from '../protocol/messages/44-incremental-alter-configs.ts'
import { alterPartitionReassignments as alterPartitionReassignmentsApi } from '../protocol/messages/45-alter-partition-reassignments.ts'
import { listPartitionReassignments as listPartitionReassignmentsApi } from '../protocol/messages/46-list-partition-reassignments.ts'
import { offsetDelete as offsetDeleteApi } from '../protocol/messages/47-offset-delete.ts'
import { describeQuorum as describeQuorumApi } from '../protocol/messages/55-describe-quorum.ts'
import { describeCluster as describeClusterApi } from '../protocol/messages/60-describe-cluster.ts'
import { describeProducers as describeProducersApi } from '../protocol/messages/61-describe-producers.ts'
import { unregisterBroker as unregisterBrokerApi } from '../protocol/messages/64-unregister-broker.ts'
import { listConfigResources as listConfigResourcesApi } from '../protocol/messages/74-list-config-resources.ts'
import { describeTopicPartitions as describeTopicPartitionsApi } from '../protocol/messages/75-describe-topic-partitions.ts'
import { addRaftVoter as addRaftVoterApi } from '../protocol/messages/80-add-raft-voter.ts'
import { removeRaftVoter as removeRaftVoterApi } from '../protocol/messages/81-remove-raft-voter.ts'
import type { Shape } from '../protocol/schema.ts'
import { produce } from './00-produce.ts'
import { fetch } from './01-fetch.ts'
import { listOffsets } from './02-list-offsets.ts'
import { metadata } from './03-metadata.ts'
import { offsetCommit } from './08-offset-commit.ts'
import { offsetFetch } from './09-offset-fetch.ts'
import { findCoordinator } from './10-find-coordinator.ts'
import { joinGroup } from './11-join-group.ts'
import { heartbeat } from './12-heartbeat.ts'
import { leaveGroup } from './13-leave-group.ts'
import { syncGroup } from './14-sync-group.ts'
import { describeGroups } from './15-describe-groups.ts'
import { listGroups } from './16-list-groups.ts'
import { apiVersions } from './18-api-versions.ts'
import { createTopics } from './19-create-topics.ts'
import { deleteTopics } from './20-delete-topics.ts'
import { deleteRecords } from './21-delete-records.ts'
import { initProducerId } from './22-init-producer-id.ts'
import { offsetForLeaderEpoch } from './23-offset-for-leader-epoch.ts'
import { describeConfigs } from './32-describe-configs.ts'
import { alterConfigs } from './33-alter-configs.ts'
import { describeLogDirs } from './35-describe-log-dirs.ts'
import { createPartitions } from './37-create-partitions.ts'
import { deleteGroups } from './42-delete-groups.ts'
import { electLeaders } from './43-elect-leaders.ts'
import { incrementalAlterConfigs } from './44-incremental-alter-configs.ts'
import { alterPartitionReassignments } from './45-alter-partition-reassignments.ts'
import { listPartitionReassignments } from './46-list-partition-reassignments.ts'
import { offsetDelete } from './47-offset-delete.ts'
import { describeQuorum } from './55-describe-quorum.ts'
import { describeCluster } from './60-describe-cluster.ts'
import { describeProducers } from './61-describe-producers.ts'
import { unregisterBroker } from './64-unregister-broker.ts'
import { listConfigResources } from './74-list-config-resources.ts'
import { describeTopicPartitions } from './75-describe-topic-partitions.ts'
import { addRaftVoter } from './80-add-raft-voter.ts'
import { removeRaftVoter } from './81-remove-raft-voter.ts'
import type { Handler } from './handler.ts'

export interface Route {
  readonly api: Api
  readonly handle: Handler<unknown, unknown>
}

/** Ties an API's schema to its handler; the types are checked here and forgotten behind. */
function route<Request extends Shape, Response extends Shape>(
  api: Api<Request, Response>,
  handle: Handler<RequestOf<Api<Request, Response>>, ResponseInput<Api<Request, Response>>>,
): Route {
  return { api: api as unknown as Api, handle: handle as unknown as Handler<unknown, unknown> }
}

const all: readonly Route[] = [
  route(produceApi, produce),
  route(fetchApi, fetch),
  route(listOffsetsApi, listOffsets),
  route(metadataApi, metadata),
  route(offsetCommitApi, offsetCommit),
  route(offsetFetchApi, offsetFetch),
  route(findCoordinatorApi, findCoordinator),
  route(joinGroupApi, joinGroup),
  route(heartbeatApi, heartbeat),
  route(leaveGroupApi, leaveGroup),
  route(syncGroupApi, syncGroup),
  route(describeGroupsApi, describeGroups),
  route(listGroupsApi, listGroups),
  route(apiVersionsApi, apiVersions),
  route(createTopicsApi, createTopics),
  route(deleteTopicsApi, deleteTopics),
  route(deleteRecordsApi, deleteRecords),
  route(initProducerIdApi, initProducerId),
  route(offsetForLeaderEpochApi, offsetForLeaderEpoch),
  route(describeConfigsApi, describeConfigs),
  route(alterConfigsApi, alterConfigs),
  route(describeLogDirsApi, describeLogDirs),
  route(createPartitionsApi, createPartitions),
  route(deleteGroupsApi, deleteGroups),
  route(electLeadersApi, electLeaders),
  route(incrementalAlterConfigsApi, incrementalAlterConfigs),
  route(alterPartitionReassignmentsApi, alterPartitionReassignments),
  route(listPartitionReassignmentsApi, listPartitionReassignments),
  route(offsetDeleteApi, offsetDelete),
  route(describeQuorumApi, describeQuorum),
  route(describeClusterApi, describeCluster),
  route(describeProducersApi, describeProducers),
  route(unregisterBrokerApi, unregisterBroker),
  route(listConfigResourcesApi, listConfigResources),
  route(describeTopicPartitionsApi, describeTopicPartitions),
  route(addRaftVoterApi, addRaftVoter),
  route(removeRaftVoterApi, removeRaftVoter),
]

/** By API key. */
export const routes: ReadonlyMap<number, Route> = new Map(all.map((entry) => [entry.api.key, entry]))
