// AlterConfigs, versions 0–2: the whole of a resource's settings at once, for topics and brokers. Older tools and kafkajs use it.
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import type { alterConfigs as schema } from '../protocol/messages/33-alter-configs.ts'
import type { Handler } from './handler.ts'

type Request = RequestOf<typeof schema>

/** The request carries no time limit of its own. */
const timeoutMs = 30_000

export const alterConfigs: Handler<Request, ResponseInput<typeof schema>> = (broker, request, context) => {
  broker.quorum.request('AlterConfigs', request, timeoutMs, ({ errorCode, response }) => {
    const refused = (resource: Request['resources'][number]) => ({ ...resource, errorCode, errorMessage: null })
    context.answer({ throttleTimeMs: 0, responses: response?.responses ?? request.resources.map(refused) })
  })
  return undefined
}
