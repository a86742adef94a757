// A metadata image as the records that make it anew: what a snapshot holds. Whatever `replay` can bring about must be in here.
import type { MetadataImage, PartitionImage } from './image.ts'
import { brokerResource, topicResource } from './image.ts'
import type { InputOf, MetadataRecordInput } from './records.ts'

export function* imageRecords(image: MetadataImage): Generator<MetadataRecordInput> {
  for (const [name, featureLevel] of image.features) yield { type: 'FeatureLevelRecord', name, featureLevel }
  for (const { id, epoch, ...registration } of image.brokers.values()) {
    yield { type: 'RegisterBrokerRecord', brokerId: id, brokerEpoch: epoch, ...registration }
  }
  for (const { name, id, partitions } of image.topics.values()) {
    yield { type: 'TopicRecord', name, topicId: id }
    for (const partition of partitions) yield partitionRecord(partition)
  }
  for (const [name, configs] of image.allTopicConfigs) yield* configRecords(topicResource, name, configs)
  for (const [name, configs] of image.allBrokerConfigs) yield* configRecords(brokerResource, name, configs)
  const { nextProducerId } = image
  if (nextProducerId > 0) yield { type: 'ProducerIdsRecord', brokerId: -1, brokerEpoch: -1, nextProducerId }
}

const partitionRecord = ({ partition, ...image }: PartitionImage): InputOf<'PartitionRecord'> => ({
  type: 'PartitionRecord',
  partitionId: partition,
  ...image,
  // Null where there are none, so that they take no room.
  eligibleLeaderReplicas: image.eligibleLeaderReplicas.length > 0 ? image.eligibleLeaderReplicas : null,
  lastKnownElr: image.lastKnownElr.length > 0 ? image.lastKnownElr : null,
})

function* configRecords(
  resourceType: number,
  resourceName: string,
  configs: ReadonlyMap<string, string>,
): Generator<MetadataRecordInput> {
  for (const [name, value] of configs) yield { type: 'ConfigRecord', resourceType, resourceName, name, value }
}
