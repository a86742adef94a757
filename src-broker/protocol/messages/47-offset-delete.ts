import { defineApi } from '../api.ts'
import { array, int16, int32, string } from '../schema.ts'

export const offsetDelete = defineApi({
  key: 47,
  name: 'OffsetDelete',
  versions: [0, 0],
  flexibleFrom: Infinity,
  request: {
    groupId: string,
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
      }),
    }),
  },
  response: {
    /** Of the whole group; `topics` is empty then. */
    errorCode: int16,
    throttleTimeMs: int32.ignorable(),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
      }),
    }),
  },
})
