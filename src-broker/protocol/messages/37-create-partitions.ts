import { defineApi } from '../api.ts'
import { array, bool, int16, int32, string } from '../schema.ts'

export const createPartitions = defineApi({
  key: 37,
  name: 'CreatePartitions',
  versions: [0, 3],
  flexibleFrom: 2,
  request: {
    topics: array({
      name: string,
      /** Of partitions in the end, not of those to add. */
      count: int32,
      /** One for each partition to add; null leaves the placement to the controller. */
      assignments: array({ brokerIds: array(int32) }).orNull(),
    }),
    timeoutMs: int32,
    validateOnly: bool,
  },
  response: {
    throttleTimeMs: int32,
    results: array({
      name: string,
      errorCode: int16,
      errorMessage: string.orNull(),
    }),
  },
})
