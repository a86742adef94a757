// A broker's core joined to the outside world of its thread: disk, clock, sockets, peers, and the reports to the host.
import type { MessagePort } from 'node:worker_threads'
import { routes } from '../api/index.ts'
import { randomUuid } from '../base/uuid.ts'
import { Broker } from '../core/broker.ts'
import { createBrokerConfig } from '../core/config/broker-config.ts'
import { followBrokerCount } from '../core/quorum/broker-count.ts'
import { BrokerRemoval } from '../core/quorum/broker-removal.ts'
import { BackgroundSync } from './background-sync.ts'
import { Gateway } from './gateway.ts'
import type { Listener } from './listener.ts'
import { PeerLinks } from './peer-links.ts'
import { Reporter } from './reporter.ts'
import { workerEnv } from './worker-env.ts'
import { WorkerEvents } from './worker-events.ts'
import type { BrokerBeginning, Deed, FromWorker } from './worker-messages.ts'

/** How long a clean stop may wait for the controller to move leaders away. */
const shutDownTimeoutMs = 5_000
/** How long a removal waits for replicas to be copied before it says so. */
const moveTimeoutMs = 45_000

export class RunningBroker {
  readonly #broker: Broker
  readonly #gateway: Gateway
  readonly #reporter: Reporter
  readonly #listener: Listener
  readonly #links = new PeerLinks({
    up: (id) => this.#broker.peerUp(id),
    received: (from, message) => {
      this.#broker.receive(from, message)
      this.#gateway.scheduleTurnEnd()
    },
    lost: (id) => {
      this.#broker.peerLost(id)
      this.#gateway.scheduleTurnEnd()
    },
  })
  readonly #removal: BrokerRemoval
  readonly #events: WorkerEvents
  readonly #post: (message: FromWorker) => void

  constructor(beginning: BrokerBeginning, listener: Listener, post: (message: FromWorker) => void) {
    const { directory, peerDirectories, settings, brokerId } = beginning
    const env = workerEnv(directory, peerDirectories)
    const syncs = new BackgroundSync(directory)
    this.#events = new WorkerEvents((event) => post({ kind: 'event', event }))
    const options = {
      ...beginning,
      config: createBrokerConfig(settings),
      incarnationId: randomUuid(env.random),
      apis: [...routes.values()].map(({ api }) => api),
    }
    this.#listener = listener
    this.#post = post
    this.#broker = new Broker(options, env, this.#links, {
      sync: (path, done) =>
        syncs.sync(path, () => {
          done()
          this.#gateway.scheduleTurnEnd()
        }),
      event: (event) => this.#events.add(brokerId, event),
      serving: () => this.#serve(),
    })
    const { quorum, deadlines, image } = this.#broker
    this.#removal = new BrokerRemoval({
      image,
      deadlines,
      nowMs: () => env.monotonicMs(),
      voters: () => quorum.voters,
      clusterId: beginning.clusterId,
      request: (api, body, timeoutMs, answer) => quorum.request(api, body, timeoutMs, answer),
    })
    this.#gateway = new Gateway(this.#broker, (line) => post({ kind: 'log', line }))
    this.#reporter = new Reporter(this.#broker, this.#gateway, post)
    this.#broker.start()
    this.#reporter.start()
    this.#gateway.scheduleTurnEnd()
  }

  connectPeer(peerId: number, port: MessagePort): void {
    this.#links.connect(peerId, port)
    this.#gateway.scheduleTurnEnd()
  }

  disconnectPeer(peerId: number): void {
    this.#links.disconnect(peerId)
  }

  /** `done` with null, or with one line on why not. */
  ask(deed: Deed, done: (refusal: string | null) => void): void {
    const { quorum } = this.#broker
    const answered = (refusal: string | null): void => {
      done(refusal)
      this.#gateway.scheduleTurnEnd()
    }
    switch (deed.kind) {
      case 'move-replicas':
        this.#removal.moveReplicas(deed.brokerId, deed.isRunning, moveTimeoutMs, answered)
        break
      case 'leave-quorum':
        quorum.leaveQuorum(answered)
        break
      case 'remove-voter':
        this.#removal.removeVoter(deed.brokerId, answered)
        break
      case 'forget-broker':
        this.#removal.forget(deed.brokerId, answered)
        break
      case 'follow-broker-count':
        followBrokerCount(quorum, deed.before, deed.after, answered)
        break
    }
    this.#gateway.scheduleTurnEnd()
  }

  /** `movesLeaders`: the controller gets time to give them to other brokers. */
  stop(movesLeaders: boolean, done: () => void): void {
    const lookLast = (): void => {
      this.#listener.close()
      this.#reporter.report()
      this.#reporter.stop()
      this.#gateway.close()
    }
    this.#broker.shutDown(movesLeaders ? shutDownTimeoutMs : 0, lookLast, () => {
      this.#events.flush()
      this.#post({ kind: 'stopped' })
      done()
    })
    this.#gateway.scheduleTurnEnd()
  }

  #serve(): void {
    this.#listener.open(this.#gateway)
    this.#reporter.serving()
    this.#post({ kind: 'serving' })
  }
}
