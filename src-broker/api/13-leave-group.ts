// LeaveGroup, versions 0–5. One member up to version 2, several since 3, static ones by instance alone.
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import type { leaveGroup as schema } from '../protocol/messages/13-leave-group.ts'
import type { Handler } from './handler.ts'

const firstVersionWithMembers = 3

export const leaveGroup: Handler<RequestOf<typeof schema>, ResponseInput<typeof schema>> = (
  broker,
  { groupId, memberId, members },
  { version },
) => {
  if (version >= firstVersionWithMembers) return broker.groups.leaveGroup({ groupId, members })
  const alone = [{ memberId, groupInstanceId: null, reason: null }]
  const answer = broker.groups.leaveGroup({ groupId, members: alone })
  return { errorCode: answer.errorCode || (answer.members[0]?.errorCode ?? errors.NONE) }
}
