import { errors } from '../../protocol/errors.ts'
import type { ClassicGroup } from './group.ts'
import { checkMember } from './member-check.ts'
import type { LeaveGroupRequest, LeaveGroupResponse, LeavingMember } from './messages.ts'
import { dropMember, rebalanceOrComplete } from './rebalance.ts'
import type { Shard } from './shard.ts'

/** Members leave one by one, by id or, for static ones removed by an administrator, by instance alone. */
export function leaveGroup(shard: Shard, request: LeaveGroupRequest): LeaveGroupResponse {
  const group = shard.groups.get(request.groupId)
  const left: string[] = []
  const sizeBefore = group?.members.size ?? 0
  const members = request.members.map((leaving) => {
    const { memberId, groupInstanceId } = leaving
    const errorCode = group === undefined ? errors.UNKNOWN_MEMBER_ID : leaveOne(shard, group, leaving)
    if (errorCode === errors.NONE) left.push(memberId === '' ? groupInstanceId! : memberId)
    return { memberId, groupInstanceId, errorCode }
  })
  if (group !== undefined && left.length > 0) {
    // An id that was only pending concerns nobody, unless they wait for it.
    const concernsAll = group.members.size < sizeBefore || group.state === 'PreparingRebalance'
    if (concernsAll) rebalanceOrComplete(shard, group, `${left.join(', ')} left`)
    shard.forgetIfVoid(group)
  }
  return { errorCode: errors.NONE, members }
}

function leaveOne(shard: Shard, group: ClassicGroup, leaving: LeavingMember): number {
  const pending = group.pendingMembers.get(leaving.memberId)
  if (pending !== undefined) {
    pending.cancel()
    group.pendingMembers.delete(leaving.memberId)
    return errors.NONE
  }
  const memberId =
    leaving.memberId === '' ? (group.staticMembers.get(leaving.groupInstanceId ?? '') ?? '') : leaving.memberId
  const refusal = checkMember(group, { memberId, groupInstanceId: leaving.groupInstanceId })
  if (refusal === errors.NONE) dropMember(shard, group, group.members.get(memberId)!, 'member-left')
  return refusal
}
