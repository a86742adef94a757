// AlterPartitionReassignments, versions 0–1. Answered once the reassignment is decided; it is done when the new replicas are in
// sync, which ListPartitionReassignments tells. Not implemented: throttling of the copying; see SKIPPED.md.
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import type { alterPartitionReassignments as schema } from '../protocol/messages/45-alter-partition-reassignments.ts'
import type { Handler } from './handler.ts'

type Request = RequestOf<typeof schema>
type Response = ResponseInput<typeof schema>

export const alterPartitionReassignments: Handler<Request, Response> = (broker, request, context) => {
  const { allowReplicationFactorChange, topics, timeoutMs } = request
  const body = { allowReplicationFactorChange, topics }
  broker.quorum.request('AlterPartitionReassignments', body, timeoutMs, ({ errorCode, response }) => {
    const { responses } = response ?? { responses: [] }
    context.answer({
      throttleTimeMs: 0,
      allowReplicationFactorChange,
      errorCode: response?.errorCode ?? errorCode,
      errorMessage: response?.errorMessage ?? null,
      responses,
    })
  })
  return undefined
}
