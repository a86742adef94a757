// One broker in its worker thread. Started by owned-cluster.ts; ends when told, when terminated, or with the first bug.
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'
import { routes } from '../api/index.ts'
import { randomUuid } from '../base/uuid.ts'
import { Broker } from '../core/broker.ts'
import { createBrokerConfig } from '../core/config/broker-config.ts'
import { BackgroundSync } from './background-sync.ts'
import { Gateway } from './gateway.ts'
import { type Listener, listen, PortInUse } from './listener.ts'
import { PeerLinks } from './peer-links.ts'
import { Reporter } from './reporter.ts'
import { workerEnv } from './worker-env.ts'
import { WorkerEvents } from './worker-events.ts'
import type { FromWorker, ToWorker, WorkerOptions } from './worker-messages.ts'

/** How long a clean stop may wait for the controller to move leaders away. */
const shutDownTimeoutMs = 5_000

const options = workerData as WorkerOptions
const host = parentPort!
const post = (message: FromWorker): void => host.postMessage(message)

const env = workerEnv(options.directory, options.peerDirectories)
const links = new PeerLinks()
const syncs = new BackgroundSync(options.directory)
const events = new WorkerEvents((event) => post({ kind: 'event', event }))
const { brokerId, voters, clusterId, directoryId, settings, port } = options

const broker = new Broker(
  {
    brokerId,
    voters,
    clusterId,
    directoryId,
    config: createBrokerConfig(settings),
    host: options.host,
    port,
    incarnationId: randomUuid(env.random),
    apis: [...routes.values()].map(({ api }) => api),
  },
  env,
  links,
  {
    sync: (path, done) =>
      syncs.sync(path, () => {
        done()
        gateway.scheduleTurnEnd()
      }),
    event: (event) => events.add(brokerId, event),
    serving: () => {
      gateway.serve()
      reporter.report()
      post({ kind: 'serving' })
    },
  },
)
const gateway = new Gateway(broker, (line) => post({ kind: 'log', line }))
const reporter = new Reporter(broker, gateway, post)
let listener: Listener | undefined

host.on('message', (message: ToWorker) => {
  switch (message.kind) {
    case 'peer':
      return connectPeer(message.brokerId, message.port)
    case 'pause':
      return holdStill()
    case 'stop':
      return stop(message.movesLeaders)
  }
})

function connectPeer(peerId: number, peerPort: MessagePort): void {
  links.connect(peerId, peerPort, {
    up: (id) => broker.peerUp(id),
    received: (from, message) => {
      broker.receive(from, message)
      gateway.scheduleTurnEnd()
    },
    lost: (id) => {
      broker.peerLost(id)
      gateway.scheduleTurnEnd()
    },
  })
  gateway.scheduleTurnEnd()
}

/** As SIGSTOP would: the kernel goes on accepting connections and bytes for this thread, nobody answers. */
function holdStill(): void {
  post({ kind: 'pausing' })
  Atomics.wait(new Int32Array(options.gate), 0, 1)
}

function stop(movesLeaders: boolean): void {
  const lookLast = (): void => {
    listener?.close()
    reporter.report()
    reporter.stop()
    gateway.close()
  }
  broker.shutDown(movesLeaders ? shutDownTimeoutMs : 0, lookLast, () => {
    post({ kind: 'stopped' })
    setImmediate(() => process.exit(0)) // Ends this thread only; the ports to peers would keep it.
  })
  gateway.scheduleTurnEnd()
}

try {
  listener = await listen(port, gateway)
  broker.start()
  reporter.start()
  gateway.scheduleTurnEnd()
} catch (error) {
  if (!(error instanceof PortInUse)) throw error
  post({ kind: 'port-in-use', port })
  setImmediate(() => process.exit(0))
}
