// What the metadata log says, as of its last committed record. Every broker has one and builds it the same way: `replay`
// is the only writer. Entries are replaced, never altered, so that whoever holds one holds a moment in time.
import { assert } from '../../base/assert.ts'
import { type Uuid, zeroUuid } from '../../base/uuid.ts'
import type { BrokerRegistration, MetadataDelta, PartitionImage, TopicImage } from './image-types.ts'
import { MetadataChanges } from './metadata-changes.ts'
import { leaderUnchanged, type MetadataRecord, noLeader, type RecordOf } from './records.ts'
import { SharedLists } from './shared-lists.ts'

export type { BrokerRegistration, MetadataDelta, PartitionImage, TopicImage } from './image-types.ts'

export const topicResource = 2
export const brokerResource = 4

const nothing: ReadonlyMap<string, string> = new Map()

interface Topic {
  readonly name: string
  readonly id: Uuid
  partitions: PartitionImage[]
}

export class MetadataImage {
  readonly clusterId: string
  readonly #brokers = new Map<number, BrokerRegistration>()
  readonly #topics = new Map<string, Topic>()
  readonly #topicsById = new Map<Uuid, Topic>()
  readonly #topicConfigs = new Map<string, Map<string, string>>()
  readonly #brokerConfigs = new Map<string, Map<string, string>>()
  readonly #features = new Map<string, number>()
  #nextProducerId = 0
  #featuresEpoch = -1
  #endOffset = 0
  #topicsEndOffset = 0
  #changes = new MetadataChanges()
  readonly #ids = new SharedLists<number>()
  readonly #directories = new SharedLists<Uuid>()

  constructor(clusterId: string) {
    this.clusterId = clusterId
  }

  get brokers(): ReadonlyMap<number, BrokerRegistration> {
    return this.#brokers
  }

  get topics(): ReadonlyMap<string, TopicImage> {
    return this.#topics
  }

  get topicsById(): ReadonlyMap<Uuid, TopicImage> {
    return this.#topicsById
  }

  partition(topic: string, partition: number): PartitionImage | undefined {
    return this.#topics.get(topic)?.partitions[partition]
  }

  /** What was set on the topic itself, by name. */
  topicConfigs(topic: string): ReadonlyMap<string, string> {
    return this.#topicConfigs.get(topic) ?? nothing
  }

  /** What was set on one broker by its id, or on all of them by ''. */
  brokerConfigs(name: string): ReadonlyMap<string, string> {
    return this.#brokerConfigs.get(name) ?? nothing
  }

  /** By topic, of all that have any. */
  get allTopicConfigs(): ReadonlyMap<string, ReadonlyMap<string, string>> {
    return this.#topicConfigs
  }

  /** By broker id, '' for all brokers, of all that have any. */
  get allBrokerConfigs(): ReadonlyMap<string, ReadonlyMap<string, string>> {
    return this.#brokerConfigs
  }

  /** Finalized feature levels, by name. */
  get features(): ReadonlyMap<string, number> {
    return this.#features
  }

  /** Offset of the last record that touched a feature. */
  get featuresEpoch(): number {
    return this.#featuresEpoch
  }

  get nextProducerId(): number {
    return this.#nextProducerId
  }

  /** Offset after the last record replayed. */
  get endOffset(): number {
    return this.#endOffset
  }

  /** Offset after the last record that touched a topic, a partition or a configuration. */
  get topicsEndOffset(): number {
    return this.#topicsEndOffset
  }

  /** Registered, not fenced and not on its way out. */
  isActive(broker: number): boolean {
    const registration = this.#brokers.get(broker)
    return registration !== undefined && !registration.fenced && !registration.inControlledShutdown
  }

  /** Who leads a partition now, -1 for nobody. Whoever is fenced does not yet, though it may be named: it has just started again. */
  leaderOf({ leader }: PartitionImage): number {
    return this.#brokers.get(leader)?.fenced === false ? leader : noLeader
  }

  /** Where a broker puts new replicas. */
  directoryOf(broker: number): Uuid {
    return this.#brokers.get(broker)?.logDirs[0] ?? zeroUuid
  }

