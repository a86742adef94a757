import { defineApi } from '../api.ts'
import { array, bool, int16, int32, int53, string, uuid } from '../schema.ts'

// Up to version 7 a request asks for one group, with its fields at the top; since version 8 for several, in `groups`.
export const offsetFetch = defineApi({
  key: 9,
  name: 'OffsetFetch',
  versions: [1, 10],
  flexibleFrom: 6,
  request: {
    groupId: string.until(7),
    /** Null asks for every partition the group has an offset of. */
    topics: array({
      name: string,
      partitionIndexes: array(int32),
    })
      .until(7)
      .orNull(2),
    groups: array({
      groupId: string,
      /** With `memberEpoch`, for a consumer group's own member (KIP-848): both are checked. */
      memberId: string.since(9).orNull().ignorable(),
      memberEpoch: int32.since(9).default(-1).ignorable(),
      /** Null as above. */
      topics: array({
        name: string.until(9).ignorable(),
        topicId: uuid.since(10).ignorable(),
        partitionIndexes: array(int32),
      }).orNull(),
    }).since(8),
    /** Answer UNSTABLE_OFFSET_COMMIT rather than an offset that an open transaction is about to replace (KIP-447). */
    requireStable: bool.since(7).default(false),
  },
  response: {
    throttleTimeMs: int32.since(3).ignorable(),
    topics: array({
      name: string,
      partitions: array({
        partitionIndex: int32,
        /** -1 where nothing is committed. */
        committedOffset: int53,
        committedLeaderEpoch: int32.since(5).default(-1).ignorable(),
        metadata: string.orNull(),
        errorCode: int16,
      }),
    }).until(7),
    errorCode: int16.since(2).until(7).default(0).ignorable(),
    groups: array({
      groupId: string,
      topics: array({
        name: string.until(9).ignorable(),
        topicId: uuid.since(10).ignorable(),
        partitions: array({
          partitionIndex: int32,
          committedOffset: int53,
          committedLeaderEpoch: int32.default(-1),
          metadata: string.orNull(),
          errorCode: int16,
        }),
      }),
      errorCode: int16.default(0),
    }).since(8),
  },
})
