import { errors } from '../../protocol/errors.ts'
import { checkMember } from './member-check.ts'
import type { HeartbeatRequest } from './messages.ts'
import { restartSession } from './rebalance.ts'
import type { Shard } from './shard.ts'

/** Returns an error code: REBALANCE_IN_PROGRESS is how members learn that they have to rejoin. */
export function heartbeat(shard: Shard, request: HeartbeatRequest): number {
  const group = shard.groups.get(request.groupId)
  if (group === undefined) return errors.UNKNOWN_MEMBER_ID
  const refusal = checkMember(group, request)
  if (refusal !== errors.NONE) return refusal
  if (request.generationId !== group.generation) return errors.ILLEGAL_GENERATION
  restartSession(shard, group, group.members.get(request.memberId)!)
  return group.state === 'PreparingRebalance' ? errors.REBALANCE_IN_PROGRESS : errors.NONE
}
