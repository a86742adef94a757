// Consumer groups from outside: who there is, what they hold, where they are, and moving them while nobody is in them.

import { offsetCommit } from '../protocol/messages/08-offset-commit.ts'
import { offsetFetch } from '../protocol/messages/09-offset-fetch.ts'
import { describeGroups } from '../protocol/messages/15-describe-groups.ts'
import { listGroups } from '../protocol/messages/16-list-groups.ts'
import { deleteGroups } from '../protocol/messages/42-delete-groups.ts'
import { MalformedFrame, WireReader } from '../protocol/reader.ts'
import type { Answer, ClusterClient, Outcome, TopicPartition } from './cluster-client.ts'
import type { Connection } from './connection.ts'
import { expectNoError } from './failures.ts'
import { finder } from './offsets.ts'

export interface ListedGroup {
  readonly groupId: string
  readonly protocolType: string
  /** As Kafka writes it; empty where the broker is too old to say. */
  readonly state: string
  readonly coordinator: number
}

export interface DescribedGroup {
  readonly groupId: string
  /** `Dead` where there is no such group. */
  readonly state: string
  readonly protocolType: string
  readonly assignor: string
  readonly coordinator: number
  readonly members: readonly DescribedMember[]
}

export interface DescribedMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  /** Empty where the bytes are no consumer's: members write them, and not every client keeps to the format. */
  readonly subscription: readonly string[]
  readonly assignment: readonly TopicPartition[]
}

export interface CommittedOffset extends TopicPartition {
  readonly offset: number
  readonly metadata: string
}

/** The last versions that name topics. */
const versionMax = 9
const listTimeoutMs = 2_000
/** What changes something is not repeated once it may have been done. */
const once = { isRepeatable: false }

/**
 * Every group of every broker that answers soon. A group is listed by its coordinator, and once: a broker that was frozen while it
 * was replaced still takes itself for one.
 */
export async function listAllGroups(client: ClusterClient): Promise<readonly ListedGroup[]> {
  const brokers = await client.brokers()
  const lists = await Promise.allSettled(
    brokers.map(async ({ brokerId }) => {
      const connection = await client.connectionTo(brokerId)
      const { errorCode, groups } = await connection.call(listGroups, {}, { timeoutMs: listTimeoutMs })
      expectNoError(errorCode, `Groups of broker ${brokerId}`)
      return groups.map(({ groupId, protocolType, groupState }) => {
        return { groupId, protocolType, state: groupState, coordinator: brokerId }
      })
    }),
  )
  const listed = lists.flatMap((list) => (list.status === 'fulfilled' ? list.value : []))
  const failure = lists.find((list) => list.status === 'rejected')
  if (listed.length === 0 && failure !== undefined) throw failure.reason
  return [...new Map(listed.map((group) => [group.groupId, group])).values()]
}

export function describeAll(client: ClusterClient, groupIds: readonly string[]): Promise<Outcome<DescribedGroup>[]> {
  return client.byCoordinator(groupIds, async (connection, asked, coordinator) => {
    const { groups } = await connection.call(describeGroups, { groups: asked, includeAuthorizedOperations: false })
    return groups.map((group) => ({
      item: group.groupId,
      errorCode: group.errorCode,
      detail: group.errorMessage,
      value: {
        groupId: group.groupId,
        state: group.groupState,
        protocolType: group.protocolType,
        assignor: group.protocolData,
        coordinator,
        members: group.members.map(({ memberMetadata, memberAssignment, ...member }) => ({
          ...member,
          subscription: decoded(memberMetadata, readSubscription),
          assignment: decoded(memberAssignment, readAssignment),
        })),
      },
    }))
  })
}

/** Every offset that each group has committed. */
export function committedOffsets(
  client: ClusterClient,
  groupIds: readonly string[],
): Promise<Outcome<readonly CommittedOffset[]>[]> {
  return client.byCoordinator(groupIds, async (connection, asked) => {
    if (connection.supports(offsetFetch, 8)) return fetchOffsetsOfAll(connection, asked)
    return Promise.all(asked.map((groupId) => fetchOffsetsOfOne(connection, groupId)))
  })
}

