import { defineApi } from '../api.ts'
import { array, bool, int8, int16, int32, string, uuid } from '../schema.ts'

export const createTopics = defineApi({
  key: 19,
  name: 'CreateTopics',
  versions: [2, 7],
  flexibleFrom: 5,
  request: {
    topics: array({
      name: string,
      /** -1 where `assignments` says it, or (since version 4) for the broker's default. */
      numPartitions: int32,
      /** -1 as above. */
      replicationFactor: int16,
      assignments: array({
        partitionIndex: int32,
        /** The first is the preferred leader. */
        brokerIds: array(int32),
      }),
      configs: array({
        name: string,
        value: string.orNull(),
      }),
    }),
    timeoutMs: int32.default(60_000),
    validateOnly: bool.default(false),
  },
  response: {
    throttleTimeMs: int32.default(0),
    topics: array({
      name: string,
      topicId: uuid.since(7).ignorable(),
      errorCode: int16,
      errorMessage: string.orNull(),
      /** Why `configs` is null although the topic was created. */
      topicConfigErrorCode: int16.since(5).tag(0).ignorable(),
      numPartitions: int32.since(5).default(-1).ignorable(),
      replicationFactor: int16.since(5).default(-1).ignorable(),
      configs: array({
        name: string,
        value: string.orNull(),
        readOnly: bool,
        /** 1 topic, 2 broker (dynamic), 3 all brokers (dynamic), 4 broker (static), 5 default, 6 broker logger. */
        configSource: int8.default(-1),
        isSensitive: bool,
      })
        .since(5)
        .orNull()
        .ignorable(),
    }),
  },
})
