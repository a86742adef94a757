import { defineApi } from '../api.ts'
import { array, bool, int16, int32, string } from '../schema.ts'

export const alterPartitionReassignments = defineApi({
  key: 45,
  name: 'AlterPartitionReassignments',
  versions: [0, 1],
  flexibleFrom: 0,
  request: {
    timeoutMs: int32.default(60_000),
    /** Whether a partition may get more or fewer replicas than it has (KIP-860). */
    allowReplicationFactorChange: bool.since(1).default(true),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        /** In order of preference; null cancels what is under way. */
        replicas: array(int32).orNull().default(null),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32,
    allowReplicationFactorChange: bool.since(1).default(true).ignorable(),
    errorCode: int16,
    errorMessage: string.orNull(),
    responses: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: string.orNull(),
      }),
    }),
  },
})
