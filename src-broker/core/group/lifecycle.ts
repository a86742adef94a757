// How the live half of a group follows what the log says: at the end of loading, after each commit, and when leadership goes.
import { errors } from '../../protocol/errors.ts'
import { answerJoin, answerSync, joinError, syncError } from './answers.ts'
import type { ClassicGroup, Member } from './group.ts'
import { answerSyncs, prepareRebalance, restartSession, tellRebalanced } from './rebalance.ts'
import type { GroupMetadata, MemberMetadata } from './records.ts'
import type { Shard } from './shard.ts'

/** The whole partition has been replayed: the members of every group have one session to show themselves. */
export function activate(shard: Shard): void {
  shard.status = 'active'
  for (const group of shard.groups.values()) if (group.committed) revive(shard, group, group.committed)
}

function revive(shard: Shard, group: ClassicGroup, committed: GroupMetadata): void {
  group.written = committed
  group.generation = committed.generation
  group.protocolType = committed.protocolType === '' ? null : committed.protocolType
  group.protocolName = committed.protocol
  group.enter(committed.members.length > 0 ? 'Stable' : 'Empty', committed.stateChangedAtMs)
  for (const metadata of committed.members) {
    const member = memberFrom(group, metadata)
    group.add(member)
    restartSession(shard, group, member)
  }
  if (committed.leader !== null && group.members.has(committed.leader)) group.leaderId = committed.leader
  const { groupMaxSize } = shard.room.config
  if (group.members.size > groupMaxSize) prepareRebalance(shard, group, `more than ${groupMaxSize} members`)
}

/** Of the protocols that the member offered, the log keeps the one that was elected. */
const memberFrom = (group: ClassicGroup, metadata: MemberMetadata): Member => ({
  memberId: metadata.memberId,
  groupInstanceId: metadata.groupInstanceId,
  clientId: metadata.clientId,
  clientHost: metadata.clientHost,
  protocolType: group.protocolType ?? '',
  protocols: group.protocolName === null ? [] : [{ name: group.protocolName, metadata: metadata.subscription }],
  rebalanceTimeoutMs: metadata.rebalanceTimeoutMs,
  sessionTimeoutMs: metadata.sessionTimeoutMs,
  isNew: false,
  successorId: undefined,
  join: undefined,
  sync: undefined,
  session: undefined,
})

/** A live group takes over what was committed, unless a rebalance has overtaken it. */
export function adopt(shard: Shard, group: ClassicGroup): void {
  const { committed } = group
  if (!committed || committed.generation !== group.generation) return
  if (group.state === 'CompletingRebalance') {
    group.enter('Stable', shard.room.env.wallMs())
    answerSyncs(shard, group, errors.NONE)
    tellRebalanced(shard, group)
  } else if (group.state === 'Stable') replaceStaticMembers(shard, group, committed)
}

/** A static member came back under a new id without a rebalance: from now on the old id is fenced. */
function replaceStaticMembers(shard: Shard, group: ClassicGroup, committed: GroupMetadata): void {
  for (const metadata of committed.members) {
    if (metadata.groupInstanceId === null || group.members.has(metadata.memberId)) continue
    const oldId = group.staticMembers.get(metadata.groupInstanceId)
    if (oldId === undefined) continue
    const member = replaceMember(group, group.members.get(oldId)!, memberFrom(group, metadata))
    restartSession(shard, group, member)
  }
}

/** Puts `member` where `old` was, and fences whoever still waits under the old id. */
export function replaceMember(group: ClassicGroup, old: Member, member: Member): Member {
  answerJoin(old, joinError(errors.FENCED_INSTANCE_ID, old.memberId))
  answerSync(old, syncError(errors.FENCED_INSTANCE_ID))
  const wasLeader = group.leaderId === old.memberId
  group.remove(old)
  group.add(member)
  if (group.rebalance?.pendingSync.delete(old.memberId)) group.rebalance.pendingSync.add(member.memberId)
  if (wasLeader) group.leaderId = member.memberId
  return member
}

/** Leadership of the partition is gone: everybody who waits is told to look elsewhere. */
export function resign(shard: Shard): void {
  for (const group of shard.groups.values()) {
    group.state = 'Dead'
    group.rebalance?.deadline?.cancel()
    for (const deadline of group.pendingMembers.values()) deadline.cancel()
    for (const member of group.members.values()) {
      member.session?.cancel()
      answerJoin(member, joinError(errors.NOT_COORDINATOR, member.memberId))
      answerSync(member, syncError(errors.NOT_COORDINATOR))
    }
  }
  shard.resign()
}
