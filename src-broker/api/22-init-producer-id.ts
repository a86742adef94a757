// InitProducerId, versions 0–5, for idempotent producers: a fresh id with epoch 0, whatever id the producer had.
// Not implemented: transactional ids; see SKIPPED.md.
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import type { initProducerId as schema } from '../protocol/messages/22-init-producer-id.ts'
import type { Handler } from './handler.ts'

type Response = ResponseInput<typeof schema>

const refused = (errorCode: number): Response => ({ errorCode, producerId: -1, producerEpoch: -1 })

export const initProducerId: Handler<RequestOf<typeof schema>, Response> = (broker, { transactionalId }, context) => {
  // Fatal in every client: a retriable error would leave a producer waiting for what will not come.
  if (transactionalId !== null) return refused(errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED)
  broker.producerIds.next((producerId) => {
    if (producerId === undefined) context.answer(refused(errors.COORDINATOR_LOAD_IN_PROGRESS))
    else context.answer({ errorCode: errors.NONE, producerId, producerEpoch: 0 })
  })
  return undefined
}
