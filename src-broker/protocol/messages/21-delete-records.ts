import { defineApi } from '../api.ts'
import { array, int16, int32, int53, string } from '../schema.ts'

export const deleteRecords = defineApi({
  key: 21,
  name: 'DeleteRecords',
  versions: [0, 2],
  flexibleFrom: 2,
  request: {
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        /** Everything before it goes; -1 is the high watermark. */
        offset: int53,
      }),
    }),
    timeoutMs: int32,
  },
  response: {
    throttleTimeMs: int32,
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        /** The smallest log start of all live replicas. */
        lowWatermark: int53,
        errorCode: int16,
      }),
    }),
  },
})