  *partitions(): Generator<{ readonly topic: TopicImage; readonly partition: PartitionImage }> {
    for (const topic of this.#topics.values()) for (const partition of topic.partitions) yield { topic, partition }
  }

  /** Records of a committed batch, in the order of the log. */
  replay(record: MetadataRecord, offset: number): void {
    assert(offset >= this.#endOffset, `record ${offset} replayed after ${this.#endOffset - 1}`)
    this.#endOffset = offset + 1
    switch (record.type) {
      case 'RegisterBrokerRecord':
        this.#registerBroker(record)
        break
      case 'BrokerRegistrationChangeRecord':
        this.#changeBroker(record.brokerId, record.brokerEpoch, {
          ...(record.fenced !== 0 && { fenced: record.fenced === 1 }),
          ...(record.inControlledShutdown === 1 && { inControlledShutdown: true }),
          ...(record.logDirs.length > 0 && { logDirs: record.logDirs }),
        })
        break
      case 'FenceBrokerRecord':
      case 'UnfenceBrokerRecord':
        this.#changeBroker(record.id, record.epoch, { fenced: record.type === 'FenceBrokerRecord' })
        break
      case 'UnregisterBrokerRecord':
        this.#removeBroker(record.brokerId)
        break
      case 'TopicRecord':
        this.#createTopic(record.name, record.topicId)
        break
      case 'RemoveTopicRecord':
        this.#removeTopic(record.topicId)
        break
      case 'PartitionRecord':
        this.#setPartition(this.#partitionOf(record))
        break
      case 'PartitionChangeRecord':
        this.#changePartition(record)
        break
      case 'ClearElrRecord':
        this.#clearElr(record.topicName)
        break
      case 'ConfigRecord':
        this.#setConfig(record)
        break
      case 'FeatureLevelRecord':
        if (record.featureLevel === 0) this.#features.delete(record.name)
        else this.#features.set(record.name, record.featureLevel)
        this.#featuresEpoch = offset
        this.#changes.features = true
        break
      case 'ProducerIdsRecord':
        this.#nextProducerId = record.nextProducerId
        break
      case 'NoOpRecord':
        break
      default:
        assert(false, `no replay of ${record.type}`)
    }
  }

  /** All that was replayed so far gives way to a snapshot that ends at `endOffset`. What differs shows in the next delta. */
  restore(records: Iterable<MetadataRecord>, endOffset: number): void {
    assert(endOffset >= this.#endOffset, `a snapshot up to ${endOffset} after ${this.#endOffset}`)
    const isFirst = this.#endOffset === 0
    const next = isFirst ? this : new MetadataImage(this.clusterId)
    let offset = 0
    for (const record of records) next.replay(record, offset++)
    if (!isFirst) this.#become(next)
    this.#featuresEpoch = endOffset - 1
    this.#changes.features = true
    this.#endOffset = endOffset
    this.#topicsEndOffset = endOffset
  }

  #become(next: MetadataImage): void {
    this.#restoreTopics(next)
    for (const id of this.#brokers.keys()) if (!next.brokers.has(id)) this.#removeBroker(id)
    for (const broker of next.brokers.values()) this.#setBroker(broker)
    replaceConfigs(this.#topicConfigs, next.#topicConfigs, this.#changes.topicConfigs)
    replaceConfigs(this.#brokerConfigs, next.#brokerConfigs, this.#changes.brokerConfigs)
    this.#features.clear()
    for (const [name, level] of next.#features) this.#features.set(name, level)
    this.#nextProducerId = next.#nextProducerId
  }

  /** What changed since the last call. */
  takeDelta(): MetadataDelta {
    const changes = this.#changes
    this.#changes = new MetadataChanges()
    return changes.settle()
  }

  #registerBroker(record: RecordOf<'RegisterBrokerRecord'>): void {
    const { brokerId: id, brokerEpoch: epoch, incarnationId, endPoints, features, rack, logDirs } = record
    const { fenced, inControlledShutdown } = record
    this.#setBroker({ id, epoch, incarnationId, endPoints, features, rack, logDirs, fenced, inControlledShutdown })
  }

  #changeBroker(id: number, epoch: number, change: Partial<BrokerRegistration>): void {
    const broker = this.#brokers.get(id)
    assert(broker?.epoch === epoch, `change of broker ${id} in another epoch`)
    this.#setBroker({ ...broker, ...change })
  }

  #setBroker(broker: BrokerRegistration): void {
    this.#brokers.set(broker.id, broker)
    this.#changes.brokers.add(broker.id)
  }

  #removeBroker(id: number): void {
    this.#brokers.delete(id)
    this.#changes.brokers.add(id)
  }

  #restoreTopics(next: MetadataImage): void {
    for (const { id } of [...this.#topics.values()]) if (!next.#topicsById.has(id)) this.#removeTopic(id)
    for (const { id, name, partitions } of next.#topics.values()) {
      const known = this.#topicsById.get(id)
      if (known === undefined) this.#createTopic(name, id)
      for (const partition of partitions) {
        const before = known?.partitions[partition.partition]
        if (JSON.stringify(before) !== JSON.stringify(partition)) this.#setPartition(partition)
      }
    }
  }

  #createTopic(name: string, id: Uuid): void {
    assert(!this.#topics.has(name), `topic ${name} created twice`)
    const topic: Topic = { name, id, partitions: [] }
    this.#topicsEndOffset = this.#endOffset
    this.#topics.set(name, topic)
    this.#topicsById.set(id, topic)
    this.#changes.topicsCreated.add(topic)
  }

  #removeTopic(id: Uuid): void {
    const topic = this.#topicsById.get(id)
    assert(topic !== undefined, `unknown topic ${id} removed`)
    this.#topicsEndOffset = this.#endOffset
    this.#topics.delete(topic.name)
    this.#topicsById.delete(id)
    this.#topicConfigs.delete(topic.name)
    this.#changes.topicDeleted(topic)
  }