/** Sets a group's offsets from outside. Refused by the coordinator, per partition, while the group has members. */
export async function commitOffsets(
  client: ClusterClient,
  groupId: string,
  offsets: readonly (TopicPartition & { readonly offset: number })[],
): Promise<readonly { readonly topic: string; readonly partition: number; readonly errorCode: number }[]> {
  const [outcome] = await client.byCoordinator(
    [groupId],
    async (connection) => {
      const topics = [...Map.groupBy(offsets, ({ topic }) => topic)].map(([name, partitions]) => ({
        name,
        partitions: partitions.map(({ partition, offset }) => ({
          partitionIndex: partition,
          committedOffset: offset,
          committedMetadata: '',
        })),
      }))
      const body = { groupId, generationIdOrMemberEpoch: -1, memberId: '', topics }
      const answer = await connection.call(offsetCommit, body, { versionMax })
      const find = finder(offsets)
      const value = answer.topics.flatMap(({ name, partitions }) =>
        partitions.flatMap(({ partitionIndex: partition, errorCode }) =>
          find(name, partition) === undefined ? [] : [{ topic: name, partition, errorCode }],
        ),
      )
      // The coordinator answers for all partitions alike when it is not, or not yet, the coordinator.
      return [{ item: groupId, errorCode: movedCode(value), value }]
    },
    once,
  )
  if (outcome!.failure !== null) throw outcome!.failure
  return outcome!.value
}

export async function deleteGroup(client: ClusterClient, groupId: string): Promise<void> {
  const [outcome] = await client.byCoordinator(
    [groupId],
    async (connection, asked) => {
      const { results } = await connection.call(deleteGroups, { groupsNames: asked })
      return results.map((result) => ({ item: result.groupId, errorCode: result.errorCode, value: null }))
    },
    once,
  )
  if (outcome!.failure !== null) throw outcome!.failure
}

async function fetchOffsetsOfAll(
  connection: Connection,
  groupIds: readonly string[],
): Promise<Answer<string, CommittedOffset[]>[]> {
  const body = { groups: groupIds.map((groupId) => ({ groupId, topics: null })) }
  const { groups } = await connection.call(offsetFetch, body, { versionMax })
  return groups.map(({ groupId, errorCode, topics }) => ({ item: groupId, errorCode, value: committed(topics) }))
}

async function fetchOffsetsOfOne(connection: Connection, groupId: string): Promise<Answer<string, CommittedOffset[]>> {
  const { errorCode, topics } = await connection.call(offsetFetch, { groupId, topics: null }, { versionMax: 7 })
  return { item: groupId, errorCode, value: committed(topics) }
}

interface FetchedTopic {
  readonly name: string
  readonly partitions: readonly {
    readonly partitionIndex: number
    readonly committedOffset: number
    readonly metadata: string | null
    readonly errorCode: number
  }[]
}

const committed = (topics: readonly FetchedTopic[]): CommittedOffset[] =>
  topics.flatMap(({ name, partitions }) =>
    partitions
      .filter(({ errorCode, committedOffset }) => errorCode === 0 && committedOffset >= 0)
      .map(({ partitionIndex, committedOffset, metadata }) => {
        return { topic: name, partition: partitionIndex, offset: committedOffset, metadata: metadata ?? '' }
      }),
  )

const movedCodes: ReadonlySet<number> = new Set([14, 15, 16])
const movedCode = (answers: readonly { readonly errorCode: number }[]): number =>
  answers.find(({ errorCode }) => movedCodes.has(errorCode))?.errorCode ?? 0

// The consumer protocol, in the bytes that members leave with the coordinator:
//   subscription   int16 version · topics (int32 count, strings) · …
//   assignment     int16 version · topics (int32 count; per topic a string and partitions: int32 count, int32s) · …
// What follows differs by version and is not needed here.

function readSubscription(reader: WireReader): string[] {
  reader.int16()
  return Array.from({ length: reader.arrayLength(2) }, () => reader.string())
}

function readAssignment(reader: WireReader): TopicPartition[] {
  reader.int16()
  const perTopic = Array.from({ length: reader.arrayLength(6) }, () => {
    const topic = reader.string()
    return Array.from({ length: reader.arrayLength(4) }, () => ({ topic, partition: reader.int32() }))
  })
  return perTopic.flat()
}

function decoded<T>(bytes: Uint8Array, read: (reader: WireReader) => T[]): T[] {
  if (bytes.length === 0) return []
  try {
    return read(new WireReader(bytes))
  } catch (error) {
    if (error instanceof MalformedFrame) return []
    throw error
  }
}
