// DeleteTopics, versions 1–6 (by id in 6). Decided by the controller; the logs go when each broker hears of it.
import { zeroUuid } from '../base/uuid.ts'
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import type { deleteTopics as schema } from '../protocol/messages/20-delete-topics.ts'
import type { Handler } from './handler.ts'

type Request = RequestOf<typeof schema>

const firstVersionWithIds = 6

export const deleteTopics: Handler<Request, ResponseInput<typeof schema>> = (broker, request, context) => {
  const topics =
    context.version >= firstVersionWithIds
      ? request.topics
      : request.topicNames.map((name) => ({ name, topicId: zeroUuid }))
  broker.quorum.request('DeleteTopics', { topics }, request.timeoutMs, ({ errorCode, response }) => {
    context.answer({
      responses: response?.responses ?? topics.map((topic) => ({ ...topic, errorCode, errorMessage: null })),
    })
  })
  return undefined
}
