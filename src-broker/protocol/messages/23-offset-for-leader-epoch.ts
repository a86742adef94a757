import { defineApi } from '../api.ts'
import { array, int16, int32, int53, string } from '../schema.ts'

// "Where did this epoch end in your log?" A reader whose own log or position goes beyond the answer was cut off (KIP-320).
export const offsetForLeaderEpoch = defineApi({
  key: 23,
  name: 'OffsetForLeaderEpoch',
  versions: [2, 4],
  flexibleFrom: 4,
  request: {
    /** -1 for a consumer; -2, a debugging consumer, is what version 2 means. */
    replicaId: int32.since(3).default(-2).ignorable(),
    topics: array({
      topic: string,
      partitions: array({
        partition: int32,
        /** Epoch the client believes the leader is in; -1 skips fencing. */
        currentLeaderEpoch: int32.default(-1),
        leaderEpoch: int32,
      }),
    }),
  },
  response: {
    throttleTimeMs: int32.default(0),
    topics: array({
      topic: string,
      partitions: array({
        errorCode: int16,
        partition: int32,
        /** The largest epoch of the log that is not above the asked one; -1 where there is none. */
        leaderEpoch: int32.default(-1),
        endOffset: int53.default(-1),
      }),
    }),
  },
})
