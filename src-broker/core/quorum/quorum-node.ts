// One broker's end of the quorum: its Raft replica, its metadata image, the controller while it leads, and its own
// registration and heartbeats. Everything it wants of the world goes through the sink; everything that happens comes in
// through `receive`, `peerUp`, `peerLost` and its deadlines.
import type { Deadlines } from '../../base/deadlines.ts'
import type { DiskError } from '../../base/disk.ts'
import { errors } from '../../protocol/errors.ts'
import type { Env } from '../env.ts'
import { ClockGap } from './clock-gap.ts'
import { MetadataEvents } from './controller/metadata-events.ts'
import { Controller } from './controller.ts'
import type { Answer, ControllerApi, RequestOf } from './controller-apis.ts'
import { describeQuorum, type QuorumReplicas } from './describe-quorum.ts'
import { Forwarding } from './forwarding.ts'
import { MetadataImage } from './image.ts'
import { Lifecycle } from './lifecycle.ts'
import { Membership } from './membership.ts'
import type { ControllerRequest, QuorumMessage } from './messages.ts'
import { type QuorumOptions, type QuorumSink, registrationOf } from './quorum-options.ts'
import { progressOf } from './raft.ts'
import { RaftDriver } from './raft-driver.ts'
import { majority, nobody, type Raft, raftDefaults, reachableVoters } from './raft-state.ts'
import { Snapshotter } from './snapshotter.ts'
import { refuseUnknown } from './unknown-metadata.ts'
import { voterChangesHost } from './voter-changes-host.ts'
import type { Voter } from './voters.ts'

export type { QuorumEvent } from './quorum-events.ts'

/** A disk that is full is told of so often, not with every attempt. */
const diskFailedEveryMs = 10_000

export class QuorumNode {
  readonly image: MetadataImage
  readonly options: QuorumOptions
  readonly #env: Env
  readonly #deadlines: Deadlines
  readonly #sink: QuorumSink
  readonly #driver: RaftDriver
  readonly #raft: Raft
  readonly #controller: Controller
  readonly #forwarding: Forwarding
  readonly #lifecycle: Lifecycle
  readonly #membership: Membership
  readonly #snapshotter: Snapshotter
  readonly #events: MetadataEvents
  readonly #clockGap: ClockGap
  /** Links that were open once in this life. */
  readonly #seen = new Set<number>()
  /** How often the link to a broker was lost in this life. */
  readonly #losses = new Map<number, number>()
  #isStopped = false
  /** The image has changed, and nobody has been told. */
  #hasNews = false
  #diskFailedMs = -Infinity
  /** There while this broker waits to be let go. */
  #leave: (() => void) | undefined

