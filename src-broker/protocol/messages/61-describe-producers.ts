import { defineApi } from '../api.ts'
import { array, int16, int32, int53, string } from '../schema.ts'

export const describeProducers = defineApi({
  key: 61,
  name: 'DescribeProducers',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    topics: array({
      name: string,
      partitionIndexes: array(int32),
    }),
  },
  response: {
    throttleTimeMs: int32,
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        errorMessage: string.orNull().default(null),
        activeProducers: array({
          producerId: int53,
          producerEpoch: int32,
          /** -1 where nothing is known of a batch. */
          lastSequence: int32.default(-1),
          lastTimestamp: int53.default(-1),
          /** Of the transaction coordinator that wrote the last marker. */
          coordinatorEpoch: int32,
          /** -1 outside a transaction. */
          currentTxnStartOffset: int53.default(-1),
        }),
      }),
    }),
  },
})
