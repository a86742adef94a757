// The active controller: takes requests in order, decides each on committed metadata, appends the records, and answers once
// they are committed and replayed. On its own it fences brokers that are gone and lets preferred leaders lead again.
import type { Deadline, Deadlines } from '../../base/deadlines.ts'
import { errors } from '../../protocol/errors.ts'
import { type BrokerConfig, DynamicConfig, minInsyncReplicasName } from '../config/broker-config.ts'
import type { Env } from '../env.ts'
import { alterConfigs, incrementalAlterConfigs } from './controller/alter-configs.ts'
import { alterPartition } from './controller/alter-partition.ts'
import { alterPartitionReassignments, listPartitionReassignments } from './controller/alter-partition-reassignments.ts'
import { BrokerWatch, type BrokerWatchHost } from './controller/broker-watch.ts'
import { CommandQueue } from './controller/command-queue.ts'
import { createPartitions } from './controller/create-partitions.ts'
import { createTopics } from './controller/create-topics.ts'
import type { Decision, Situation } from './controller/decision.ts'
import { deleteTopics } from './controller/delete-topics.ts'
import { electLeaders } from './controller/elect-leaders.ts'
import { brokersReturn, preferredLeadersReturn } from './controller/leadership.ts'
import type { MetadataEvents } from './controller/metadata-events.ts'
import { allocateProducerIds } from './controller/producer-ids.ts'
import { unregisterBroker } from './controller/unregister-broker.ts'
import { VoterChanges, type VoterChangesHost } from './controller/voter-changes.ts'
import type { Answer, ControllerApi, DescribeQuorumResponse, RequestOf, ResponseOf } from './controller-apis.ts'
import { brokerResource, type MetadataImage } from './image.ts'
import type { InputOf, MetadataRecordInput } from './records.ts'

export interface ControllerHost extends Pick<BrokerWatchHost, 'link'> {
  readonly env: Env
  readonly deadlines: Deadlines
  readonly image: MetadataImage
  readonly brokerId: number
  /** Those that vote now. */
  readonly voters: readonly number[]
  /** Static settings of this broker. */
  readonly config: BrokerConfig
  readonly events: MetadataEvents
  /** Where the log ends: the next record's offset. */
  endOffset(): number
  /** Appends in the leader's epoch; false where the disk refused, and this node leads no longer. */
  append(records: readonly MetadataRecordInput[]): boolean
  readonly quorum: VoterChangesHost
  /** While this node leads. */
  describeQuorum(): DescribeQuorumResponse
  /** How far a broker has replayed the log, as its fetches tell; -1 unknown. */
  replayedOffset(broker: number): number
}

type Answerer<A extends ControllerApi> = (answer: Answer<A>) => void
type Decider<A extends ControllerApi> = (situation: Situation, request: RequestOf<A>) => Decision<ResponseOf<A>>
type Handler<A extends ControllerApi> = (request: RequestOf<A>, answer: Answerer<A>) => void

/** Finalized by the first controller that finds them missing. */
const features: readonly InputOf<'FeatureLevelRecord'>[] = [
  { type: 'FeatureLevelRecord', name: 'metadata.version', featureLevel: 30 },
  { type: 'FeatureLevelRecord', name: 'eligible.leader.replicas.version', featureLevel: 1 },
]

const notController = { errorCode: errors.NOT_CONTROLLER, response: undefined } as const

export class Controller {
  readonly #dynamicConfig = new DynamicConfig()
  readonly #host: ControllerHost
  readonly #commands: CommandQueue
  readonly #watch: BrokerWatch
  readonly #voterChanges: VoterChanges
  readonly #handlers: { readonly [A in ControllerApi]: Handler<A> }
  #state: 'resigned' | 'elected' | 'active' = 'resigned'
  /** Requests that came before this controller was active. */
  #held: (() => void)[] = []
  #rebalance: Deadline | undefined