  /** Throws MetadataDamaged or UnknownMetadata where what the disk has is not to be relied upon. */
  constructor(options: QuorumOptions, env: Env, deadlines: Deadlines, sink: QuorumSink) {
    this.options = options
    this.#env = env
    this.#deadlines = deadlines
    this.#sink = sink
    const { brokerId, config } = options
    const image = new MetadataImage(options.clusterId)
    this.image = image
    const raftOptions = {
      ...raftDefaults,
      id: brokerId,
      directoryId: options.directoryId,
      voters: options.voters,
      log: config,
      fetchTimeoutMs: config.controllerQuorumFetchTimeoutMs,
      electionTimeoutMs: config.controllerQuorumElectionTimeoutMs,
      fetchBytesMax: config.controllerQuorumFetchMaxBytes,
      snapshotBytesMax: config.controllerQuorumFetchSnapshotMaxBytes,
    }
    const nowMs = () => env.monotonicMs()
    this.#driver = new RaftDriver(raftOptions, env, deadlines, {
      send: (to, message) => sink.send(to, message),
      sync: (path, done) => sink.sync(path, done),
      committed: (highWatermark) => this.#replay(highWatermark),
      leadershipChanged: (leaderId, epoch, reason) => this.#leadershipChanged(leaderId, epoch, reason),
      deadlineReached: () => this.#clockGap.look(),
      snapshotInstalled: ({ endOffset }) => {
        this.#restore(endOffset)
        this.#replay(endOffset)
      },
      diskFailed: (error) => this.#diskFailed(error),
    })
    this.#raft = this.#driver.raft
    const { log } = this.#driver
    if (log.latestSnapshot !== undefined) this.#restore(log.latestSnapshot.endOffset)
    refuseUnknown(log, image.features, options.features)
    this.#snapshotter = new Snapshotter({
      deadlines,
      log,
      image,
      config,
      nowMs,
      diskFailed: (error) => this.#diskFailed(error),
    })
    const raft = this.#raft
    this.#events = new MetadataEvents(image, (event) => sink.event(event))
    this.#controller = new Controller({
      env,
      deadlines,
      image,
      brokerId,
      config,
      events: this.#events,
      quorum: voterChangesHost(this.#driver),
      describeQuorum: () => {
        const { leaderId, epoch, highWatermark } = raft
        return { leaderId, leaderEpoch: epoch, highWatermark, ...this.describe()! }
      },
      get voters() {
        return raft.voters
      },
      endOffset: () => log.endOffset,
      append: (records) => this.#driver.append(records),
      link: (broker) => this.#link(broker),
      replayedOffset: (broker) =>
        broker === brokerId ? image.endOffset : (progressOf(this.#raft, broker)?.highWatermark ?? -1),
    })
    this.#forwarding = new Forwarding(brokerId, {
      deadlines,
      nowMs,
      controllerId: () => this.#reachableController(),
      handle: (api, body, answer) => this.#controller.handle(api, body, answer),
      send: (to, message) => sink.send(to, message),
    })
    this.#lifecycle = new Lifecycle({
      deadlines,
      image,
      registration: registrationOf(options),
      heartbeatIntervalMs: config.brokerHeartbeatIntervalMs,
      nowMs,
      request: (api, body, timeoutMs, answer) => this.request(api, body, timeoutMs, answer),
      event: (event) => sink.event(event),
    })
    this.#membership = new Membership({
      deadlines,
      brokerId,
      clusterId: options.clusterId,
      directoryId: options.directoryId,
      endpoints: options.listeners.map(({ name, host, port }) => ({ name, host, port })),
      joins: config.controllerQuorumAutoJoinEnable,
      get voterSet() {
        return raft.voterSet
      },
      nowMs,
      isServing: () => !this.isFenced && image.brokers.get(brokerId)?.epoch === this.brokerEpoch,
      request: (api, body, timeoutMs, answer) => this.request(api, body, timeoutMs, answer),
    })
    this.#clockGap = new ClockGap(deadlines, nowMs, (gapMs) => this.#clockJumped(gapMs))
  }

  /** The active controller as far as this node knows, or -1. */
  get controllerId(): number {
    return this.#raft.leaderId
  }

  /** Epoch of the quorum's leader. */
  get leaderEpoch(): number {
    return this.#raft.epoch
  }

  /** Epoch of this broker's registration, -1 before it. */
  get brokerEpoch(): number {
    return this.#lifecycle.brokerEpoch
  }

  /** True until the cluster counts on this broker. */
  get isFenced(): boolean {
    return this.image.brokers.get(this.options.brokerId)?.fenced !== false
  }

  get highWatermark(): number {
    return this.#raft.highWatermark
  }

  get logEndOffset(): number {
    return this.#driver.log.endOffset
  }

  /** Who votes as this broker's log names them; empty while they are those of the configuration. */
  get voters(): readonly Voter[] {
    return this.#driver.log.voters?.voters ?? []
  }

  /** What the leader knows of the replicas; undefined where this node does not lead. */
  describe(): QuorumReplicas | undefined {
    return describeQuorum(this.#raft, this.#env)
  }

  /** Takes part: election, registration, heartbeats. */
  start(): void {
    this.#clockGap.start()
    this.#driver.input({ type: 'start' })
    this.#lifecycle.start()
  }

  /** Leaves at once. A leader says so, so that nobody waits for it. */
  stop(): void {
    if (this.#isStopped) return
    this.#driver.input({ type: 'resign', reason: 'this broker stops' })
    this.#isStopped = true
    this.#clockGap.stop()
    this.#snapshotter.stop()
    this.#membership.stop()
    this.#lifecycle.stop()
    this.#forwarding.stop()
    this.#driver.stop()
  }

  /**
   * Asks the controller to move this broker's leaders away; `done` once it may go, or after `timeoutMs`, or when there can
   * be no controller any more.
   */
  shutDown(timeoutMs: number, done: () => void): void {
    const timeout = this.#deadlines.at(this.#env.monotonicMs() + timeoutMs, () => this.#leave?.())
    this.#leave = () => {
      this.#leave = undefined
      timeout.cancel()
      done()
    }
    this.#lifecycle.shutDown(() => this.#leave?.())
    this.#leaveWhenAlone()
  }

  /** Votes no more, for good; `done` with null, or with one line on why that is refused. */
  leaveQuorum(done: (refusal: string | null) => void): void {
    this.#membership.leave(({ errorCode, errorMessage }) =>
      done(errorCode === errors.NONE ? null : (errorMessage ?? `error ${errorCode}`)),
    )
  }

  /** Messages of a peer come between its `peerUp` and its `peerLost`. */
  receive(from: number, message: QuorumMessage): void {
    this.#clockGap.look()
    if (message.kind === 'controller-request') this.#controllerRequest(from, message)
    else if (message.kind === 'controller-response') this.#forwarding.responded(from, message)
    else this.#driver.input({ type: 'message', from, message })
  }

  peerUp(broker: number): void {
    this.#seen.add(broker)
    this.#driver.input({ type: 'peer-up', peer: broker })
    this.#controller.peerUp(broker)
    this.#forwarding.controllerChanged()
  }

  /** The port closed: the broker is dead, and acted upon at once. */
  peerLost(broker: number): void {
    this.#losses.set(broker, this.#lossesOf(broker) + 1)
    this.#forwarding.peerLost(broker)
    this.#driver.input({ type: 'peer-lost', peer: broker })
    this.#controller.peerLost(broker)
    this.#leaveWhenAlone()
  }

  /** Asks the active controller, wherever it is, until the deadline. `answer` is called once, perhaps before this returns. */
  request<A extends ControllerApi>(
    api: A,
    body: RequestOf<A>,
    timeoutMs: number,
    answer: (answer: Answer<A>) => void,
  ): void {
    this.#forwarding.request(api, body, timeoutMs, answer as (answer: Answer<ControllerApi>) => void)
  }

  #leaveWhenAlone(): void {
    if (reachableVoters(this.#raft).length < majority(this.#raft)) this.#leave?.()
  }

  #controllerRequest(from: number, { id, api, body }: ControllerRequest): void {
    // Over the link on which it was asked, or not at all: a later life of the broker gives its own requests the same ids.
    const losses = this.#lossesOf(from)
    this.#controller.handle(api, body, (answer) => {
      if (this.#lossesOf(from) === losses) this.#sink.send(from, { kind: 'controller-response', id, answer })
    })
  }

  #lossesOf(broker: number): number {
    return this.#losses.get(broker) ?? 0
  }

  // ── what Raft brings ──────────────────────────────────────────────────────────────────────────────────────────────

  #replay(highWatermark: number): void {
    const before = this.image.endOffset
    this.#driver.log.replayTo(highWatermark, (record, offset) => this.image.replay(record, offset))
    if (this.image.endOffset > before) this.#hasNews = true
    // Not what is known to be old: by it a topic that was made anew would lose what it has here to its former self.
    if (this.#hasNews && this.#raft.isCaughtUp) {
      this.#hasNews = false
      const delta = this.image.takeDelta()
      this.#events.observe(delta, this.#controller.isActive)
      this.#sink.imageChanged(delta)
      this.#lifecycle.imageChanged()
    }
    const { role } = this.#raft
    if (role.kind === 'leader' && highWatermark > role.epochStartOffset && !this.#controller.isActive) {
      this.#controller.activate()
      this.#forwarding.controllerChanged()
    }
    this.#controller.replayedTo(highWatermark)
    this.#membership.look()
    this.#snapshotter.replayed()
  }

  #restore(endOffset: number): void {
    this.image.restore(this.#driver.log.takeSnapshotRecords(), endOffset)
    this.#hasNews = true
  }

  #diskFailed(error: DiskError): void {
    const nowMs = this.#env.monotonicMs()
    if (nowMs - this.#diskFailedMs < diskFailedEveryMs) return
    this.#diskFailedMs = nowMs
    this.#sink.event({ kind: 'metadata-disk-failed', code: error.code, path: error.path })
  }

  #leadershipChanged(leaderId: number, epoch: number, reason: string): void {
    const { brokerId } = this.options
    const wasController = this.#controller.isLeading
    if (leaderId === brokerId) {
      this.#controller.elected()
      const tookMs = this.#env.monotonicMs() - this.#raft.leaderlessSinceMs
      this.#sink.event({ kind: 'controller-elected', controllerId: brokerId, epoch, tookMs })
    } else if (wasController) {
      this.#controller.resign()
      this.#sink.event({ kind: 'controller-resigned', controllerId: brokerId, epoch, reason })
    }
    this.#forwarding.controllerChanged()
  }

  #clockJumped(gapMs: number): void {
    this.#sink.event({ kind: 'clock-gap', gapMs })
    this.#driver.input({ type: 'clock-gap' })
    this.#controller.clockJumped()
  }

  #reachableController(): number {
    const { leaderId, connected } = this.#raft
    return leaderId === this.options.brokerId || connected.has(leaderId) ? leaderId : nobody
  }

  #link(broker: number): 'up' | 'lost' | 'unseen' {
    if (broker === this.options.brokerId || this.#raft.connected.has(broker)) return 'up'
    return this.#seen.has(broker) ? 'lost' : 'unseen'
  }
}
