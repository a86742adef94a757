// DescribeTopicPartitions, version 0 (KIP-966): what Metadata tells of partitions, with the eligible leader replicas, page by page.
// Topics come by name in order, all of them where none is named; a page ends after so many partitions and says where the next begins.
// No topic is created. Authorized operations are not computed: there is no authorizer.
import { zeroUuid } from '../base/uuid.ts'
import type { Broker } from '../core/broker.ts'
import { isValidTopicName } from '../core/quorum/topic-names.ts'
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import type { describeTopicPartitions as schema } from '../protocol/messages/75-describe-topic-partitions.ts'
import { describePartition } from './03-metadata.ts'
import type { Handler } from './handler.ts'
import { isInternalTopic } from './internal-topics.ts'

type Request = RequestOf<typeof schema>
type Response = ResponseInput<typeof schema>
type TopicResponse = Response['topics'][number]

/** Kafka's max.request.partition.size.limit. */
const partitionsPerPageMax = 2_000

export const describeTopicPartitions: Handler<Request, Response> = (broker, request) => {
  const { cursor } = request
  const first = cursor ?? { topicName: '', partitionIndex: 0 }
  const isAll = request.topics.length === 0
  const asked = isAll ? [...broker.image.topics.keys()] : request.topics.map(({ name }) => name)
  if (first.partitionIndex < 0) {
    return { throttleTimeMs: 0, topics: asked.map((name) => failed(name, errors.INVALID_REQUEST)), nextCursor: null }
  }
  const names = [...new Set(asked)].sort().filter((name) => name >= first.topicName)
  const topics: TopicResponse[] = []
  let left = Math.max(1, Math.min(request.responsePartitionLimit, partitionsPerPageMax))
  for (const name of names) {
    if (left === 0) return { throttleTimeMs: 0, topics, nextCursor: { topicName: name, partitionIndex: 0 } }
    const from = name === first.topicName ? first.partitionIndex : 0
    const described = describe(broker, name, from, left)
    topics.push(described)
    left -= described.partitions.length
    const next = from + described.partitions.length
    if (next < (broker.image.topics.get(name)?.partitions.length ?? 0)) {
      return { throttleTimeMs: 0, topics, nextCursor: { topicName: name, partitionIndex: next } }
    }
  }
  return { throttleTimeMs: 0, topics, nextCursor: null }
}

function describe(broker: Broker, name: string, from: number, count: number): TopicResponse {
  const topic = broker.image.topics.get(name)
  if (topic === undefined) {
    return failed(name, isValidTopicName(name) ? errors.UNKNOWN_TOPIC_OR_PARTITION : errors.INVALID_TOPIC_EXCEPTION)
  }
  return {
    errorCode: errors.NONE,
    name,
    topicId: topic.id,
    isInternal: isInternalTopic(name),
    partitions: topic.partitions.slice(from, from + count).map((partition) => {
      const { eligibleLeaderReplicas, lastKnownElr } = partition
      return { ...describePartition(broker, partition), eligibleLeaderReplicas, lastKnownElr }
    }),
  }
}

const failed = (name: string, errorCode: number): TopicResponse => ({
  errorCode,
  name,
  topicId: zeroUuid,
  isInternal: isInternalTopic(name),
  partitions: [],
})
