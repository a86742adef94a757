import { defineApi } from '../api.ts'
import { array, bool, int16, int32, string, struct, uuid } from '../schema.ts'

/** Where a page begins. */
const cursor = struct({
  topicName: string,
  partitionIndex: int32,
})

export const describeTopicPartitions = defineApi({
  key: 75,
  name: 'DescribeTopicPartitions',
  versions: [0, 0],
  flexibleFrom: 0,
  request: {
    /** None means all. */
    topics: array({ name: string }),
    responsePartitionLimit: int32.default(2_000),
    cursor: cursor.orNull().default(null),
  },
  response: {
    throttleTimeMs: int32.ignorable(),
    topics: array({
      errorCode: int16,
      name: string.orNull(),
      topicId: uuid.ignorable(),
      isInternal: bool.default(false).ignorable(),
      partitions: array({
        errorCode: int16,
        partitionIndex: int32,
        leaderId: int32,
        leaderEpoch: int32.default(-1).ignorable(),
        replicaNodes: array(int32),
        isrNodes: array(int32),
        /** Outside the ISR, with everything committed (KIP-966). */
        eligibleLeaderReplicas: array(int32).orNull().default(null),
        /** Who led last, while nobody is eligible. */
        lastKnownElr: array(int32).orNull().default(null),
        offlineReplicas: array(int32).ignorable(),
      }),
      /** A bit per AclOperation; the default means that it was not computed. */
      topicAuthorizedOperations: int32.default(-0x8000_0000),
    }),
    /** Where the next page begins; null where this is the last one. */
    nextCursor: cursor.orNull().default(null),
  },
})
