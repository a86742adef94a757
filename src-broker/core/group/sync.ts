import { errors } from '../../protocol/errors.ts'
import { answerSync, currentAssignment, syncError } from './answers.ts'
import type { Answer, ClassicGroup } from './group.ts'
import { checkMember } from './member-check.ts'
import type { SyncGroupRequest, SyncGroupResponse } from './messages.ts'
import { answerSyncs, prepareRebalance, syncArrived } from './rebalance.ts'
import type { Shard } from './shard.ts'
import { snapshot, writeMetadata } from './snapshot.ts'

/** The leader brings the assignment, everybody else asks for theirs; all wait until it is committed. */
export function syncGroup(shard: Shard, request: SyncGroupRequest, answer: Answer<SyncGroupResponse>): void {
  const group = shard.groups.get(request.groupId)
  const refusal = group === undefined ? errors.UNKNOWN_MEMBER_ID : refusalOf(group, request)
  if (group === undefined || refusal !== errors.NONE) return answer(syncError(refusal))

  const member = group.members.get(request.memberId)!
  syncArrived(group, member)
  if (group.state === 'Stable') return answer(currentAssignment(group, member))
  answerSync(member, syncError(errors.REBALANCE_IN_PROGRESS)) // A retry takes the place of the request before it.
  member.sync = answer
  if (group.leaderId === member.memberId && !group.rebalance!.isAssigned) storeAssignment(shard, group, request)
}

function refusalOf(group: ClassicGroup, request: SyncGroupRequest): number {
  const refusal = checkMember(group, request)
  if (refusal !== errors.NONE) return refusal
  if (request.generationId !== group.generation) return errors.ILLEGAL_GENERATION
  if (differs(request.protocolType, group.protocolType) || differs(request.protocolName, group.protocolName)) {
    return errors.INCONSISTENT_GROUP_PROTOCOL
  }
  return group.state === 'PreparingRebalance' ? errors.REBALANCE_IN_PROGRESS : errors.NONE
}

/** Requests before version 5 do not say. */
const differs = (asked: string | null, ours: string | null): boolean =>
  asked !== null && ours !== null && asked !== ours

/** Members that the leader left out get an assignment of no bytes. */
function storeAssignment(shard: Shard, group: ClassicGroup, request: SyncGroupRequest): void {
  const rebalance = group.rebalance!
  rebalance.isAssigned = true
  const assignments = new Map(request.assignments.map(({ memberId, assignment }) => [memberId, assignment]))
  writeMetadata(shard, group, snapshot(group, assignments), (errorCode) => {
    const isOvertaken = group.rebalance !== rebalance || group.state !== 'CompletingRebalance'
    if (errorCode === errors.NONE || isOvertaken) return // Committed: replay has made the group stable and answered.
    answerSyncs(shard, group, errorCode)
    prepareRebalance(shard, group, `the assignment could not be stored (error ${errorCode})`)
  })
}
