// Offset commits and fetches. Commits inside a transaction (TxnOffsetCommit) will wait here for their marker, and make a fetch
// that asks for stable offsets answer UNSTABLE_OFFSET_COMMIT.
import { zeroUuid } from '../../base/uuid.ts'
import { errors } from '../../protocol/errors.ts'
import type { ClassicGroup } from './group.ts'
import { checkMember } from './member-check.ts'
import type {
  OffsetCommitRequest,
  OffsetCommitResponse,
  OffsetFetchGroup,
  OffsetFetchGroupResponse,
} from './messages.ts'
import { restartSession } from './rebalance.ts'
import type { GroupRecord, OffsetCommit, Outcome } from './records.ts'
import type { Shard } from './shard.ts'
import type { GroupSink } from './sink.ts'

export function commitOffsets(
  shard: Shard,
  request: OffsetCommitRequest,
  version: number,
): Outcome<OffsetCommitResponse> {
  const { env, config } = shard.room
  const group = shard.groups.get(request.groupId)
  const refusal = group === undefined ? refusalOfUnknownGroup(request, version) : refusalOfCommit(group, request)
  if (refusal !== errors.NONE) return { records: [], response: commitError(request, refusal) }

  const member = group?.members.get(request.memberId)
  if (group !== undefined && member !== undefined) restartSession(shard, group, member)

  const commitTimestampMs = env.wallMs()
  const expireTimestampMs = request.retentionTimeMs < 0 ? -1 : commitTimestampMs + request.retentionTimeMs
  const records: GroupRecord[] = []
  const topics = request.topics.map(({ name, topicId, partitions }) => ({
    name,
    topicId,
    partitions: partitions.map((partition) => {
      const metadata = partition.committedMetadata ?? ''
      const { partitionIndex, committedOffset, committedLeaderEpoch } = partition
      if (metadata.length > config.offsetMetadataMaxBytes) {
        return { partitionIndex, errorCode: errors.OFFSET_METADATA_TOO_LARGE }
      }
      records.push({
        type: 'offset-commit',
        groupId: request.groupId,
        topic: name,
        partition: partitionIndex,
        commit: {
          offset: committedOffset,
          leaderEpoch: committedLeaderEpoch,
          metadata,
          commitTimestampMs,
          expireTimestampMs,
          topicId,
        },
      })
      return { partitionIndex, errorCode: errors.NONE }
    }),
  }))
  return { records, response: { topics } }
}

/**
 * The partitions, as `topic-partition`, whose offsets somebody moves who is no member: a tool. Groups that never had members are left
 * out: whoever assigns itself its partitions commits so all the time.
 */
export function movedFromOutside(
  group: ClassicGroup | undefined,
  { generationIdOrMemberEpoch: generation, topics }: OffsetCommitRequest,
): readonly string[] {
  if (generation >= 0 || group === undefined || group.protocolType === null) return []
  return topics.flatMap(({ name, partitions }) =>
    partitions
      .filter(({ partitionIndex, committedOffset }) => {
        const before = group.offsets.get(name, partitionIndex)
        return before !== undefined && before.offset !== committedOffset
      })
      .map(({ partitionIndex }) => `${name}-${partitionIndex}`),
  )
}

export const commitError = (request: OffsetCommitRequest, errorCode: number): OffsetCommitResponse => ({
  topics: request.topics.map(({ name, topicId, partitions }) => ({
    name,
    topicId,
    partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })),
  })),
})

/** Who commits without a generation needs no group: a tool, or a consumer that assigns itself its partitions. */
function refusalOfUnknownGroup(request: OffsetCommitRequest, version: number): number {
  if (request.generationIdOrMemberEpoch < 0) return errors.NONE
  return version >= 9 ? errors.GROUP_ID_NOT_FOUND : errors.ILLEGAL_GENERATION
}

function refusalOfCommit(group: ClassicGroup, request: OffsetCommitRequest): number {
  const { generationIdOrMemberEpoch: generation, memberId, groupInstanceId } = request
  if (generation < 0 && group.state === 'Empty') return errors.NONE
  const isMember = generation >= 0 || memberId !== '' || groupInstanceId !== null
  if (!isMember) return errors.UNKNOWN_MEMBER_ID
  const refusal = checkMember(group, request)
  if (refusal !== errors.NONE) return refusal
  if (generation !== group.generation) return errors.ILLEGAL_GENERATION
  // It has the new generation but not yet its assignment: what it consumed belongs to the one before.
  return group.state === 'CompletingRebalance' ? errors.REBALANCE_IN_PROGRESS : errors.NONE
}

type Topics = Pick<GroupSink, 'topicId'>

/**
 * Of a topic that is gone, where another one has its name by now: it says nothing of that one. Its tombstone is missing where the
 * topic went while nobody led, or while the log refused.
 */
export function isOfFormerTopic(topics: Topics, topic: string, { topicId }: OffsetCommit): boolean {
  const presentId = topics.topicId(topic)
  return topicId !== zeroUuid && presentId !== undefined && presentId !== topicId
}

/** A group or an offset that does not exist is no error: its offset is -1. */
export const fetchOffsets = (
  group: ClassicGroup | undefined,
  request: OffsetFetchGroup,
  topics: Topics,
): OffsetFetchGroupResponse => ({
  groupId: request.groupId,
  errorCode: errors.NONE,
  topics: (request.topics ?? everythingOf(group, topics)).map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((partitionIndex) => {
      const found = group?.offsets.get(name, partitionIndex)
      const commit = found === undefined || isOfFormerTopic(topics, name, found) ? undefined : found
      return {
        partitionIndex,
        committedOffset: commit?.offset ?? -1,
        committedLeaderEpoch: commit?.leaderEpoch ?? -1,
        metadata: commit?.metadata ?? '',
        errorCode: errors.NONE,
      }
    }),
  })),
})

const everythingOf = (group: ClassicGroup | undefined, topics: Topics): NonNullable<OffsetFetchGroup['topics']> =>
  [...(group?.offsets.topics ?? [])].flatMap(([name, partitions]) => {
    const present = [...partitions].filter(([, commit]) => !isOfFormerTopic(topics, name, commit))
    return present.length === 0 ? [] : { name, partitionIndexes: present.map(([partitionIndex]) => partitionIndex) }
  })

export const fetchError = (groupId: string, errorCode: number): OffsetFetchGroupResponse => ({
  groupId,
  errorCode,
  topics: [],
})
