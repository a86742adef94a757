// Turns committed metadata into roles: which logs exist here, what each replica leads or follows, under which settings.
import { DiskError } from '../base/disk.ts'
import { type Uuid, zeroUuid } from '../base/uuid.ts'
import type { HeldLog, LogDirectory } from './log/log-directory.ts'
import type { PartitionLog } from './log/partition-log.ts'
import type { MetadataDelta, MetadataImage, PartitionImage, TopicImage } from './quorum/image.ts'
import { noLeader, recovering } from './quorum/records.ts'
import type { Partition } from './replica/partition.ts'
import type { Replicas } from './replica/replicas.ts'
import type { TopicSettings } from './topic-settings.ts'

export class MetadataApplier {
  readonly #brokerId: number
  readonly #image: MetadataImage
  readonly #replicas: Replicas
  readonly #logs: LogDirectory
  readonly #settings: TopicSettings
  readonly #isRegistered: () => boolean
  /** Replicas that this broker should have and for which its disk had no room, by topic: offline until it has. */
  readonly #offline = new Map<Uuid, Set<number>>()
  /** Logs with records that were put aside in this life. */
  readonly #aside: HeldLog[] = []

  /** `isRegistered`: in this life of the broker, as far as the image goes. */
  constructor(
    brokerId: number,
    image: MetadataImage,
    replicas: Replicas,
    logs: LogDirectory,
    settings: TopicSettings,
    isRegistered: () => boolean,
  ) {
    this.#brokerId = brokerId
    this.#isRegistered = isRegistered
    this.#image = image
    this.#replicas = replicas
    this.#logs = logs
    this.#settings = settings
  }

  apply(delta: MetadataDelta): void {
    if (delta.topicConfigs.size > 0 || delta.brokerConfigs.size > 0 || delta.topicsDeleted.length > 0)
      this.#settings.changed()
    for (const topic of delta.topicsDeleted) this.#dropTopic(topic)
    for (const { topic, after } of delta.partitions) this.#applyPartition(topic, after)
    if (delta.brokers.size > 0) this.#applyLeaders(delta.brokers)
    // What is new has its settings already: at a start that is all there is.
    const isNew = new Set(delta.topicsCreated.map(({ name }) => name))
    const all = delta.brokerConfigs.size > 0
    for (const name of all ? this.#image.topics.keys() : delta.topicConfigs)
      if (!isNew.has(name)) this.#applySettings(name)
  }

  /**
   * Logs that the metadata does not know: of topics deleted while this broker was down, or of all topics where the metadata was
   * lost. Nobody can tell which, so they are put aside and not removed. Only once the metadata is up to date. Returns all that were put
   * aside in this life and had records.
   */
  putStraysAside(): readonly HeldLog[] {
    for (const held of [...this.#logs.all()]) {
      const known = this.#image.topicsById.get(held.log.topicId ?? zeroUuid)?.partitions[held.partition]
      if (known?.replicas.includes(this.#brokerId) !== true) this.#putAside(held)
    }
    return this.#aside
  }

  #putAside(held: HeldLog): void {
    this.#logs.setAside(held.topic, held.partition)
    if (held.log.logEndOffset > 0) this.#aside.push(held)
  }

  isOffline(topicId: Uuid, index: number): boolean {
    return this.#offline.get(topicId)?.has(index) === true
  }

  /** Tries again to make the logs that could not be made. */
  retryOffline(): void {
    for (const [topicId, indexes] of [...this.#offline]) {
      this.#offline.delete(topicId)
      const topic = this.#image.topicsById.get(topicId)
      for (const index of topic === undefined ? [] : indexes) this.#applyPartition(topic!, topic!.partitions[index]!)
    }
  }

  #dropTopic(topic: TopicImage): void {
    this.#offline.delete(topic.id)
    for (const { partition: index } of topic.partitions) {
      const partition = this.#replicas.getById(topic.id, index)
      if (partition !== undefined) this.#drop(partition)
    }
  }

  #drop(partition: Partition): void {
    this.#replicas.remove(partition)
    this.#logs.remove(partition.topic, partition.index)
  }

  #applyPartition(topic: TopicImage, image: PartitionImage): void {
    const known = this.#replicas.getById(topic.id, image.partition)
    this.#offline.get(topic.id)?.delete(image.partition)
    if (!image.replicas.includes(this.#brokerId)) {
      if (known !== undefined) this.#drop(known)
      return
    }
    const partition = known ?? this.#open(topic, image.partition)
    if (partition === undefined) return
    const leader = this.#image.leaderOf(image)
    const isMine = leader === this.#brokerId
    if (isMine && this.#isRegistered()) this.#replicas.lead(partition, this.#leadership(topic.name, image))
    // What an earlier life led is led by nobody until this one is registered: its log may be shorter now.
    else this.#replicas.follow(partition, isMine ? noLeader : leader, image.leaderEpoch)
  }

  /** Brokers that are named as leaders have come, and lead from now on, or have gone. */
  #applyLeaders(changed: ReadonlySet<number>): void {
    for (const { topic, partition: image } of this.#image.partitions()) {
      if (!changed.has(image.leader)) continue
      const role = this.#replicas.getById(topic.id, image.partition)?.role
      const isLed = role?.kind === 'leader' || (role !== undefined && role.leaderId >= 0)
      if (isLed !== this.#image.leaderOf(image) >= 0) this.#applyPartition(topic, image)
    }
  }

  /** Undefined where the disk refuses: one partition less is no reason to lose the whole broker. */
  #open(topic: TopicImage, index: number): Partition | undefined {
    try {
      return this.#replicas.add(topic.name, topic.id, index, this.#openLog(topic, index))
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.#offline.set(topic.id, (this.#offline.get(topic.id) ?? new Set()).add(index))
      return undefined
    }
  }

  /**
   * The log of an earlier run, unless it belonged to a deleted topic of the same name. Where nobody can tell what it belonged to, its
   * records are kept under another name, as Kafka does: `partition.metadata` is on the disk before the first of them counts.
   */
  #openLog(topic: TopicImage, index: number): PartitionLog {
    const config = this.#settings.logConfig(topic.name)
    const found = this.#logs.get(topic.name, index)
    if (found?.belongsTo(topic.id)) {
      found.config = config
      found.ensureOpen()
      return found
    }
    if (found !== undefined) this.#letGo({ topic: topic.name, partition: index, log: found })
    return this.#logs.create(topic.name, index, topic.id, config)
  }

  #letGo(held: HeldLog): void {
    const { topic, partition, log } = held
    log.ensureOpen()
    if (log.topicId === undefined && log.logEndOffset > 0) this.#putAside(held)
    else this.#logs.remove(topic, partition)
  }

  #applySettings(name: string): void {
    const topic = this.#image.topics.get(name)
    if (topic === undefined) return
    for (const image of topic.partitions) {
      const partition = this.#replicas.getById(topic.id, image.partition)
      if (partition === undefined) continue
      partition.log.config = this.#settings.logConfig(name)
      if (partition.leader !== undefined) this.#replicas.lead(partition, this.#leadership(name, image))
    }
  }

  #leadership(topic: string, image: PartitionImage) {
    return {
      epoch: image.leaderEpoch,
      partitionEpoch: image.partitionEpoch,
      replicas: image.replicas,
      isr: image.isr,
      isRecovering: image.leaderRecoveryState === recovering,
      minInsyncReplicas: this.#settings.minInsyncReplicas(topic),
      replicaLagTimeMaxMs: this.#settings.replicaLagTimeMaxMs,
    }
  }
}
