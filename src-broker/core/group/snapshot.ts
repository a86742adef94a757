import { errors } from '../../protocol/errors.ts'
import { type ClassicGroup, metadataOf, noBytes } from './group.ts'
import type { GroupMetadata } from './records.ts'
import type { Shard } from './shard.ts'

/** The group as it goes into the log. */
export function snapshot(group: ClassicGroup, assignments: ReadonlyMap<string, Uint8Array>): GroupMetadata {
  return {
    protocolType: group.protocolType ?? '',
    generation: group.generation,
    protocol: group.protocolName,
    leader: group.leaderId,
    stateChangedAtMs: group.stateChangedAtMs,
    members: [...group.members.values()].map((member) => ({
      memberId: member.memberId,
      groupInstanceId: member.groupInstanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeoutMs: member.rebalanceTimeoutMs,
      sessionTimeoutMs: member.sessionTimeoutMs,
      subscription: metadataOf(member, group.protocolName),
      assignment: assignments.get(member.memberId) ?? noBytes,
    })),
  }
}

export function writeMetadata(
  shard: Shard,
  group: ClassicGroup,
  metadata: GroupMetadata,
  then: (errorCode: number) => void,
): void {
  group.written = metadata
  shard.write(group, [{ type: 'group-metadata', groupId: group.groupId, metadata }], (errorCode) => {
    if (errorCode !== errors.NONE && group.written === metadata) group.written = group.committed
    then(errorCode)
  })
}
