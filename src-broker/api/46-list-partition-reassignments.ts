// ListPartitionReassignments, version 0. Only what is under way is named; the controller is asked, so that one sees what one has done.
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import type { listPartitionReassignments as schema } from '../protocol/messages/46-list-partition-reassignments.ts'
import type { Handler } from './handler.ts'

type Request = RequestOf<typeof schema>
type Response = ResponseInput<typeof schema>

export const listPartitionReassignments: Handler<Request, Response> = (broker, { topics, timeoutMs }, context) => {
  broker.quorum.request('ListPartitionReassignments', { topics }, timeoutMs, ({ errorCode, response }) => {
    context.answer({
      throttleTimeMs: 0,
      errorMessage: null,
      topics: [],
      ...response,
      errorCode: response?.errorCode ?? errorCode,
    })
  })
  return undefined
}
