import { errors } from '../../protocol/errors.ts'
import { type ClassicGroup, metadataOf, noBytes } from './group.ts'
import type { DescribedGroup, ListedGroup } from './messages.ts'

/** Metadata and assignments as the members gave them, byte for byte; only a stable group has them. */
export function describeGroup(group: ClassicGroup): DescribedGroup {
  const isStable = group.state === 'Stable'
  return {
    groupId: group.groupId,
    errorCode: errors.NONE,
    groupState: group.state,
    protocolType: group.protocolType ?? '',
    protocolData: isStable ? (group.protocolName ?? '') : '',
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? metadataOf(member, group.protocolName) : noBytes,
      memberAssignment: isStable ? group.assignmentOf(member.memberId) : noBytes,
    })),
  }
}

export const describeNone = (groupId: string, errorCode: number): DescribedGroup => ({
  groupId,
  errorCode,
  groupState: errorCode === errors.NONE || errorCode === errors.GROUP_ID_NOT_FOUND ? 'Dead' : '',
  protocolType: '',
  protocolData: '',
  members: [],
})

export const listGroup = (group: ClassicGroup): ListedGroup => ({
  groupId: group.groupId,
  protocolType: group.protocolType ?? '',
  groupState: group.state,
  groupType: group.type,
})
