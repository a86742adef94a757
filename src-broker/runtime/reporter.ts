// A broker's own view of itself, sent to the host a few times a second when something changed.
import { beatMs, type Deadline } from '../base/deadlines.ts'
import type { Broker } from '../core/broker.ts'
import type { TopicReport } from './cluster-types.ts'
import type { Gateway } from './gateway.ts'
import type { FromWorker } from './worker-messages.ts'

/** A broker that serves by then reports once, when it does: what thousands of partitions go through at a start is nobody's interest. */
const startingMs = 1_000

export class Reporter {
  readonly #broker: Broker
  readonly #gateway: Gateway
  readonly #post: (message: FromWorker) => void
  #lastSignature = ''
  #lastTopicsEndOffset = -1
  #next: Deadline | undefined

  constructor(broker: Broker, gateway: Gateway, post: (message: FromWorker) => void) {
    this.#broker = broker
    this.#gateway = gateway
    this.#post = post
  }

  start(): void {
    this.#after(startingMs)
  }

  /** Clients may come in. */
  serving(): void {
    this.#next?.cancel()
    this.report()
    this.#after(beatMs)
  }

  #after(delayMs: number): void {
    const { deadlines, env } = this.#broker
    this.#next = deadlines.atBeat(env.monotonicMs(), delayMs, () => {
      this.report()
      this.#after(beatMs)
    })
  }

  stop(): void {
    this.#next?.cancel()
  }

  report(): void {
    const signature = this.#signature()
    if (signature === this.#lastSignature) return
    this.#lastSignature = signature
    const { image } = this.#broker
    const topics = image.topicsEndOffset === this.#lastTopicsEndOffset ? undefined : this.#topics()
    this.#lastTopicsEndOffset = image.topicsEndOffset
    this.#post({ kind: 'report', report: this.#facts(), topics })
  }

  /** Cheap to make, different whenever the report would be. */
  #signature(): string {
    const { quorum, image, traffic, replicas } = this.#broker
    let offsets = 0
    let bytes = 0
    for (const { log, role } of replicas.all()) {
      bytes += log.sizeInBytes // Compaction and retention of whole segments change nothing else.
      offsets += log.logEndOffset + log.highWatermark * 3 + log.logStartOffset * 7 + (role?.kind === 'leader' ? 2 : 1)
    }
    const { connections } = this.#gateway
    const { bytesIn, bytesOut } = traffic
    const voters = quorum.voters.length
    return [image.endOffset, quorum.controllerId, voters, offsets, bytes, connections.size, bytesIn, bytesOut].join()
  }

  #facts() {
    const { options, image, quorum, traffic, replicas } = this.#broker
    const { brokerId } = options
    return {
      brokerId,
      atMs: Date.now(),
      metadataOffset: image.endOffset,
      isFenced: image.brokers.get(brokerId)?.fenced !== false,
      controllerId: quorum.controllerId < 0 ? null : quorum.controllerId,
      controllerEpoch: quorum.leaderEpoch,
      voters: quorum.voters.map(({ id }) => id),
      connections: this.#gateway.connections.size,
      recordsIn: traffic.recordsIn,
      recordsOut: traffic.recordsOut,
      bytesIn: traffic.bytesIn,
      bytesOut: traffic.bytesOut,
      replicas: [...replicas.all()].map(({ topic, index, role, log }) => ({
        topic,
        partition: index,
        isLeader: role?.kind === 'leader',
        logStartOffset: log.logStartOffset,
        logEndOffset: log.logEndOffset,
        highWatermark: log.highWatermark,
        logBytes: log.sizeInBytes,
      })),
    }
  }

  #topics(): TopicReport[] {
    const { image, settings } = this.#broker
    return [...image.topics.values()].map((topic) => ({
      topic: topic.name,
      topicId: topic.id,
      minInsyncReplicas: settings.minInsyncReplicas(topic.name),
      partitions: topic.partitions.map(({ partition, leader, leaderEpoch, replicas, isr, eligibleLeaderReplicas }) => ({
        partition,
        leader,
        leaderEpoch,
        replicas,
        isr,
        eligibleLeaderReplicas,
      })),
    }))
  }
}
