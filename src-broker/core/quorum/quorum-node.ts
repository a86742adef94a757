// One broker's end of the quorum: its Raft replica, its metadata image, the controller while it leads, and its own
// registration and heartbeats. Everything it wants of the world goes through the sink; everything that happens comes in
// through `receive`, `peerUp`, `peerLost` and its deadlines.
import type { Deadlines } from '../../base/deadlines.ts'
import type { Uuid } from '../../base/uuid.ts'
import type { Env } from '../env.ts'
import type { Answer, ControllerApi, RequestOf } from './controller-apis.ts'
import { type MetadataDelta, MetadataImage } from './image.ts'
import type { QuorumMessage } from './messages.ts'
import type { BrokerEndpoint, SupportedFeature } from './records.ts'

export interface QuorumOptions {
  readonly brokerId: number
  readonly clusterId: string
  /** Broker ids that vote. The others follow. */
  readonly voters: readonly number[]
  /** Fresh with every start of the broker. */
  readonly incarnationId: Uuid
  readonly directoryId: Uuid
  readonly listeners: readonly BrokerEndpoint[]
  readonly features: readonly SupportedFeature[]
  readonly rack: string | null
  /** From the clean-shutdown file; -1 where the broker did not stop cleanly. */
  readonly previousBrokerEpoch: number
}

export interface QuorumSink {
  send(to: number, message: QuorumMessage): void
  /** fdatasync of a file of this broker, in the background; `done` in a later turn. */
  sync(path: string, done: () => void): void
  /** Committed records have been replayed; `image` stands as they left it. */
  imageChanged(delta: MetadataDelta): void
  event(event: QuorumEvent): void
}

/** What the pulse shows of the quorum. */
export type QuorumEvent =
  /** This node leads the metadata quorum; `tookMs` since it lost sight of the one before (or started). */
  | {
      readonly kind: 'controller-elected'
      readonly controllerId: number
      readonly epoch: number
      readonly tookMs: number
    }
  | {
      readonly kind: 'controller-resigned'
      readonly controllerId: number
      readonly epoch: number
      readonly reason: string
    }
  /** Reported by the controller alone, once committed. */
  | { readonly kind: 'broker-fenced' | 'broker-unfenced'; readonly brokerId: number; readonly reason: string }
  | {
      readonly kind: 'leader-changed'
      readonly topic: string
      readonly partition: number
      readonly from: number
      readonly to: number
      readonly leaderEpoch: number
    }
  | {
      readonly kind: 'isr-changed'
      readonly topic: string
      readonly partition: number
      readonly from: readonly number[]
      readonly to: readonly number[]
    }
  /** The clock jumped: the machine slept, or this broker was held. Sessions start anew. */
  | { readonly kind: 'clock-gap'; readonly gapMs: number }

export class QuorumNode {
  readonly image: MetadataImage
  readonly options: QuorumOptions

  constructor(options: QuorumOptions, _env: Env, _deadlines: Deadlines, _sink: QuorumSink) {
    this.options = options
    this.image = new MetadataImage(options.clusterId)
  }

  /** The active controller as far as this node knows, or -1. */
  get controllerId(): number {
    return -1
  }

  /** Epoch of the quorum's leader. */
  get leaderEpoch(): number {
    return 0
  }

  /** Epoch of this broker's registration, -1 before it. */
  get brokerEpoch(): number {
    return -1
  }

  get highWatermark(): number {
    return 0
  }

  get logEndOffset(): number {
    return 0
  }

  /** Reads the log and the vote back, then takes part: election, registration, heartbeats. */
  start(): void {}

  /** Leaves at once. A leader says so, so that nobody waits for it. */
  stop(): void {}

  /** Asks the controller to move this broker's leaders away; `done` once it may go, or after `timeoutMs`. */
  shutDown(_timeoutMs: number, _done: () => void): void {}

  receive(_from: number, _message: QuorumMessage): void {}

  peerUp(_broker: number): void {}

  /** The port closed: the broker is dead, and acted upon at once. */
  peerLost(_broker: number): void {}

  /** Asks the active controller, wherever it is, until the deadline. `answer` is called exactly once, perhaps before this returns. */
  request<A extends ControllerApi>(
    _api: A,
    _body: RequestOf<A>,
    _timeoutMs: number,
    _answer: (answer: Answer<A>) => void,
  ): void {}
}
