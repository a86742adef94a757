// The one typed contract between the window and its host, whichever transport carries it (Electron IPC or a WebSocket).
// 64-bit integers that come from message contents stay text; offsets and timestamps are numbers (Kafka's stay below 2^53).
import type { BrokerView, ClusterView, PulseEvent } from './cluster.ts'
import type { GroupDetail, GroupSummary, ResetOutcome, ResetPlan, ResetRequest } from './groups.ts'
import type {
  MessageDetail,
  MessagePage,
  MessageQuery,
  ProduceOutcome,
  ProduceRequest,
  TailBatch,
  TailRequest,
} from './messages.ts'
import type { SampleProgress, SampleSet } from './samples.ts'
import type {
  ConfigChanges,
  DeleteRecordsOutcome,
  DeleteRecordsPlan,
  DeleteRecordsRequest,
  PartitionsChange,
  TopicCreation,
  TopicDetail,
  TopicSummary,
} from './topics.ts'

/** Requests the window may send. One line per call: its name is the channel, its type the contract. Failures are `HostError`. */
export interface Requests {
  'app.info': () => AppInfo
  'cluster.view': () => ClusterView
  'broker.kill': (p: { brokerId: number }) => BrokerView
  'broker.pause': (p: { brokerId: number }) => BrokerView
  'broker.resume': (p: { brokerId: number }) => BrokerView
  'broker.start': (p: { brokerId: number }) => BrokerView
  'broker.stop': (p: { brokerId: number }) => BrokerView
  'broker.restart': (p: { brokerId: number }) => BrokerView
  /** One more, with the lowest free id. */
  'broker.add': () => BrokerView
  /** Moves what it holds to others, takes it out of the cluster and removes its data; refused where something would be lost. */
  'broker.remove': (p: { brokerId: number }) => ClusterView
  /** Ends every fault that the user injected: starts what was killed, resumes what was paused. */
  'cluster.heal': () => ClusterView
  'pulse.history': (p: { sinceMs: number }) => readonly PulseEvent[]
  'topics.list': () => readonly TopicSummary[]
  'topics.describe': (p: { topic: string }) => TopicDetail
  'topics.create': (p: TopicCreation) => { topicId: string }
  'topics.delete': (p: { topic: string }) => null
  /** Settings of one topic; refused where they moved meanwhile. */
  'topics.alterConfigs': (p: ConfigChanges) => null
  /** Partitions can only be added. */
  'topics.addPartitions': (p: PartitionsChange) => null
  /** What would be deleted; changes nothing. */
  'topics.planDeleteRecords': (p: DeleteRecordsRequest) => DeleteRecordsPlan
  /** Deletes exactly what was shown; refused where the logs begin elsewhere by now. */
  'topics.deleteRecords': (p: { plan: DeleteRecordsPlan }) => DeleteRecordsOutcome
  'messages.page': (p: MessageQuery) => MessagePage
  'messages.detail': (p: { topic: string; partition: number; offset: number }) => MessageDetail
  'messages.produce': (p: ProduceRequest) => ProduceOutcome
  /** Follows a topic from its end; rows come as 'tail' events until stopped. Returns the id that the events carry. */
  'tail.start': (request: TailRequest) => { tailId: string }
  'tail.stop': (p: { tailId: string }) => null
  'groups.list': () => readonly GroupSummary[]
  'groups.describe': (p: { groupId: string }) => GroupDetail
  /** What a reset would do; changes nothing. */
  'groups.planReset': (p: ResetRequest) => ResetPlan
  /** Applies exactly the plan that was shown; refused when the group has members or its offsets moved meanwhile. */
  'groups.applyReset': (p: { plan: ResetPlan }) => ResetOutcome
  'groups.delete': (p: { groupId: string }) => null
  'samples.list': () => readonly SampleSet[]
  /** Fills topics through a real client; progress comes as 'samples' events. Resolves when all are acknowledged. */
  'samples.load': (p: { names: readonly string[] }) => SampleProgress
  /** Stops what is being loaded; what was acknowledged stays. */
  'samples.cancel': () => null
}

/** Events the host pushes to every window. */
export interface Events {
  /** The whole view, at most four times a second and only when something changed. */
  cluster: ClusterView
  pulse: PulseEvent
  tail: TailBatch
  samples: SampleProgress
  /** Topics or groups came, went or changed: ask again. */
  changed: { readonly what: 'topics' | 'groups' }
}

export interface AppInfo {
  readonly version: string
  readonly host: 'electron' | 'headless'
  readonly dataDirectory: string
  readonly isEphemeral: boolean
  /** Broker defaults that differ from Kafka's, for the settings table. */
  readonly laptopDefaults: readonly LaptopDefault[]
}

export interface LaptopDefault {
  readonly name: string
  readonly value: string
  readonly kafkaDefault: string
  readonly why: string
}

/** How a failed request crosses the transport. `code` is a Kafka error name (TOPIC_ALREADY_EXISTS) or one of the host's own. */
export interface HostError {
  readonly code: string
  /** One sentence for the user. */
  readonly message: string
}

/** Every request name once; a request that is declared but not listed does not compile. */
export const requestNames = [
  'app.info',
  'cluster.view',
  'broker.kill',
  'broker.pause',
  'broker.resume',
  'broker.start',
  'broker.stop',
  'broker.restart',
  'broker.add',
  'broker.remove',
  'cluster.heal',
  'pulse.history',
  'topics.list',
  'topics.describe',
  'topics.create',
  'topics.delete',
  'topics.alterConfigs',
  'topics.addPartitions',
  'topics.planDeleteRecords',
  'topics.deleteRecords',
  'messages.page',
  'messages.detail',
  'messages.produce',
  'tail.start',
  'tail.stop',
  'groups.list',
  'groups.describe',
  'groups.planReset',
  'groups.applyReset',
  'groups.delete',
  'samples.list',
  'samples.load',
  'samples.cancel',
] as const satisfies readonly (keyof Requests)[]
type Missing = Exclude<keyof Requests, (typeof requestNames)[number]>
const everyRequestIsListed: [Missing] extends [never] ? true : Missing = true
void everyRequestIsListed

export type RequestName = keyof Requests
export type EventName = keyof Events
export type Handlers = {
  [K in RequestName]: (...args: Parameters<Requests[K]>) => ReturnType<Requests[K]> | Promise<ReturnType<Requests[K]>>
}
export type Api = { [K in RequestName]: (...args: Parameters<Requests[K]>) => Promise<ReturnType<Requests[K]>> }
