import { randomUuid } from '../../base/uuid.ts'
import { errors } from '../../protocol/errors.ts'
import { answerJoin, currentGeneration, joinError } from './answers.ts'
import { type Answer, type ClassicGroup, electProtocol, type Member, metadataOf } from './group.ts'
import { replaceMember } from './lifecycle.ts'
import { checkMember } from './member-check.ts'
import type { Asker, JoinGroupRequest, JoinGroupResponse, Protocol } from './messages.ts'
import { completeIfAllJoined, dropMember, rebalanceOrComplete, restartSession } from './rebalance.ts'
import type { GroupMetadata, MemberMetadata } from './records.ts'
import type { Shard } from './shard.ts'
import { writeMetadata } from './snapshot.ts'

/** One JoinGroup on its way through the rules below. */
interface Join {
  readonly shard: Shard
  readonly group: ClassicGroup
  readonly request: JoinGroupRequest
  readonly asker: Asker
  readonly answer: Answer<JoinGroupResponse>
}

/** Answers at once or when everybody has joined. */
export function joinGroup(
  shard: Shard,
  request: JoinGroupRequest,
  asker: Asker,
  answer: Answer<JoinGroupResponse>,
): void {
  const { memberId } = request
  const isNew = memberId === ''
  const group = isNew ? shard.groupOrNew(request.groupId) : shard.groups.get(request.groupId)
  if (group === undefined) return answer(joinError(errors.UNKNOWN_MEMBER_ID, memberId))
  const join: Join = { shard, group, request, asker, answer }
  if (!hasRoom(join)) refuseForSize(join)
  else if (!group.supports(request.protocolType, request.protocols)) refuse(join, errors.INCONSISTENT_GROUP_PROTOCOL)
  else if (!isNew) joinAgain(join)
  else if (request.groupInstanceId !== null) joinStatic(join, request.groupInstanceId)
  else joinDynamic(join)
  shard.forgetIfVoid(group)
}

const refuse = ({ request, answer }: Join, errorCode: number): void => answer(joinError(errorCode, request.memberId))

/** While members rejoin, those who come first stay: a group that is over its size loses the late ones. */
function hasRoom({ shard, group, request }: Join): boolean {
  const { groupMaxSize } = shard.room.config
  const member = group.members.get(request.memberId)
  switch (group.state) {
    case 'PreparingRebalance':
      return member?.join !== undefined || group.joinsParked < groupMaxSize
    case 'CompletingRebalance':
    case 'Stable':
      return member !== undefined || group.members.size < groupMaxSize
    default:
      return true
  }
}

function refuseForSize({ shard, group, request, answer }: Join): void {
  const member = group.members.get(request.memberId)
  if (member !== undefined) dropMember(shard, group, member, 'member-expired')
  forgetPending(group, request.memberId)
  answer(joinError(errors.GROUP_MAX_SIZE_REACHED, ''))
  completeIfAllJoined(shard, group)
}

function joinDynamic(join: Join): void {
  const { asker, shard } = join
  const memberId = `${asker.clientId ?? ''}-${uuidText(shard)}`
  if (asker.version < 4) return addMember(join, memberId)
  // Since KIP-394 a newcomer learns its id first, so that one whose answer is lost does not join twice.
  awaitReturn(join, memberId)
  join.answer(joinError(errors.MEMBER_ID_REQUIRED, memberId))
}

function awaitReturn({ shard, group, request }: Join, memberId: string): void {
  const { env, deadlines } = shard.room
  const deadline = deadlines.at(env.monotonicMs() + request.sessionTimeoutMs, () => {
    group.pendingMembers.delete(memberId)
    completeIfAllJoined(shard, group)
    shard.forgetIfVoid(group)
  })
  group.pendingMembers.set(memberId, deadline)
}

function joinAgain(join: Join): void {
  const { shard, group, request, answer } = join
  const { memberId } = request
  // A pending id was given to a dynamic member, whatever the request now says.
  if (group.pendingMembers.has(memberId) && request.groupInstanceId === null) return addMember(join, memberId)
  const refusal = checkMember(group, request)
  if (refusal !== errors.NONE) return refuse(join, refusal)
  const member = group.members.get(memberId)!
  const isUnchanged = sameProtocols(member.protocols, request.protocols)
  const isLeader = group.leaderId === memberId
  const needsRebalance =
    group.state === 'PreparingRebalance' ||
    !isUnchanged ||
    // The leader asks for one when something changed that its own metadata does not show, such as a topic's partitions.
    (group.state === 'Stable' && isLeader)
  // Otherwise it missed the answer of its last join, or follows a leader that did not.
  if (!needsRebalance) return answer(currentGeneration(group, memberId))
  park(member, request, answer)
  rebalanceOrComplete(shard, group, because(join, `${isLeader ? 'the leader ' : ''}${memberId} rejoined`))
}

