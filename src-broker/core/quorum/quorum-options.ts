// What a node of the quorum is told at its start, and what it asks of the world around it.
import type { Uuid } from '../../base/uuid.ts'
import type { BrokerConfig } from '../config/broker-config.ts'
import type { RequestOf } from './controller-apis.ts'
import type { MetadataDelta } from './image.ts'
import type { QuorumMessage } from './messages.ts'
import type { QuorumEvent } from './quorum-events.ts'
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
  /** Static settings. */
  readonly config: BrokerConfig
}

export interface QuorumSink {
  send(to: number, message: QuorumMessage): void
  /** fdatasync of a file of this broker, in the background; `done` in a later turn. */
  sync(path: string, done: () => void): void
  /** Committed records have been replayed; `image` stands as they left it. */
  imageChanged(delta: MetadataDelta): void
  event(event: QuorumEvent): void
}

export const registrationOf = (options: QuorumOptions): RequestOf<'BrokerRegistration'> => ({
  brokerId: options.brokerId,
  clusterId: options.clusterId,
  incarnationId: options.incarnationId,
  listeners: options.listeners,
  features: options.features,
  rack: options.rack,
  logDirs: [options.directoryId],
  // Looked up when it is sent: the logs are looked at for it.
  get previousBrokerEpoch() {
    return options.previousBrokerEpoch
  },
})
