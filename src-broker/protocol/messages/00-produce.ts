import { defineApi } from '../api.ts'
import { array, int16, int32, int53, records, string, struct, uuid } from '../schema.ts'

// Versions 0–2 are gone since Kafka 4.0, yet a broker lists them: old librdkafka sends uncompressed where version 0 is
// missing from ApiVersions (KAFKA-18659). They are refused when used.
export const produce = defineApi({
  key: 0,
  name: 'Produce',
  versions: [3, 13],
  flexibleFrom: 9,
  request: {
    transactionalId: string.orNull(),
    /** 0: no response at all; 1: the leader has it; -1: every in-sync replica has it. */
    acks: int16,
    timeoutMs: int32,
    topicData: array({
      name: string.until(12).ignorable(),
      topicId: uuid.since(13).ignorable(),
      partitionData: array({
        index: int32,
        /** One record batch, still without its base offset. */
        records,
      }),
    }),
  },
  response: {
    responses: array({
      name: string.until(12).ignorable(),
      topicId: uuid.since(13).ignorable(),
      partitionResponses: array({
        index: int32,
        errorCode: int16,
        /** -1 where nothing was appended. */
        baseOffset: int53,
        /** -1 where the topic keeps the producer's own timestamps. */
        logAppendTimeMs: int53.default(-1),
        logStartOffset: int53.since(5).default(-1).ignorable(),
        /** The records for which the whole batch was refused (KIP-467). */
        recordErrors: array({
          batchIndex: int32,
          batchIndexErrorMessage: string.orNull(),
        })
          .since(8)
          .ignorable(),
        errorMessage: string.since(8).orNull().ignorable(),
        /** Where to go instead, so that the producer need not ask for metadata (KIP-951). */
        currentLeader: struct({
          leaderId: int32.default(-1),
          leaderEpoch: int32.default(-1),
        })
          .since(10)
          .tag(0),
      }),
    }),
    throttleTimeMs: int32.default(0),
    /** Addresses of the leaders named in `currentLeader`. */
    nodeEndpoints: array({
      nodeId: int32,
      host: string,
      port: int32,
      rack: string.orNull(),
    })
      .since(10)
      .tag(0),
  },
})
