import { defineApi } from '../api.ts'
import { array, int8, int16, int32, int53, string } from '../schema.ts'

export const listOffsets = defineApi({
  key: 2,
  name: 'ListOffsets',
  versions: [1, 11],
  flexibleFrom: 6,
  request: {
    /** -1 for a consumer. */
    replicaId: int32,
    /** 0: "latest" is the high watermark; 1 (read committed): the last stable offset. */
    isolationLevel: int8.since(2),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        /** Epoch the client believes the leader is in; -1 skips fencing (KIP-320). */
        currentLeaderEpoch: int32.since(4).default(-1).ignorable(),
        /**
         * The first offset at or after this time is asked for. Below zero: -1 latest, -2 earliest, -3 the record with the
         * largest timestamp (version 7), -4 earliest local (8), -5 latest tiered (9), -6 earliest not yet tiered (11).
         */
        timestamp: int53,
      }),
    }),
    timeoutMs: int32.since(10).ignorable(),
  },
  response: {
    throttleTimeMs: int32.since(2).ignorable(),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
        /** Of the record found; -1 where the offset was not found by time. */
        timestamp: int53.default(-1),
        /** -1 where no record is that late. */
        offset: int53.default(-1),
        leaderEpoch: int32.since(4).default(-1),
      }),
    }),
  },
})
