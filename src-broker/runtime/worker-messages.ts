// What the host's main thread and a broker's worker say to each other.
import type { MessagePort } from 'node:worker_threads'
import type { BrokerReport, ClusterEvent, TopicReport } from './cluster-types.ts'

/** What a worker is born with: enough to load its code and to take its port, while the host still looks at the data directory. */
export interface WorkerBirth {
  readonly port: number
  /** One int32: 1 asks the worker to hold still until it is 0 again. */
  readonly gate: SharedArrayBuffer
}

export interface BrokerBeginning {
  readonly brokerId: number
  /** How many brokers the cluster has. */
  readonly brokerCount: number
  /** Who votes, as long as the metadata log names nobody; empty for a broker that came later. */
  readonly voters: readonly number[]
  readonly clusterId: string
  readonly directoryId: string
  readonly host: string
  readonly port: number
  /** This broker's own directory. */
  readonly directory: string
  /** Where other brokers' directories are, or would be: followers read their log files. By broker id. */
  readonly peerDirectories: Readonly<Record<number, string>>
  /** Static settings by Kafka's names. */
  readonly settings: ReadonlyMap<string, string>
}

/** A step of a broker's coming or going for good. */
export type Deed =
  /** Of a broker that stays: all that `brokerId` holds goes to others. */
  | { readonly kind: 'move-replicas'; readonly brokerId: number; readonly isRunning: boolean }
  /** Of the broker that goes: it votes no more. */
  | { readonly kind: 'leave-quorum' }
  /** Of a broker that stays, where the one that goes cannot be asked. */
  | { readonly kind: 'remove-voter'; readonly brokerId: number }
  | { readonly kind: 'forget-broker'; readonly brokerId: number }
  /** There were so many brokers, and are so many now: what is said of all of them may change. */
  | { readonly kind: 'follow-broker-count'; readonly before: number; readonly after: number }

export type ToWorker =
  /** The first message, once the port is known to be free. */
  | { readonly kind: 'begin'; readonly beginning: BrokerBeginning }
  | { readonly kind: 'peer'; readonly brokerId: number; readonly port: MessagePort }
  /** That broker is being killed: its clients lose their connections before its ports close. */
  | { readonly kind: 'peer-killed'; readonly brokerId: number }
  | { readonly kind: 'pause' }
  | { readonly kind: 'ask'; readonly id: number; readonly deed: Deed }
  /** `movesLeaders`: they go to other brokers first. Without it the whole cluster stops, and there is nowhere to go. */
  | { readonly kind: 'stop'; readonly movesLeaders: boolean }

export type FromWorker =
  /** The port is this worker's; nothing else has been touched. */
  | { readonly kind: 'listening' }
  /** Registered, caught up with the metadata and listening. */
  | { readonly kind: 'serving' }
  | { readonly kind: 'port-in-use'; readonly port: number }
  /** What the broker finds on its disk is not to be relied upon. One line for the user. */
  | { readonly kind: 'refused'; readonly reason: string }
  /** `refusal` null where it is done. */
  | { readonly kind: 'answered'; readonly id: number; readonly refusal: string | null }
  | { readonly kind: 'pausing' }
  | { readonly kind: 'stopped' }
  /** Topics only when something changed about them since the last report. */
  | {
      readonly kind: 'report'
      readonly report: Omit<BrokerReport, 'topics'>
      readonly topics: readonly TopicReport[] | undefined
    }
  | { readonly kind: 'event'; readonly event: ClusterEvent }
  | { readonly kind: 'log'; readonly line: string }
