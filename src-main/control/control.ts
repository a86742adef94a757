// The few commands that a running host takes from outside its window, as JSON in the body of POST /control:
// {"command":"status"}, {"command":"add"} or {"command":"kill","brokerId":2}. Every answer that is not a refusal holds the status afterwards.
import type { BrokerReport, BrokerStatus, ClusterHost } from '../../src-broker/runtime/cluster-host.ts'

export const controlTokenHeader = 'x-pressroom-token'

const brokerCommands = ['kill', 'pause', 'resume', 'start', 'stop', 'remove'] as const
const clusterCommands = ['status', 'add'] as const
export type BrokerCommand = (typeof brokerCommands)[number]
export const isBrokerCommand = (text: unknown): text is BrokerCommand =>
  (brokerCommands as readonly unknown[]).includes(text)

export type ClusterCommand = (typeof clusterCommands)[number]
export const isClusterCommand = (text: unknown): text is ClusterCommand =>
  (clusterCommands as readonly unknown[]).includes(text)

export type ControlRequest =
  | { readonly command: ClusterCommand }
  | { readonly command: BrokerCommand; readonly brokerId: number }

export interface HostStatus {
  readonly pid: number
  readonly version: string
  readonly clusterId: string
  readonly dataDirectory: string
  readonly bootstrap: readonly string[]
  /** Where the window is served; null when it is Electron's. */
  readonly ui: string | null
  readonly startedAtMs: number
  readonly controllerId: number | null
  readonly brokers: readonly BrokerLine[]
}

export interface BrokerLine {
  readonly brokerId: number
  readonly state: BrokerStatus['lifecycle'] | 'fenced'
  readonly reason: string | null
  readonly sinceMs: number
  readonly port: number
  readonly leaderCount: number
  readonly replicaCount: number
  readonly logBytes: number
  readonly connections: number
}

/** What the host says of itself; the rest of the status comes from the brokers. */
export type HostFacts = Pick<HostStatus, 'pid' | 'version' | 'dataDirectory' | 'ui' | 'startedAtMs'>

export interface ControlAnswer {
  readonly status: 200 | 400 | 409
  readonly value: HostStatus | { readonly error: string }
}

export async function runControl(cluster: ClusterHost, facts: HostFacts, body: string): Promise<ControlAnswer> {
  const request = asControlRequest(body)
  if (request === null) return { status: 400, value: { error: 'this host knows no such command' } }
  try {
    if (request.command === 'add') {
      refuseWithoutController(cluster, 'no broker can be added')
      await cluster.addBroker()
    } else if ('brokerId' in request) await runBrokerCommand(cluster, request.command, request.brokerId)
    return { status: 200, value: statusOf(cluster, facts) }
  } catch (error) {
    return { status: 409, value: { error: error instanceof Error ? error.message : String(error) } }
  }
}

async function runBrokerCommand(cluster: ClusterHost, command: BrokerCommand, brokerId: number): Promise<void> {
  const ids = cluster.brokers().map((broker) => broker.brokerId)
  if (!ids.includes(brokerId)) throw new Error(`there is no broker ${brokerId}; this cluster has ${ids.join(', ')}`)
  if (command === 'remove') {
    refuseWithoutController(cluster, `broker ${brokerId} cannot be removed`)
    await cluster.removeBroker(brokerId)
  } else await cluster[command](brokerId)
}

/** Who joins or leaves for good is written into the metadata: without a controller that would only be waited for. */
function refuseWithoutController(cluster: ClusterHost, what: string): void {
  const { report, controllerId } = latestIn(cluster)
  if (report === undefined || controllerId !== null) return // Nothing is known against it.
  throw new Error(`${what}: the metadata quorum has no leader; start the brokers that are down first`)
}

function latestIn(cluster: ClusterHost): { report: BrokerReport | undefined; controllerId: number | null } {
  const brokers = cluster.brokers()
  const running = brokers.filter(({ lifecycle }) => lifecycle === 'running')
  const reports = (running.length > 0 ? running : brokers).flatMap(({ report }) => report ?? [])
  const report = reports.toSorted((a, b) => b.controllerEpoch - a.controllerEpoch || b.atMs - a.atMs)[0]
  // For a moment the others still name one that is gone.
  const controller = running.find(({ brokerId }) => brokerId === report?.controllerId)
  return { report, controllerId: controller?.brokerId ?? null }
}

function statusOf(cluster: ClusterHost, facts: HostFacts): HostStatus {
  const brokers = cluster.brokers()
  const { report, controllerId } = latestIn(cluster)
  return {
    ...facts,
    clusterId: cluster.clusterId,
    bootstrap: cluster.bootstrap,
    controllerId,
    brokers: brokers.map((broker) => brokerLine(broker, report?.topics ?? [])),
  }
}

/** What a broker leads is for the metadata to say: one that is paused or killed leads until the controller has noticed. */
function brokerLine(broker: BrokerStatus, topics: BrokerReport['topics']): BrokerLine {
  const { brokerId, lifecycle, reason, sinceMs, port, report } = broker
  const partitions = topics.flatMap((topic) => topic.partitions)
  return {
    brokerId,
    state: lifecycle === 'running' && report?.isFenced ? 'fenced' : lifecycle,
    reason,
    sinceMs,
    port,
    leaderCount: partitions.filter(({ leader }) => leader === brokerId).length,
    replicaCount: partitions.filter(({ replicas }) => replicas.includes(brokerId)).length,
    logBytes: (report?.replicas ?? []).reduce((sum, replica) => sum + replica.logBytes, 0),
    connections: lifecycle === 'running' ? (report?.connections ?? 0) : 0,
  }
}

function asControlRequest(body: string): ControlRequest | null {
  try {
    const { command, brokerId } = JSON.parse(body) as Record<string, unknown>
    if (isClusterCommand(command)) return { command }
    return isBrokerCommand(command) && typeof brokerId === 'number' ? { command, brokerId } : null
  } catch {
    return null
  }
}
