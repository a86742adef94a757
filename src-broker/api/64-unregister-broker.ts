// UnregisterBroker, version 0: the cluster forgets a broker that will not come back. One that runs registers anew.
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import type { unregisterBroker as schema } from '../protocol/messages/64-unregister-broker.ts'
import type { Handler } from './handler.ts'

const timeoutMs = 30_000

export const unregisterBroker: Handler<RequestOf<typeof schema>, ResponseInput<typeof schema>> = (
  broker,
  { brokerId },
  context,
) => {
  broker.quorum.request('UnregisterBroker', { brokerId }, timeoutMs, ({ errorCode, response }) => {
    context.answer({ throttleTimeMs: 0, ...(response ?? { errorCode, errorMessage: null }) })
  })
  return undefined
}
