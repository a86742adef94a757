// What JoinGroup and SyncGroup are answered, and who waits for it.
import { errors } from '../../protocol/errors.ts'
import { type ClassicGroup, type Member, metadataOf, noBytes } from './group.ts'
import type { JoinGroupResponse, SyncGroupResponse } from './messages.ts'

export function answerJoin(member: Member, response: JoinGroupResponse): void {
  const answer = member.join
  member.join = undefined
  answer?.(response)
}

export function answerSync(member: Member, response: SyncGroupResponse): void {
  const answer = member.sync
  member.sync = undefined
  answer?.(response)
}

/** What a member needs to take part in the current generation; the leader also gets what it assigns by. */
export function currentGeneration(group: ClassicGroup, memberId: string): JoinGroupResponse {
  const isLeader = group.leaderId === memberId
  return {
    errorCode: errors.NONE,
    generationId: group.generation,
    protocolType: group.protocolType,
    protocolName: group.protocolName,
    leader: group.leaderId ?? '',
    skipAssignment: false,
    memberId,
    members: isLeader
      ? [...group.members.values()].map((member) => ({
          memberId: member.memberId,
          groupInstanceId: member.groupInstanceId,
          metadata: metadataOf(member, group.protocolName),
        }))
      : [],
  }
}

export const currentAssignment = (group: ClassicGroup, member: Member): SyncGroupResponse => ({
  errorCode: errors.NONE,
  protocolType: group.protocolType,
  protocolName: group.protocolName,
  assignment: group.assignmentOf(member.memberId),
})

export const joinError = (errorCode: number, memberId: string): JoinGroupResponse => ({
  errorCode,
  generationId: -1,
  protocolType: null,
  protocolName: null,
  leader: '',
  skipAssignment: false,
  memberId,
  members: [],
})

export const syncError = (errorCode: number): SyncGroupResponse => ({
  errorCode,
  protocolType: null,
  protocolName: null,
  assignment: noBytes,
})
