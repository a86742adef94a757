// CreatePartitions, versions 0–3. The number of partitions only grows; one result a topic.
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import type { createPartitions as schema } from '../protocol/messages/37-create-partitions.ts'
import type { Handler } from './handler.ts'

type Request = RequestOf<typeof schema>

export const createPartitions: Handler<Request, ResponseInput<typeof schema>> = (broker, request, context) => {
  const { topics, validateOnly, timeoutMs } = request
  broker.quorum.request('CreatePartitions', { topics, validateOnly }, timeoutMs, ({ errorCode, response }) => {
    context.answer({
      throttleTimeMs: 0,
      results: response?.results ?? topics.map(({ name }) => ({ name, errorCode, errorMessage: null })),
    })
  })
  return undefined
}
