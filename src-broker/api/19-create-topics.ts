// CreateTopics, versions 2–7. Decided by the controller, wherever it is; answered when every topic is committed or refused.
// -1 partitions and replicas take the defaults of the cluster in every version.
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import type { createTopics as schema } from '../protocol/messages/19-create-topics.ts'
import type { Handler } from './handler.ts'

type Request = RequestOf<typeof schema>

export const createTopics: Handler<Request, ResponseInput<typeof schema>> = (broker, request, context) => {
  const { topics, validateOnly, timeoutMs } = request
  broker.quorum.request('CreateTopics', { topics, validateOnly }, timeoutMs, ({ errorCode, response }) => {
    context.answer({
      topics:
        response?.topics ??
        topics.map(({ name }) => ({ name, errorCode, errorMessage: null, numPartitions: -1, replicationFactor: -1 })),
    })
  })
  return undefined
}
