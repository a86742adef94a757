// One broker, whole: quorum, replicas, groups and what holds them together. Everything that happens comes in through
// `receive`, `peerUp`, `peerLost`, the deadlines and the handlers of `api/`; a turn ends with `endTurn`.
import { Deadlines } from '../base/deadlines.ts'
import type { Uuid } from '../base/uuid.ts'
import type { BrokerConfig } from './config/broker-config.ts'
import { CoordinatorLog, type CoordinatorUnreadable, offsetsTopic } from './coordinator-log.ts'
import {
  asideReport,
  damageReport,
  type LogsDamaged,
  type LogsSetAside,
  type ReplicaStuck,
  stuckReport,
} from './damage-report.ts'
import type { Env } from './env.ts'
import { GroupCoordinator } from './group/coordinator.ts'
import type { GroupEvent } from './group/sink.ts'
import { Housekeeping } from './housekeeping.ts'
import type { Links } from './links.ts'
import { LogCleaner } from './log/log-cleaner.ts'
import { defaultLogConfig } from './log/log-config.ts'
import { type HeldLog, LogDirectory } from './log/log-directory.ts'
import { LostBrokers } from './lost-brokers.ts'
import { MetadataApplier } from './metadata-applier.ts'
import type { PeerMessage } from './peer.ts'
import { ProducerIds } from './producer-ids.ts'
import type { BrokerRegistration, MetadataDelta, MetadataImage } from './quorum/image.ts'
import { type QuorumEvent, QuorumNode } from './quorum/quorum-node.ts'
import type { SupportedFeature } from './quorum/records.ts'
import { Expiries } from './replica/expiries.ts'
import { IsrChanges, type IsrProposal } from './replica/isr-changes.ts'
import type { Partition } from './replica/partition.ts'
import { RecordDeletions } from './replica/record-deletions.ts'
import { Replicas } from './replica/replicas.ts'
import { TopicCreator } from './topic-creator.ts'
import { type TopicEvent, TopicNews } from './topic-news.ts'
import { TopicSettings } from './topic-settings.ts'
import { Traffic } from './traffic.ts'

export interface BrokerOptions {
  readonly brokerId: number
  readonly clusterId: string
  readonly voters: readonly number[]
  readonly incarnationId: Uuid
  readonly directoryId: Uuid
  /** Path of its log directory, for people to read. */
  readonly directory: string
  /** Where clients reach this broker. */
  readonly host: string
  readonly port: number
  readonly config: BrokerConfig
  /** Every API that is handled, for ApiVersions. */
  readonly apis: readonly { readonly key: number; readonly minVersion: number; readonly maxVersion: number }[]
}

export interface BrokerSink {
  /** fdatasync of a file of this broker, in the background; `done` in a later turn. */
  sync(path: string, done: () => void): void
  event(event: BrokerEvent): void
  /** This broker is registered, knows the metadata and counts as alive: clients may come in. Once. */
  serving(): void
}

export type BrokerEvent =
  | QuorumEvent
  | GroupEvent
  | TopicEvent
  | LogsDamaged
  | LogsSetAside
  | ReplicaStuck
  | CoordinatorUnreadable

export interface Endpoint {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

const alterPartitionTimeoutMs = 5_000
const listenerName = 'PLAINTEXT'

/** A broker that leads nothing any more stays so long to tell clients: where a connection closes, they do not know why. */
const farewellMs = 60

/** What this release can do, for brokers and clients that ask. */
const supportedFeatures: readonly SupportedFeature[] = [
  { name: 'metadata.version', minSupportedVersion: 7, maxSupportedVersion: 30 },
  { name: 'kraft.version', minSupportedVersion: 0, maxSupportedVersion: 1 },
  { name: 'group.version', minSupportedVersion: 0, maxSupportedVersion: 0 },
  { name: 'transaction.version', minSupportedVersion: 0, maxSupportedVersion: 0 },
  { name: 'eligible.leader.replicas.version', minSupportedVersion: 0, maxSupportedVersion: 1 },
]

export class Broker {
  readonly env: Env
  readonly options: BrokerOptions
  readonly deadlines = new Deadlines()
  readonly quorum: QuorumNode
  readonly replicas: Replicas
  readonly groups: GroupCoordinator
  readonly producerIds: ProducerIds
  readonly expiries: Expiries
  readonly lostBrokers: LostBrokers
  readonly deletions: RecordDeletions
  readonly traffic = new Traffic()
  readonly topics: TopicCreator
  readonly settings: TopicSettings
  readonly #metadataEndAtStart: number
  readonly #logs: LogDirectory
  readonly #cleaner: LogCleaner
  readonly #housekeeping: Housekeeping
  readonly #isrChanges: IsrChanges
  readonly #applier: MetadataApplier
  readonly #coordinatorLog: CoordinatorLog
  readonly #topicNews: TopicNews
  readonly #sink: BrokerSink
  #isServing = false

