// OffsetFetch, versions 1–10. One group up to version 7, several since 8; topics by name, since version 10 by id.
// Null topics ask for all. What was never committed has offset -1 and no error.
// Not implemented: member epochs of KIP-848 groups; UNSTABLE_OFFSET_COMMIT, until there are transactions.
import { zeroUuid } from '../base/uuid.ts'
import type { Broker } from '../core/broker.ts'
import { gather } from '../core/group/gather.ts'
import type { FetchedOffset, OffsetFetchGroupResponse } from '../core/group/messages.ts'
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import type { offsetFetch as schema } from '../protocol/messages/09-offset-fetch.ts'
import type { Context, Handler } from './handler.ts'

type Request = RequestOf<typeof schema>
type Response = ResponseInput<typeof schema>
type GroupRequest = Request['groups'][number]
type GroupResponse = NonNullable<Response['groups']>[number]

const firstVersionWithGroupError = 2
const firstVersionWithGroups = 8
const firstVersionWithTopicIds = 10

export const offsetFetch: Handler<Request, Response> = (broker, request, context) =>
  context.version < firstVersionWithGroups ? fetchOne(broker, request, context) : fetchSeveral(broker, request, context)

function fetchOne(broker: Broker, request: Request, context: Context<Response>): Response | undefined {
  const finish = (group: OffsetFetchGroupResponse): Response => {
    const hasGroupError = context.version >= firstVersionWithGroupError || group.errorCode === errors.NONE
    if (hasGroupError) return { topics: group.topics, errorCode: group.errorCode }
    const topics = (request.topics ?? []).map(({ name, partitionIndexes }) => ({
      name,
      partitions: partitionIndexes.map((index) => noOffset(index, group.errorCode)),
    }))
    return { topics }
  }
  const now = broker.groups.fetchOffsets(request, request.requireStable, (group) => context.answer(finish(group)))
  return now && finish(now)
}

function fetchSeveral(broker: Broker, request: Request, context: Context<Response>): Response | undefined {
  const byId = context.version >= firstVersionWithTopicIds
  const groups = gather<GroupRequest, GroupResponse>(
    request.groups,
    (group, answer) => (byId ? fetchById : fetchByName)(broker, group, request.requireStable, answer),
    (groups) => context.answer({ groups }),
  )
  return groups && { groups }
}

const fetchByName = (
  broker: Broker,
  group: GroupRequest,
  requireStable: boolean,
  later: (answer: GroupResponse) => void,
): GroupResponse | undefined => broker.groups.fetchOffsets(group, requireStable, later)

/** Ids stand for names on the way in and for the same topics on the way out; an id that nobody knows is refused alone. */
function fetchById(
  broker: Broker,
  group: GroupRequest,
  requireStable: boolean,
  later: (answer: GroupResponse) => void,
): GroupResponse | undefined {
  const { topicsById, topics } = broker.image
  const nameOf = (id: string) => topicsById.get(id)?.name
  const unknown = (group.topics ?? [])
    .filter(({ topicId }) => nameOf(topicId) === undefined)
    .map(({ topicId, partitionIndexes }) => ({
      topicId,
      partitions: partitionIndexes.map((index) => noOffset(index, errors.UNKNOWN_TOPIC_ID)),
    }))
  const known = group.topics?.flatMap(({ topicId, partitionIndexes }) => {
    const name = nameOf(topicId)
    return name === undefined ? [] : [{ name, partitionIndexes }]
  })
  const finish = (answer: OffsetFetchGroupResponse): GroupResponse => {
    const found = answer.topics
      .map(({ name, partitions }) => ({ name, topicId: topics.get(name)?.id ?? zeroUuid, partitions }))
      // Offsets of a topic deleted meanwhile: without an id there is no way to name it.
      .filter(({ topicId }) => topicId !== zeroUuid)
    return { ...answer, topics: answer.errorCode === errors.NONE ? [...found, ...unknown] : [] }
  }
  const request = { groupId: group.groupId, topics: known ?? null }
  const now = broker.groups.fetchOffsets(request, requireStable, (answer) => later(finish(answer)))
  return now && finish(now)
}

const noOffset = (partitionIndex: number, errorCode: number): FetchedOffset => ({
  partitionIndex,
  committedOffset: -1,
  committedLeaderEpoch: -1,
  metadata: '',
  errorCode,
})
