// A cluster that only remembers what was done to it: for tests of what stands around the cluster.
import type {
  BrokerLifecycle,
  BrokerStatus,
  ClusterEvent,
  ClusterHost,
  ClusterOptions,
} from '../../src-broker/runtime/cluster-host.ts'

export interface FakeCluster extends ClusterHost {
  readonly isClosed: boolean
  emit(event: ClusterEvent): void
}

export function fakeCluster({ brokerCount, port }: Pick<ClusterOptions, 'brokerCount' | 'port'>): FakeCluster {
  const lifecycles = new Map<number, BrokerLifecycle>()
  for (let brokerId = 1; brokerId <= (brokerCount ?? 3); brokerId += 1) lifecycles.set(brokerId, 'running')
  const eventListeners = new Set<(event: ClusterEvent) => void>()
  const changeListeners = new Set<() => void>()
  let isClosed = false

  const portOf = (brokerId: number) => port + 2 * (brokerId - 1)
  const statusOf = ([brokerId, lifecycle]: [number, BrokerLifecycle]): BrokerStatus => ({
    brokerId,
    port: portOf(brokerId),
    lifecycle,
    reason: null,
    sinceMs: 0,
    report: null,
  })
  const emit = (event: ClusterEvent) => {
    for (const listener of eventListeners) listener(event)
  }
  const become =
    (
      lifecycle: BrokerLifecycle,
      from: BrokerLifecycle[],
      kind: 'killed' | 'paused' | 'resumed' | 'started' | 'stopped',
    ) =>
    async (brokerId: number) => {
      const current = lifecycles.get(brokerId)
      if (current === undefined || !from.includes(current)) throw new Error(`broker ${brokerId} is ${current}`)
      lifecycles.set(brokerId, lifecycle)
      emit({ kind: `broker-${kind}`, brokerId, atMs: 0, tookMs: null })
      for (const listener of changeListeners) listener()
    }

  return {
    clusterId: 'fake-cluster',
    bootstrap: [...lifecycles.keys()].map((brokerId) => `127.0.0.1:${portOf(brokerId)}`),
    get isClosed() {
      return isClosed
    },
    brokers: () => [...lifecycles].map(statusOf),
    kill: become('killed', ['running', 'paused'], 'killed'),
    pause: become('paused', ['running'], 'paused'),
    resume: become('running', ['paused'], 'resumed'),
    start: become('running', ['killed', 'stopped', 'crashed'], 'started'),
    stop: become('stopped', ['running'], 'stopped'),
    async addBroker() {
      const brokerId = Math.max(0, ...lifecycles.keys()) + 1
      lifecycles.set(brokerId, 'running')
      return brokerId
    },
    async removeBroker(brokerId) {
      if (lifecycles.size === 1) throw new Error(`broker ${brokerId} cannot be removed: no other broker runs`)
      lifecycles.delete(brokerId)
    },
    emit,
    onEvent: (listener) => (eventListeners.add(listener), () => eventListeners.delete(listener)),
    onChange: (listener) => (changeListeners.add(listener), () => changeListeners.delete(listener)),
    async close() {
      isClosed = true
    },
  }
}
