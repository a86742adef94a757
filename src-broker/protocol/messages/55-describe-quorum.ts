import { defineApi } from '../api.ts'
import { array, int16, int32, int53, string, uint16, uuid } from '../schema.ts'

const replicaState = {
  replicaId: int32,
  replicaDirectoryId: uuid.since(2),
  /** -1 unknown. */
  logEndOffset: int53,
  /** The leader's clock; -1 for the leader itself and where it is unknown. */
  lastFetchTimestamp: int53.since(1).default(-1).ignorable(),
  /** Now for the leader itself; -1 unknown. */
  lastCaughtUpTimestamp: int53.since(1).default(-1).ignorable(),
}

export const describeQuorum = defineApi({
  key: 55,
  name: 'DescribeQuorum',
  versions: [0, 2],
  flexibleFrom: 0,
  request: {
    topics: array({
      topicName: string,
      partitions: array({ partitionIndex: int32 }),
    }),
  },
  response: {
    errorCode: int16,
    errorMessage: string.since(2).orNull(2).ignorable(),
    topics: array({
      topicName: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: string.since(2).orNull(2).ignorable(),
        /** -1 unknown. */
        leaderId: int32,
        leaderEpoch: int32,
        highWatermark: int53,
        currentVoters: array(replicaState),
        /** Those that follow and do not vote. */
        observers: array(replicaState),
      }),
    }),
    /** Where the voters are. */
    nodes: array({
      nodeId: int32,
      listeners: array({
        name: string,
        host: string,
        port: uint16,
      }),
    }).since(2),
  },
})
