// IncrementalAlterConfigs, versions 0–1: set, delete, append, subtract, for topics and brokers.
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import type { incrementalAlterConfigs as schema } from '../protocol/messages/44-incremental-alter-configs.ts'
import type { Handler } from './handler.ts'

type Request = RequestOf<typeof schema>

/** The request carries no time limit of its own. */
const timeoutMs = 30_000

export const incrementalAlterConfigs: Handler<Request, ResponseInput<typeof schema>> = (broker, request, context) => {
  broker.quorum.request('IncrementalAlterConfigs', request, timeoutMs, ({ errorCode, response }) => {
    context.answer({
      throttleTimeMs: 0,
      responses:
        response?.responses ??
        request.resources.map(({ resourceType, resourceName }) => ({
          errorCode,
          errorMessage: null,
          resourceType,
          resourceName,
        })),
    })
  })
  return undefined
}