  constructor(host: ControllerHost) {
    this.#host = host
    const situation = () => this.#situation()
    this.#commands = new CommandQueue(situation, (records) => (host.append(records) ? host.endOffset() : undefined))
    this.#voterChanges = new VoterChanges(host.quorum, host.image)
    const { deadlines, image, brokerId, events } = host
    const nowMs = () => host.env.monotonicMs()
    const sessionTimeoutMs = () => this.#config.brokerSessionTimeoutMs
    const link = (broker: number) => host.link(broker)
    const watchHost = {
      deadlines,
      image,
      brokerId,
      events,
      nowMs,
      sessionTimeoutMs,
      situation,
      link,
      get voters() {
        return host.voters
      },
    }
    this.#watch = new BrokerWatch(watchHost, this.#commands)
    this.#handlers = {
      BrokerRegistration: (request, answer) => this.#watch.registrationAsked({ request, answer }),
      BrokerHeartbeat: (request, answer) => this.#watch.heartbeatArrived({ request, answer }),
      AlterPartition: this.#decidedBy(alterPartition),
      AlterPartitionReassignments: this.#decidedBy(alterPartitionReassignments),
      ListPartitionReassignments: this.#decidedBy(listPartitionReassignments),
      CreateTopics: this.#decidedBy(createTopics),
      DeleteTopics: this.#decidedBy(deleteTopics),
      CreatePartitions: this.#decidedBy(createPartitions),
      AlterConfigs: this.#decidedBy(alterConfigs),
      IncrementalAlterConfigs: this.#decidedBy(incrementalAlterConfigs),
      AllocateProducerIds: this.#decidedBy(allocateProducerIds),
      ElectLeaders: this.#decidedBy(electLeaders),
      DescribeQuorum: (_, answer) => answer({ errorCode: errors.NONE, response: host.describeQuorum() }),
      UnregisterBroker: this.#decidedBy(unregisterBroker),
      AddRaftVoter: (request, answer) =>
        this.#voterChanges.add(request, (response) => answer({ errorCode: errors.NONE, response })),
      RemoveRaftVoter: (request, answer) =>
        this.#voterChanges.remove(request, (response) => answer({ errorCode: errors.NONE, response })),
    }
  }

  get isLeading(): boolean {
    return this.#state !== 'resigned'
  }

  get isActive(): boolean {
    return this.#state === 'active'
  }

  /** This node leads. What earlier leaders committed may yet have to be replayed. */
  elected(): void {
    this.#state = 'elected'
  }

  /** All that earlier leaders committed has been replayed. */
  activate(): void {
    this.#state = 'active'
    const missing = this.#missingRecords()
    if (missing.length > 0) this.#commands.add(() => ({ records: missing, response: undefined }))
    if (!this.isActive) return // The disk refused.
    this.#watch.start()
    this.#scheduleRebalance()
    this.#answerHeld()
  }

  /** This node leads no longer. What is under way may or may not stay. */
  resign(): void {
    if (this.#state === 'resigned') return
    this.#state = 'resigned'
    this.#rebalance?.cancel()
    this.#commands.abandon()
    this.#voterChanges.abandon()
    this.#watch.stop()
    this.#answerHeld()
  }

  handle<A extends ControllerApi>(api: A, request: RequestOf<A>, answer: Answerer<A>): void {
    if (this.#state === 'active') this.#handlers[api](request, answer)
    else if (this.#state === 'elected') this.#held.push(() => this.handle(api, request, answer))
    else answer(notController)
  }

  /** Committed records have been replayed up to there. */
  replayedTo(offset: number): void {
    this.#commands.replayedTo(offset)
    if (this.isActive) this.#voterChanges.replayedTo(offset)
  }

  peerUp(broker: number): void {
    if (this.isActive) this.#watch.peerUp(broker)
  }

  /** The broker's port closed: it is dead. */
  peerLost(broker: number): void {
    if (this.isActive) this.#watch.peerLost(broker)
  }

  /** Silence measured across a jump of the clock means nothing. */
  clockJumped(): void {
    if (this.isActive) this.#watch.clockJumped()
  }

  /** What the first controller writes down, before any broker is registered, so that all later ones and all leaders agree. */
  #missingRecords(): MetadataRecordInput[] {
    const { image, config } = this.#host
    const missing: MetadataRecordInput[] = features.filter(({ name }) => !image.features.has(name))
    if (image.brokerConfigs('').has(minInsyncReplicasName)) return missing
    const value = String(config.minInsyncReplicas)
    missing.push({
      type: 'ConfigRecord',
      resourceType: brokerResource,
      resourceName: '',
      name: minInsyncReplicasName,
      value,
    })
    // Older metadata, whose leaders may have gone by another number.
    if (image.topics.size > 0) missing.push({ type: 'ClearElrRecord', topicName: '' })
    return missing
  }

  #answerHeld(): void {
    const held = this.#held
    this.#held = []
    for (const handle of held) handle()
  }

  #decidedBy<A extends ControllerApi>(decide: Decider<A>): Handler<A> {
    return (request, answer) =>
      this.#commands.add(
        (situation) => decide(situation, request),
        (response) => answer(response === undefined ? notController : { errorCode: errors.NONE, response }),
      )
  }

  #situation(): Situation {
    const { image, env } = this.#host
    return {
      image,
      config: this.#config,
      random: env.random,
      nextOffset: this.#host.endOffset(),
      hasSession: (broker) => this.#watch.hasSession(broker),
      replayedOffset: (broker) => Math.max(this.#host.replayedOffset(broker), this.#watch.replayedOffset(broker)),
    }
  }

  #scheduleRebalance(): void {
    const { autoLeaderRebalanceEnable, leaderImbalanceCheckIntervalSeconds } = this.#config
    if (!autoLeaderRebalanceEnable) return
    const atMs = this.#host.env.monotonicMs() + leaderImbalanceCheckIntervalSeconds * 1_000
    this.#rebalance = this.#host.deadlines.at(atMs, () => {
      this.#commands.add((situation) => ({ records: preferredLeadersReturn(situation), response: undefined }))
      // Unclean election may have been allowed since.
      this.#commands.add((situation) => ({ records: brokersReturn(situation), response: undefined }))
      if (this.isActive) this.#scheduleRebalance() // Unless the disk refused.
    })
  }

  get #config(): BrokerConfig {
    const { config, image, brokerId } = this.#host
    return this.#dynamicConfig.of(config, image, brokerId)
  }
}
