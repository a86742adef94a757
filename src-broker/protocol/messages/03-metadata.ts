import { defineApi } from '../api.ts'
import { array, bool, int16, int32, string, uuid } from '../schema.ts'

export const metadata = defineApi({
  key: 3,
  name: 'Metadata',
  versions: [0, 13],
  flexibleFrom: 9,
  request: {
    /** Null asks for all topics; in version 0, which has no null, an empty list does. */
    topics: array({
      topicId: uuid.since(10).ignorable(),
      /** Null where the topic is asked for by its id. */
      name: string.orNull(10),
    }).orNull(1),
    allowAutoTopicCreation: bool.since(4).default(true),
    includeClusterAuthorizedOperations: bool.since(8).until(10),
    includeTopicAuthorizedOperations: bool.since(8),
  },
  response: {
    throttleTimeMs: int32.since(3).ignorable(),
    /** The living ones. */
    brokers: array({
      nodeId: int32,
      host: string,
      port: int32,
      rack: string.since(1).orNull().ignorable(),
    }),
    clusterId: string.since(2).orNull().ignorable(),
    /** A broker that takes requests for the controller, not the controller itself (KIP-590); -1 where there is none. */
    controllerId: int32.since(1).default(-1).ignorable(),
    topics: array({
      errorCode: int16,
      /** Null where an id was asked for that nobody knows. */
      name: string.orNull(12),
      topicId: uuid.since(10).ignorable(),
      isInternal: bool.since(1).default(false).ignorable(),
      partitions: array({
        errorCode: int16,
        partitionIndex: int32,
        /** -1 where there is none. */
        leaderId: int32,
        leaderEpoch: int32.since(7).default(-1).ignorable(),
        replicaNodes: array(int32),
        isrNodes: array(int32),
        offlineReplicas: array(int32).since(5).ignorable(),
      }),
      /** A bit per AclOperation; the default means that it was not asked for. */
      topicAuthorizedOperations: int32.since(8).default(-0x8000_0000),
    }),
    clusterAuthorizedOperations: int32.since(8).until(10).default(-0x8000_0000),
    /** Of the whole answer; REBOOTSTRAP_REQUIRED sends the client back to its bootstrap servers (KIP-1102). */
    errorCode: int16.since(13).ignorable(),
  },
})
