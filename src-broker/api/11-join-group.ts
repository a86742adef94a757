// JoinGroup, versions 0–9: classic groups. Answered when everybody has joined.
// Version 0 has no rebalance timeout (the session's is used), 4 sends newcomers back with an id (KIP-394), 5 knows static
// members (KIP-345), 9 may tell the leader to skip the assignment (KIP-814).
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import type { joinGroup as schema } from '../protocol/messages/11-join-group.ts'
import type { Handler } from './handler.ts'

type Response = ResponseInput<typeof schema>

const firstVersionWithRebalanceTimeout = 1
const firstVersionWithNullProtocol = 7

export const joinGroup: Handler<RequestOf<typeof schema>, Response> = (broker, request, context) => {
  const { version } = context
  const finish = (response: Response): Response =>
    version < firstVersionWithNullProtocol ? { ...response, protocolName: response.protocolName ?? '' } : response
  const rebalanceTimeoutMs =
    version < firstVersionWithRebalanceTimeout ? request.sessionTimeoutMs : request.rebalanceTimeoutMs
  const now = broker.groups.joinGroup({ ...request, rebalanceTimeoutMs }, context, (response) =>
    context.answer(finish(response)),
  )
  return now && finish(now)
}
