import { defineApi } from '../api.ts'
import { array, int8, int16, int32, string } from '../schema.ts'

export const electLeaders = defineApi({
  key: 43,
  name: 'ElectLeaders',
  versions: [0, 2],
  flexibleFrom: 2,
  request: {
    /** 0 the preferred replica, 1 any live replica where nobody eligible is alive (unclean). */
    electionType: int8.since(1),
    /** Null means all partitions. */
    topicPartitions: array({
      topic: string,
      partitions: array(int32),
    }).orNull(),
    timeoutMs: int32.default(60_000),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16.since(1),
    replicaElectionResults: array({
      topic: string,
      partitionResult: array({
        partitionId: int32,
        errorCode: int16,
        errorMessage: string.orNull(),
      }),
    }),
  },
})
