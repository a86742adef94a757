import { defineApi } from '../api.ts'
import { array, int16, int32, string } from '../schema.ts'

export const listPartitionReassignments = defineApi({
  key: 46,
  name: 'ListPartitionReassignments',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    timeoutMs: int32.default(60_000),
    /** Null means all that are under way. */
    topics: array({
      name: string,
      partitionIndexes: array(int32),
    })
      .orNull()
      .default(null),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.orNull(),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        /** Those that come and those that go included. */
        replicas: array(int32),
        addingReplicas: array(int32),
        removingReplicas: array(int32),
      }),
    }),
  },
})
