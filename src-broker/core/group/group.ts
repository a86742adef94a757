import type { Deadline } from '../../base/deadlines.ts'
import type { JoinGroupResponse, Protocol, SyncGroupResponse } from './messages.ts'
import type { GroupMetadata, OffsetCommit } from './records.ts'

export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead'

export type Answer<Response> = (response: Response) => void

/**
 * A group of the classic protocol, in two halves. What the log says (`committed`, `offsets`) is written by replay alone and
 * outlives the coordinator. Who is alive, who waits and how far a rebalance got is known here only: after a failover the
 * members show themselves again.
 *
 * A group that uses KIP-848 would be another class with another `type` in the same map of the shard.
 */
export class ClassicGroup {
  readonly type = 'classic'
  readonly groupId: string

  /** The last generation whose assignment was committed, or the last time the group became empty; null once it was deleted. */
  committed: GroupMetadata | null | undefined
  readonly offsets = new OffsetTable()
  /** The newest metadata handed to the log, committed or not: a change that keeps the generation builds on it. */
  written: GroupMetadata | null | undefined

  state: GroupState = 'Empty'
  /** Wall clock. Offsets of an empty group expire from here. */
  stateChangedAtMs: number
  generation = 0
  /** Null for a simple group: one that only stores offsets. */
  protocolType: string | null = null
  protocolName: string | null = null
  leaderId: string | null = null
  readonly members = new Map<string, Member>()
  /** Member ids by `group.instance.id`. */
  readonly staticMembers = new Map<string, string>()
  /** Ids given out with MEMBER_ID_REQUIRED that have not come back yet, and until when they may. */
  readonly pendingMembers = new Map<string, Deadline>()
  rebalance: Rebalance | undefined

  /** Appends of this group: how many were started, how many are settled. They settle in order. */
  writesStarted = 0
  writesSettled = 0
  /** Who waits until write number `write` is settled. */
  readonly waiting: { readonly write: number; readonly go: () => void }[] = []

  constructor(groupId: string, wallMs: number) {
    this.groupId = groupId
    this.stateChangedAtMs = wallMs
  }

  /** Nothing of it is left, here or in the log or on the way there, and it was deleted or never had a generation. */
  get isVoid(): boolean {
    return (
      (this.committed === null || (this.committed === undefined && this.generation === 0)) &&
      this.offsets.isEmpty &&
      this.members.size === 0 &&
      this.pendingMembers.size === 0 &&
      this.writesSettled === this.writesStarted &&
      this.state === 'Empty'
    )
  }

  enter(state: GroupState, wallMs: number): void {
    this.state = state
    this.stateChangedAtMs = wallMs
  }

  add(member: Member): void {
    if (this.members.size === 0) this.protocolType = member.protocolType
    this.leaderId ??= member.memberId
    this.members.set(member.memberId, member)
    if (member.groupInstanceId !== null) this.staticMembers.set(member.groupInstanceId, member.memberId)
  }

  /** Leadership passes to the longest known member. */
  remove(member: Member): void {
    member.session?.cancel()
    this.members.delete(member.memberId)
    if (member.groupInstanceId !== null) this.staticMembers.delete(member.groupInstanceId)
    if (this.leaderId === member.memberId) this.leaderId = firstOf(this.members.keys()) ?? null
  }

  /** The longest that any member may take to rejoin. */
  get rebalanceTimeoutMs(): number {
    let longest = 0
    for (const member of this.members.values()) longest = Math.max(longest, member.rebalanceTimeoutMs)
    return longest
  }

  get joinsParked(): number {
    let count = 0
    for (const member of this.members.values()) if (member.join !== undefined) count++
    return count
  }

  get hasAllJoined(): boolean {
    return this.pendingMembers.size === 0 && this.joinsParked === this.members.size
  }

  supports(protocolType: string, protocols: readonly Protocol[]): boolean {
    if (this.state === 'Empty') return protocolType !== '' && protocols.length > 0
    const members = [...this.members.values()]
    return protocolType === this.protocolType && protocols.some(({ name }) => isCommon(name, members))
  }

  /** As committed for the current generation; empty for a member that the leader left out. */
  assignmentOf(memberId: string): Uint8Array {
    return this.committed?.members.find((member) => member.memberId === memberId)?.assignment ?? noBytes
  }
}

export interface Member {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly protocolType: string
  protocols: readonly Protocol[]
  rebalanceTimeoutMs: number
  sessionTimeoutMs: number
  /** Has not been told its member id yet, so that it cannot heartbeat. */
  isNew: boolean
  /** Of a static member: the latest id under which it came back, on its way into the log. */
  successorId: string | undefined
  /** Parked until everybody joined. */
  join: Answer<JoinGroupResponse> | undefined
  /** Parked until the leader's assignment is committed. */
  sync: Answer<SyncGroupResponse> | undefined
  session: Deadline | undefined
}

/** From the first member asked to rejoin until every member has asked for its assignment. */
export interface Rebalance {
  readonly startedAtMs: number
  readonly reason: string
  /** Of a group that was empty: waits for company instead of for known members. */
  readonly isInitial: boolean
  /** Somebody joined since the initial delay was last looked at. */
  hasNewMember: boolean
  /** Members of the new generation that have not asked for their assignment. */
  readonly pendingSync: Set<string>
  /** The leader's assignment is on its way into the log. */
  isAssigned: boolean
  /** Ends the present step: closes the door on who has not rejoined, then on who has not asked. */
  deadline: Deadline | undefined
}

/** What came with one of the protocols. */
export const metadataOf = ({ protocols }: Voter, protocolName: string | null): Uint8Array =>
  protocols.find(({ name }) => name === protocolName)?.metadata ?? noBytes

/** Every member votes for the first of its protocols that all of them have; on a tie the one voted for first wins. */
export function electProtocol(voters: readonly Voter[]): string | null {
  const candidates = new Set(voters[0]?.protocols.map(({ name }) => name).filter((name) => isCommon(name, voters)))
  const votes = new Map<string, number>()
  for (const { protocols } of voters) {
    const choice = protocols.find(({ name }) => candidates.has(name))?.name
    if (choice !== undefined) votes.set(choice, (votes.get(choice) ?? 0) + 1)
  }
  let elected: string | null = null
  for (const [name, count] of votes) if (elected === null || count > votes.get(elected)!) elected = name
  return elected
}

type Voter = Pick<Member, 'protocols'>

const isCommon = (protocolName: string, voters: readonly Voter[]): boolean =>
  voters.every(({ protocols }) => protocols.some(({ name }) => name === protocolName))

/** Committed offsets by topic and partition. */
export class OffsetTable {
  readonly topics = new Map<string, Map<number, OffsetCommit>>()

  get isEmpty(): boolean {
    return this.topics.size === 0
  }

  get(topic: string, partition: number): OffsetCommit | undefined {
    return this.topics.get(topic)?.get(partition)
  }

  set(topic: string, partition: number, commit: OffsetCommit): void {
    let partitions = this.topics.get(topic)
    if (partitions === undefined) this.topics.set(topic, (partitions = new Map()))
    partitions.set(partition, commit)
  }

  delete(topic: string, partition: number): void {
    const partitions = this.topics.get(topic)
    if (partitions?.delete(partition) && partitions.size === 0) this.topics.delete(topic)
  }
}

export const noBytes = new Uint8Array(0)

function firstOf<T>(values: Iterable<T>): T | undefined {
  for (const value of values) return value
  return undefined
}
