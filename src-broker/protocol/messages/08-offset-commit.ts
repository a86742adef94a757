import { defineApi } from '../api.ts'
import { array, int16, int32, int53, string, uuid } from '../schema.ts'

export const offsetCommit = defineApi({
  key: 8,
  name: 'OffsetCommit',
  versions: [2, 10],
  flexibleFrom: 8,
  request: {
    groupId: string,
    /** Generation of a classic group, member epoch of a consumer group (KIP-848); -1 from outside the group. */
    generationIdOrMemberEpoch: int32.default(-1),
    memberId: string,
    groupInstanceId: string.since(7).orNull(),
    /** -1 for the broker's own offsets.retention.minutes. */
    retentionTimeMs: int53.until(4).default(-1).ignorable(),
    topics: array({
      name: string.until(9).ignorable(),
      topicId: uuid.since(10).ignorable(),
      partitions: array({
        partitionIndex: int32,
        /** Of the next record to read, not of the last one read. */
        committedOffset: int53,
        /** Of the last record read; -1 where unknown. */
        committedLeaderEpoch: int32.since(6).default(-1).ignorable(),
        committedMetadata: string.orNull(),
      }),
    }),
  },
  response: {
    throttleTimeMs: int32.since(3).ignorable(),
    topics: array({
      name: string.until(9).ignorable(),
      topicId: uuid.since(10).ignorable(),
      partitions: array({
        partitionIndex: int32,
        errorCode: int16,
      }),
    }),
  },
})
