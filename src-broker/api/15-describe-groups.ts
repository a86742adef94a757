// DescribeGroups, versions 0–6: classic groups of this coordinator, metadata and assignments as the members gave them.
// A group that does not exist is Dead; since version 6 that is an error as well.
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import type { describeGroups as schema } from '../protocol/messages/15-describe-groups.ts'
import type { Handler } from './handler.ts'

const firstVersionWithNotFound = 6

/** Everything that can be done to a group, a bit per AclOperation: nobody is kept from anything. */
const allGroupOperations = [3, 6, 8, 10, 11].reduce((bits, operation) => bits | (1 << operation), 0)

export const describeGroups: Handler<RequestOf<typeof schema>, ResponseInput<typeof schema>> = (
  broker,
  { groups, includeAuthorizedOperations },
  { version },
) => ({
  groups: groups.map((groupId) => {
    const group = broker.groups.describeGroup(groupId)
    if (group.errorCode === errors.GROUP_ID_NOT_FOUND) {
      if (version < firstVersionWithNotFound) return { ...group, errorCode: errors.NONE }
      return { ...group, errorMessage: `Group ${groupId} not found.` }
    }
    const isAsked = includeAuthorizedOperations && group.errorCode === errors.NONE
    return isAsked ? { ...group, authorizedOperations: allGroupOperations } : group
  }),
})