  constructor(options: BrokerOptions, env: Env, links: Links, sink: BrokerSink) {
    this.options = options
    this.env = env
    this.#sink = sink
    const { brokerId, config } = options
    const { deadlines } = this
    // Before the logs: a broker that must not start has not touched them.
    this.quorum = new QuorumNode(this.#quorumOptions(), env, deadlines, {
      send: (to, message) => links.send(to, message),
      sync: (path, done) => sink.sync(path, done),
      imageChanged: (delta) => this.#imageChanged(delta),
      event: (event) => sink.event(event),
    })
    this.#metadataEndAtStart = this.quorum.logEndOffset
    this.#logs = new LogDirectory(env, defaultLogConfig)
    this.lostBrokers = new LostBrokers(deadlines, () => env.monotonicMs(), this.image)
    this.#isrChanges = new IsrChanges({
      env,
      deadlines,
      brokerId,
      brokerEpoch: () => this.quorum.brokerEpoch,
      isAlive: (id) => this.image.isActive(id),
      partitions: () => this.replicas.all(),
      alterPartition: (proposals, answer) => this.#alterPartition(proposals, answer),
    })
    this.replicas = new Replicas({
      env,
      deadlines,
      links,
      brokerId,
      isrChanges: this.#isrChanges,
      brokerEpoch: () => this.#registration?.epoch ?? -1,
      roleChanged: (partition) => this.#roleChanged(partition),
      stuck: (partition, follower, why) => sink.event(stuckReport(brokerId, partition, follower, why)),
    })
    this.#coordinatorLog = new CoordinatorLog(env, deadlines, this.replicas, (event) => sink.event(event))
    this.groups = new GroupCoordinator(env, deadlines, config, {
      partitionCount: () => this.image.topics.get(offsetsTopic)?.partitions.length ?? 0,
      topicId: (name) => this.image.topics.get(name)?.id,
      append: (index, records, done) => this.#coordinatorLog.append(index, records, done),
      event: (event) => sink.event(event),
    })
    this.settings = new TopicSettings(this.image, config, brokerId)
    this.#cleaner = new LogCleaner({
      env,
      deadlines,
      logs: this.#logs,
      config: () => this.settings.broker,
      sync: (path, done) => sink.sync(path, done),
      flush: () => this.#housekeeping.flush(),
    })
    this.#housekeeping = new Housekeeping({
      env,
      deadlines,
      logs: this.#logs,
      config: () => this.settings.broker,
      retentionCheckIntervalMs: config.logRetentionCheckIntervalMs,
      partitions: () => this.replicas.all(),
      retryOffline: () => this.#applier.retryOffline(),
      sync: (path, done) => sink.sync(path, done),
    })
    this.#applier = new MetadataApplier(
      brokerId,
      this.image,
      this.replicas,
      this.#logs,
      this.settings,
      () => this.#registration !== undefined,
    )
    this.#topicNews = new TopicNews(this.image, (event) => sink.event(event))
    this.topics = new TopicCreator(this.quorum, this.settings)
    this.producerIds = new ProducerIds(this.quorum, brokerId)
    this.expiries = new Expiries(env, deadlines)
    this.deletions = new RecordDeletions(brokerId, (id) => this.image.brokers.get(id)?.fenced === false)
  }

  get image(): MetadataImage {
    return this.quorum.image
  }

  get clusterId(): string {
    return this.options.clusterId
  }

  get config(): BrokerConfig {
    return this.options.config
  }

  get apis(): BrokerOptions['apis'] {
    return this.options.apis
  }

  get supportedFeatures(): { name: string; minVersion: number; maxVersion: number }[] {
    return supportedFeatures.map(({ name, minSupportedVersion, maxSupportedVersion }) => ({
      name,
      minVersion: minSupportedVersion,
      maxVersion: maxSupportedVersion,
    }))
  }

  /** Registered brokers that are alive, or all of them. */
  endpoints(withFenced = false): Endpoint[] {
    return [...this.image.brokers.values()]
      .filter(({ fenced }) => withFenced || !fenced)
      .map(({ id, endPoints, rack }) => ({
        nodeId: id,
        host: endPoints[0]?.host ?? '',
        port: endPoints[0]?.port ?? 0,
        rack,
      }))
  }

  /** This broker should have a replica and cannot: its disk refused to make the log. */
  isOffline(topicId: Uuid, index: number): boolean {
    return this.#applier.isOffline(topicId, index)
  }

  /** Asked for by handlers that need a topic which only the cluster itself creates. */
  ensureInternalTopic(name: string): void {
    this.topics.ensureInternal(name)
  }

  // --- life ---

  start(): void {
    this.#reportDamage(this.#logs.all())
    this.#logs.onDamageFound = (held) => this.#reportDamage([held])
    this.#isrChanges.start()
    this.#housekeeping.start()
    this.#cleaner.start()
    this.quorum.start()
  }

  #reportDamage(logs: Iterable<HeldLog>): void {
    const damage = damageReport(this.options.brokerId, logs)
    if (damage !== undefined) this.#sink.event(damage)
  }

  /**
   * Gives the controller that long to move this broker's leaders elsewhere, then closes the logs in an orderly way.
   * `beforeClosing` is the last look that anybody takes at them.
   */
  shutDown(timeoutMs: number, beforeClosing: () => void, done: () => void): void {
    const close = (): void => {
      this.quorum.stop()
      this.#cleaner.stop()
      this.#housekeeping.stop()
      beforeClosing()
      // A life that was never registered has led and followed nothing: what the one before vouched for is still so.
      const { brokerEpoch } = this.quorum
      this.#logs.close(brokerEpoch < 0 ? this.#vouchedEpoch() : brokerEpoch)
      done()
    }
    if (timeoutMs > 0) this.quorum.shutDown(timeoutMs, () => this.deadlines.at(this.#farewellUntilMs, close))
    else close()
  }

  /** The controller goes last where all go: another one would take it for dead, and move its leaders. */
  get #farewellUntilMs(): number {
    const isController = this.quorum.controllerId === this.options.brokerId
    return this.env.monotonicMs() + (isController ? 2 : 1) * farewellMs
  }

  /** True when there is more to do at once: call again after giving others their turn. */
  endTurn(): boolean {
    this.deletions.check()
    this.lostBrokers.endTurn()
    return this.replicas.endTurn()
  }

  // --- peers ---

  receive(from: number, message: PeerMessage): void {
    if (Array.isArray(message)) return this.replicas.receiveNumbers(from, message)
    const { kind } = message as Exclude<PeerMessage, readonly number[]>
    if (kind === 'replica-fetch') this.replicas.receiveFetch(from, message as never)
    else if (kind === 'replica-fetch-response') this.replicas.receiveFetchResponse(from, message as never)
    else this.quorum.receive(from, message as never)
  }

  peerUp(brokerId: number): void {
    this.lostBrokers.peerUp(brokerId)
    this.quorum.peerUp(brokerId)
    this.replicas.peerUp(brokerId)
  }

  peerLost(brokerId: number): void {
    this.lostBrokers.peerLost(brokerId)
    this.replicas.peerLost(brokerId)
    this.quorum.peerLost(brokerId)
  }

  // --- metadata ---

  #imageChanged(delta: MetadataDelta): void {
    this.#applier.apply(delta)
    if (delta.brokers.has(this.options.brokerId)) this.replicas.registered()
    if (delta.topicsDeleted.length > 0) this.groups.topicsDeleted(new Set(delta.topicsDeleted.map(({ name }) => name)))
    this.#topicNews.observe(delta, this.#isServing && this.quorum.controllerId === this.options.brokerId)
    if (this.#isServing || this.#registration?.fenced !== false) return
    this.#isServing = true
    const aside = asideReport(this.options.brokerId, this.#applier.putStraysAside())
    if (aside !== undefined) this.#sink.event(aside)
    this.#sink.serving()
  }

  /** Of this life: what an earlier one registered does not count. */
  get #registration(): BrokerRegistration | undefined {
    const registration = this.image.brokers.get(this.options.brokerId)
    return registration?.incarnationId === this.options.incarnationId ? registration : undefined
  }

  #roleChanged(partition: Partition): void {
    if (partition.topic === offsetsTopic) this.#coordinatorLog.roleChanged(partition, this.groups)
  }

  #alterPartition(proposals: readonly IsrProposal[], answer: (errorCodes: readonly number[]) => void): void {
    const { brokerId } = this.options
    const topics = proposals.map(({ partition, leaderEpoch, partitionEpoch, newIsrWithEpochs }) => {
      const { index: partitionIndex } = partition
      const change = { partitionIndex, leaderEpoch, partitionEpoch, leaderRecoveryState: 0, newIsrWithEpochs }
      return { topicId: partition.topicId, partitions: [change] }
    })
    const request = { brokerId, brokerEpoch: this.quorum.brokerEpoch, topics }
    this.quorum.request('AlterPartition', request, alterPartitionTimeoutMs, ({ errorCode, response }) => {
      const whole = response === undefined ? errorCode : response.errorCode
      answer(proposals.map((_, index) => response?.topics[index]?.partitions[0]?.errorCode ?? whole))
    })
  }

  /**
   * Epoch of the life whose orderly stop vouches for the logs, -1 where none does. A marker from behind the end of the metadata that lay
   * beside it is a later life's, in an older copy of the directory.
   */
  #vouchedEpoch(): number {
    const epoch = this.#logs.vouchedEpoch()
    return epoch < this.#metadataEndAtStart ? epoch : -1
  }

  #quorumOptions() {
    const { brokerId, clusterId, voters, incarnationId, directoryId, host, port, config } = this.options
    const vouchedEpoch = () => this.#vouchedEpoch()
    return {
      brokerId,
      config,
      clusterId,
      voters,
      incarnationId,
      directoryId,
      listeners: [{ name: listenerName, host, port, securityProtocol: 0 }],
      features: supportedFeatures,
      rack: null,
      get previousBrokerEpoch() {
        return vouchedEpoch()
      },
    }
  }
}
