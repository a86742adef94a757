import { zeroUuid } from '../../../src-broker/base/uuid.ts'
import type { JoinGroupRequest, JoinGroupResponse, SyncGroupResponse } from '../../../src-broker/core/group/messages.ts'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { type Asked, ask, bytes, text } from './asked.ts'
import type { ClusterOfOne } from './cluster-of-one.ts'

export interface ConsumerOptions {
  readonly groupId: string
  /** Of JoinGroup. */
  readonly version: number
  readonly groupInstanceId: string | null
  readonly protocolType: string
  /** Assignors, best first. All send `metadata`. */
  readonly protocols: readonly string[]
  readonly metadata: Uint8Array
  readonly sessionTimeoutMs: number
  readonly rebalanceTimeoutMs: number
}

const defaults: ConsumerOptions = {
  groupId: 'readers',
  version: 9,
  groupInstanceId: null,
  protocolType: 'consumer',
  protocols: ['range'],
  metadata: bytes('subscription'),
  sessionTimeoutMs: 10_000,
  rebalanceTimeoutMs: 60_000,
}

export interface Commit {
  readonly partition: number
  readonly metadata: string | null
  readonly leaderEpoch: number
  readonly retentionTimeMs: number
  readonly version: number
}

/** Remembers the id and generation it is given, as clients do, and does nothing by itself. */
export class Consumer {
  readonly cluster: ClusterOfOne
  readonly clientId: string
  options: ConsumerOptions
  memberId = ''
  generation = -1
  isLeader = false
  /** Ids of the members that it assigns to. */
  followers: readonly string[] = []

  constructor(cluster: ClusterOfOne, clientId: string, options: Partial<ConsumerOptions> = {}) {
    this.cluster = cluster
    this.clientId = clientId
    this.options = { ...defaults, ...options }
  }

  /** One JoinGroup. */
  askToJoin(changes: Partial<JoinGroupRequest> = {}): Asked<JoinGroupResponse> {
    const { groupId, version, groupInstanceId, protocolType, sessionTimeoutMs, rebalanceTimeoutMs } = this.options
    const protocols = this.options.protocols.map((name) => ({ name, metadata: this.options.metadata }))
    const request: JoinGroupRequest = {
      ...{ groupId, groupInstanceId, protocolType, protocols, sessionTimeoutMs, rebalanceTimeoutMs },
      memberId: this.memberId,
      reason: null,
      ...changes,
    }
    const asker = { version, clientId: this.clientId, clientHost: '/127.0.0.1' }
    return ask<JoinGroupResponse>((later) => this.cluster.groups.joinGroup(request, asker, later)).whenAnswered(
      (response) => this.#joined(response),
    )
  }

  /** Joins as clients do: one that is sent back with an id returns with it. */
  join(changes: Partial<JoinGroupRequest> = {}): Asked<JoinGroupResponse> {
    const asked = this.askToJoin(changes)
    return asked.answer?.errorCode === errors.MEMBER_ID_REQUIRED ? this.askToJoin(changes) : asked
  }

  #joined({ errorCode, memberId, generationId, leader, members }: JoinGroupResponse): void {
    if (errorCode === errors.MEMBER_ID_REQUIRED) this.memberId = memberId
    if (errorCode !== errors.NONE) return
    this.memberId = memberId
    this.generation = generationId ?? -1
    this.isLeader = leader === memberId
    this.followers = members.map((member) => member.memberId)
  }

  /** The leader gives everybody a part: `assignment` is the text for each, by default its place in the list. */
  sync(
    assignment: (memberId: string, index: number) => string = (_, index) => `part${index}`,
  ): Asked<SyncGroupResponse> {
    const { groupId, groupInstanceId } = this.options
    const assignments = this.followers.map((memberId, index) => ({
      memberId,
      assignment: bytes(assignment(memberId, index)),
    }))
    const { memberId, generation: generationId } = this
    const request = {
      groupId,
      generationId,
      memberId,
      groupInstanceId,
      protocolType: null,
      protocolName: null,
      assignments,
    }
    return ask((later) => this.cluster.groups.syncGroup(request, later))
  }

  heartbeat(generationId = this.generation): number {
    const { groupId, groupInstanceId } = this.options
    return this.cluster.groups.heartbeat({ groupId, generationId, memberId: this.memberId, groupInstanceId })
  }

  leave(): number {
    const { groupId, groupInstanceId } = this.options
    const members = [{ memberId: this.memberId, groupInstanceId, reason: null }]
    return this.cluster.groups.leaveGroup({ groupId, members }).members[0]!.errorCode
  }

  commit(topic: string, committedOffset: number, options: Partial<Commit> = {}): Asked<number> {
    const { partition = 0, metadata = '', leaderEpoch = -1, retentionTimeMs = -1, version = 9 } = options
    const { groupId, groupInstanceId } = this.options
    const partitions = [
      {
        partitionIndex: partition,
        committedOffset,
        committedLeaderEpoch: leaderEpoch,
        committedMetadata: metadata,
      },
    ]
    const request = {
      ...{ groupId, groupInstanceId, retentionTimeMs },
      generationIdOrMemberEpoch: this.generation,
      memberId: this.memberId,
      topics: [{ name: topic, topicId: this.cluster.topicIds.get(topic) ?? zeroUuid, partitions }],
    }
    return ask<number>((later) => {
      const asker = { version, clientId: this.clientId }
      const now = this.cluster.groups.commitOffsets(request, asker, (answer) => later(codeOf(answer)))
      return now && codeOf(now)
    })
  }
}

const codeOf = (answer: { topics: readonly { partitions: readonly { errorCode: number }[] }[] }): number =>
  answer.topics[0]!.partitions[0]!.errorCode

/** Joins them together, has the leader assign and everybody ask for its part. */
export function stabilize(cluster: ClusterOfOne, ...consumers: readonly Consumer[]): void {
  for (const consumer of consumers) consumer.join()
  cluster.advance(0)
  for (const consumer of consumers) consumer.sync()
}

export const assignmentIn = (asked: Asked<SyncGroupResponse>): string | undefined =>
  asked.answer && text(asked.answer.assignment)
