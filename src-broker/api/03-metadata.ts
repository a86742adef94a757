// Metadata, versions 0–13.
// All topics: null (v1+) or an empty list (v0). A missing topic is created when both the client and auto.create.topics.enable
// allow it; the first answer still says UNKNOWN_TOPIC_OR_PARTITION, which clients retry. Authorized operations are not computed:
// there is no authorizer. The controller named is the quorum's leader where there is one, though every broker takes requests for it.
import { zeroUuid } from '../base/uuid.ts'
import type { Broker, Endpoint } from '../core/broker.ts'
import type { PartitionImage, TopicImage } from '../core/quorum/image.ts'
import { isValidTopicName } from '../core/quorum/topic-names.ts'
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import type { metadata as schema } from '../protocol/messages/03-metadata.ts'
import { isInternalTopic } from './internal-topics.ts'
import { namedController } from './named-controller.ts'
import { onceDecided } from './once-decided.ts'

type Request = RequestOf<typeof schema>
/** Ids are asked for since version 10; an answer without a name is possible since 12. */
const firstVersionWithNullNames = 12

type TopicRequest = NonNullable<Request['topics']>[number]

export const metadata = onceDecided<Request, ResponseInput<typeof schema>>((broker, request, { version }) => ({
  brokers: knownEndpoints(broker),
  clusterId: broker.clusterId,
  controllerId: namedController(broker),
  topics: wantsAll(request, version)
    ? [...broker.image.topics.values()].map((topic) => describe(broker, topic))
    : (request.topics ?? []).map((asked) => answerTopic(broker, asked, request.allowAutoTopicCreation, version)),
}))

const knownEndpoints = (broker: Broker): Endpoint[] =>
  broker
    .endpoints(true)
    .filter(
      ({ nodeId }) => broker.image.brokers.get(nodeId)?.fenced === false || broker.lostBrokers.isStillNamed(nodeId),
    )

const wantsAll = ({ topics }: Request, version: number): boolean =>
  topics === null || (version === 0 && topics.length === 0)

function answerTopic(broker: Broker, { name, topicId }: TopicRequest, mayCreate: boolean, version: number) {
  if (name === null || (topicId !== zeroUuid && name === '')) {
    const topic = broker.image.topicsById.get(topicId)
    return topic === undefined
      ? missing(errors.UNKNOWN_TOPIC_ID, version < firstVersionWithNullNames ? '' : null, topicId)
      : describe(broker, topic)
  }
  const topic = broker.image.topics.get(name)
  if (topic !== undefined) return describe(broker, topic)
  if (!isValidTopicName(name)) return missing(errors.INVALID_TOPIC_EXCEPTION, name, zeroUuid)
  if (isInternalTopic(name)) broker.topics.ensureInternal(name)
  else if (mayCreate && broker.config.autoCreateTopicsEnable) broker.topics.ensure(name)
  return missing(errors.UNKNOWN_TOPIC_OR_PARTITION, name, zeroUuid)
}

const missing = (errorCode: number, name: string | null, topicId: string) => ({
  errorCode,
  name,
  topicId,
  isInternal: name !== null && isInternalTopic(name),
  partitions: [],
})

function describe(broker: Broker, topic: TopicImage) {
  return {
    errorCode: errors.NONE,
    name: topic.name,
    topicId: topic.id,
    isInternal: isInternalTopic(topic.name),
    partitions: topic.partitions.map((partition) => describePartition(broker, partition)),
  }
}

export function describePartition({ image }: Broker, partition: PartitionImage) {
  const leaderId = image.leaderOf(partition)
  return {
    errorCode: leaderId < 0 ? errors.LEADER_NOT_AVAILABLE : errors.NONE,
    partitionIndex: partition.partition,
    leaderId,
    leaderEpoch: partition.leaderEpoch,
    replicaNodes: partition.replicas,
    isrNodes: partition.isr,
    offlineReplicas: partition.replicas.filter((id) => image.brokers.get(id)?.fenced !== false),
  }
}