  #partitionOf(record: RecordOf<'PartitionRecord'>): PartitionImage {
    const { partitionId: partition, leader, leaderEpoch, partitionEpoch, leaderRecoveryState } = record
    const ids = this.#ids
    return {
      // The topic's own, and not another string that is like it.
      topicId: this.#topicsById.get(record.topicId)?.id ?? record.topicId,
      partition,
      replicas: ids.of(record.replicas),
      isr: ids.of(record.isr),
      removingReplicas: ids.of(record.removingReplicas),
      addingReplicas: ids.of(record.addingReplicas),
      leader,
      leaderEpoch,
      partitionEpoch,
      leaderRecoveryState,
      directories: this.#directories.of(record.directories),
      eligibleLeaderReplicas: ids.of(record.eligibleLeaderReplicas ?? []),
      lastKnownElr: ids.of(record.lastKnownElr ?? []),
    }
  }

  #setPartition(partition: PartitionImage): void {
    const topic = this.#topicsById.get(partition.topicId)
    assert(topic !== undefined, `partition of unknown topic ${partition.topicId}`)
    assert(partition.partition <= topic.partitions.length, `${topic.name} has a gap before ${partition.partition}`)
    this.#topicsEndOffset = this.#endOffset
    this.#changes.partitionChanged(topic, partition.partition)
    // Made with its first one a list has no room for sixteen more: thousands of topics have one partition.
    if (topic.partitions.length === 0) topic.partitions = [partition]
    else topic.partitions[partition.partition] = partition
  }

  #changePartition(change: RecordOf<'PartitionChangeRecord'>): void {
    const before = this.#topicsById.get(change.topicId)?.partitions[change.partitionId]
    assert(before !== undefined, `change of unknown partition ${change.partitionId} of ${change.topicId}`)
    const isLeaderNamed = change.leader !== leaderUnchanged
    this.#setPartition({
      ...before,
      replicas: change.replicas === null ? before.replicas : this.#ids.of(change.replicas),
      isr: change.isr === null ? before.isr : this.#ids.of(change.isr),
      removingReplicas: change.removingReplicas ?? before.removingReplicas,
      addingReplicas: change.addingReplicas ?? before.addingReplicas,
      leader: isLeaderNamed ? change.leader : before.leader,
      leaderEpoch: before.leaderEpoch + (isLeaderNamed ? 1 : 0),
      partitionEpoch: before.partitionEpoch + 1,
      leaderRecoveryState: change.leaderRecoveryState < 0 ? before.leaderRecoveryState : change.leaderRecoveryState,
      directories: change.directories ?? before.directories,
      eligibleLeaderReplicas: change.eligibleLeaderReplicas ?? before.eligibleLeaderReplicas,
      lastKnownElr: change.lastKnownElr ?? before.lastKnownElr,
    })
  }

  /** Of one topic, or of all by ''. A partition without ISR keeps it: nothing was committed since that these do not have. */
  #clearElr(name: string): void {
    for (const { topic, partition } of [...this.partitions()]) {
      const { isr, eligibleLeaderReplicas: elr, partitionEpoch } = partition
      if ((name !== '' && topic.name !== name) || isr.length === 0 || elr.length === 0) continue
      this.#setPartition({ ...partition, eligibleLeaderReplicas: [], partitionEpoch: partitionEpoch + 1 })
    }
  }

  #setConfig({ resourceType, resourceName, name, value }: RecordOf<'ConfigRecord'>): void {
    this.#topicsEndOffset = this.#endOffset
    const resources = resourceType === topicResource ? this.#topicConfigs : this.#brokerConfigs
    const configs = resources.get(resourceName) ?? new Map<string, string>()
    if (value === null) configs.delete(name)
    else configs.set(name, value)
    if (configs.size === 0) resources.delete(resourceName)
    else resources.set(resourceName, configs)
    const changed = resourceType === topicResource ? this.#changes.topicConfigs : this.#changes.brokerConfigs
    changed.add(resourceName)
  }
}

type Configs = Map<string, Map<string, string>>

function replaceConfigs(configs: Configs, next: Configs, changed: Set<string>): void {
  for (const name of new Set([...configs.keys(), ...next.keys()])) changed.add(name)
  configs.clear()
  for (const [name, values] of next) configs.set(name, values)
}
