// SyncGroup, versions 0–5. Answered when the leader's assignment is committed.
// Since version 5 the member says which protocol it believes was elected (KIP-559).
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import type { syncGroup as schema } from '../protocol/messages/14-sync-group.ts'
import type { Handler } from './handler.ts'

const firstVersionWithProtocol = 5

export const syncGroup: Handler<RequestOf<typeof schema>, ResponseInput<typeof schema>> = (
  broker,
  request,
  context,
) => {
  const namesProtocol = request.protocolType !== null && request.protocolName !== null
  if (context.version >= firstVersionWithProtocol && !namesProtocol) {
    return { errorCode: errors.INCONSISTENT_GROUP_PROTOCOL, assignment: new Uint8Array(0) }
  }
  return broker.groups.syncGroup(request, (response) => context.answer(response))
}
