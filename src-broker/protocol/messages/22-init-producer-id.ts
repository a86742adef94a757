import { defineApi } from '../api.ts'
import { int16, int32, int53, string } from '../schema.ts'

// Version 6 (two-phase commit, KIP-939) is unstable in every Kafka so far and not spoken here.
export const initProducerId = defineApi({
  key: 22,
  name: 'InitProducerId',
  versions: [0, 5],
  flexibleFrom: 2,
  request: {
    transactionalId: string.orNull(),
    transactionTimeoutMs: int32,
    /** The id and epoch the producer has, to go on with after an error; -1 to begin (KIP-360). */
    producerId: int53.since(3).default(-1),
    producerEpoch: int16.since(3).default(-1),
  },
  response: {
    throttleTimeMs: int32.default(0),
    errorCode: int16,
    producerId: int53.default(-1),
    producerEpoch: int16,
  },
})
