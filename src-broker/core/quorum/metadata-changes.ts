import type { MetadataDelta, PartitionDelta, PartitionImage, TopicImage } from './image-types.ts'

/** Collects what replay changes. A topic created and deleted between two looks shows in neither list. */
export class MetadataChanges {
  readonly topicsCreated = new Set<TopicImage>()
  readonly topicsDeleted = new Set<TopicImage>()
  readonly brokers = new Set<number>()
  readonly topicConfigs = new Set<string>()
  readonly brokerConfigs = new Set<string>()
  features = false
  /** By topic and partition, how it stood before. Not of topics created: nothing of them was there. */
  readonly #partitions = new Map<TopicImage, Map<number, PartitionImage | undefined>>()

  topicDeleted(topic: TopicImage): void {
    this.#partitions.delete(topic)
    if (!this.topicsCreated.delete(topic)) this.topicsDeleted.add(topic)
  }

  partitionChanged(topic: TopicImage, partition: number): void {
    if (this.topicsCreated.has(topic)) return
    const before = this.#partitions.get(topic) ?? new Map<number, PartitionImage | undefined>()
    this.#partitions.set(topic, before)
    if (!before.has(partition)) before.set(partition, topic.partitions[partition])
  }

  settle(): MetadataDelta {
    const partitions: PartitionDelta[] = []
    for (const topic of this.topicsCreated)
      for (const after of topic.partitions) partitions.push({ topic, before: undefined, after })
    for (const [topic, changed] of this.#partitions)
      for (const [partition, before] of changed) partitions.push({ topic, before, after: topic.partitions[partition]! })
    return {
      topicsCreated: [...this.topicsCreated],
      topicsDeleted: [...this.topicsDeleted],
      partitions,
      brokers: this.brokers,
      topicConfigs: this.topicConfigs,
      brokerConfigs: this.brokerConfigs,
      features: this.features,
    }
  }
}