function addMember(join: Join, memberId: string): void {
  const { shard, group, request, asker, answer } = join
  const member: Member = {
    memberId,
    groupInstanceId: request.groupInstanceId,
    clientId: asker.clientId ?? '',
    clientHost: asker.clientHost,
    protocolType: request.protocolType,
    protocols: request.protocols,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
    isNew: true,
    successorId: undefined,
    join: answer,
    sync: undefined,
    session: undefined,
  }
  forgetPending(group, memberId)
  group.add(member)
  if (group.rebalance !== undefined) group.rebalance.hasNewMember = true
  restartSession(shard, group, member)
  shard.room.sink.event({ kind: 'member-joined', groupId: group.groupId, memberId, clientId: member.clientId })
  rebalanceOrComplete(shard, group, because(join, `${memberId} joined`))
}

function joinStatic(join: Join, instanceId: string): void {
  const { shard, group, request, asker, answer } = join
  const memberId = `${instanceId}-${uuidText(shard)}`
  const oldId = group.staticMembers.get(instanceId)
  if (oldId === undefined) return addMember(join, memberId)
  const old = group.members.get(oldId)!
  if (group.state === 'Stable' && keepsProtocol(group, old, request)) return replaceQuietly(join, old, memberId)

  const client = { clientId: asker.clientId ?? '', clientHost: asker.clientHost }
  const fresh = { isNew: false, successorId: undefined, join: undefined, sync: undefined, session: undefined }
  const member = replaceMember(group, old, { ...old, ...client, ...fresh, memberId })
  park(member, request, answer)
  restartSession(shard, group, member)
  const reason = because(join, `static member ${instanceId} came back as ${memberId}`)
  // An assignment that is being made names the old id.
  rebalanceOrComplete(shard, group, reason)
}

function keepsProtocol(group: ClassicGroup, old: Member, request: JoinGroupRequest): boolean {
  const voters = [...group.members.values()].map((member) => (member === old ? request : member))
  return electProtocol(voters) === group.protocolName
}

/**
 * A static member that comes back while the group is stable gets its old assignment under a new id, and nobody else notices.
 * Once the new id is committed, replay fences the old one (`adopt`).
 */
function replaceQuietly(join: Join, old: Member, memberId: string): void {
  const { shard, group, request, asker, answer } = join
  const { leaderId } = group
  old.successorId = memberId
  writeMetadata(shard, group, withNewId(join, group.written!, old, memberId), (errorCode) => {
    if (errorCode !== errors.NONE) return refuse(join, errorCode)
    const holderId = group.staticMembers.get(old.groupInstanceId!)
    const isFirstAfter = holderId === undefined || holderId === old.memberId || holderId === memberId
    // Yet another process of the instance came while this one waited: the last one wins.
    if (old.successorId !== memberId || !isFirstAfter) return refuse(join, errors.FENCED_INSTANCE_ID)
    // A rebalance has overtaken the write: there is more to do than to take over.
    if (holderId !== memberId) return joinGroup(shard, request, asker, answer)
    update(group.members.get(memberId)!, request)
    const response = currentGeneration(group, memberId)
    // Since KIP-814 a leader can be told to skip the assignment. Older ones must not learn that they lead: they would assign.
    if (asker.version >= 9) answer({ ...response, skipAssignment: group.leaderId === memberId })
    else answer({ ...response, leader: leaderId ?? '', members: [] })
  })
}

function withNewId(join: Join, metadata: GroupMetadata, old: Member, memberId: string): GroupMetadata {
  const { group, request, asker } = join
  const change = {
    memberId,
    clientId: asker.clientId ?? '',
    clientHost: asker.clientHost,
    rebalanceTimeoutMs: request.rebalanceTimeoutMs,
    sessionTimeoutMs: request.sessionTimeoutMs,
    subscription: metadataOf(request, group.protocolName),
  }
  const isOld = (member: MemberMetadata) => member.groupInstanceId === old.groupInstanceId
  return {
    ...metadata,
    leader: group.leaderId === old.memberId ? memberId : metadata.leader,
    members: metadata.members.map((member) => (isOld(member) ? { ...member, ...change } : member)),
  }
}

/** Until everybody has joined. A retry takes the place of the request before it. */
function park(member: Member, request: JoinGroupRequest, answer: Answer<JoinGroupResponse>): void {
  answerJoin(member, joinError(errors.REBALANCE_IN_PROGRESS, member.memberId))
  update(member, request)
  member.join = answer
}

function update(member: Member, request: JoinGroupRequest): void {
  member.protocols = request.protocols
  member.rebalanceTimeoutMs = request.rebalanceTimeoutMs
  member.sessionTimeoutMs = request.sessionTimeoutMs
}

function forgetPending(group: ClassicGroup, memberId: string): void {
  group.pendingMembers.get(memberId)?.cancel()
  group.pendingMembers.delete(memberId)
}

/** Same names and bytes in the same order. */
const sameProtocols = (ours: readonly Protocol[], theirs: readonly Protocol[]): boolean =>
  ours.length === theirs.length &&
  ours.every(({ name, metadata }, index) => {
    const other = theirs[index]!
    return name === other.name && sameBytes(metadata, other.metadata)
  })

const sameBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, index) => byte === b[index])

/** Clients give reasons since version 8 (KIP-800). */
const because = ({ request }: Join, what: string): string =>
  request.reason ? `${what}: ${request.reason.slice(0, 255)}` : what

/** As Java prints it, with dashes. */
const uuidText = ({ room }: Shard): string =>
  randomUuid(room.env.random).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
