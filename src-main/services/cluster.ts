// The owned cluster for its windows: the view, pushed at most four times a second and only when it changed, and the switches at each
// broker's head.
import type { BrokerReport, ClusterHost } from '../../src-broker/runtime/cluster-host.ts'
import type { BrokerView, ClusterView } from '../contract/cluster.ts'
import type { Handlers } from '../contract/contract.ts'
import { RequestFailed } from '../contract/rpc.ts'
import { clusterView } from './cluster-view.ts'
import type { EventBus } from './event-bus.ts'
import { RateMeter } from './rates.ts'

const pushEveryMs = 250

type Names =
  | 'cluster.view'
  | 'cluster.heal'
  | 'broker.kill'
  | 'broker.pause'
  | 'broker.resume'
  | 'broker.start'
  | 'broker.stop'
  | 'broker.restart'
  | 'broker.add'
  | 'broker.remove'

/** What a broker can be asked to do, and in which states that makes sense. */
type Deed = 'kill' | 'pause' | 'resume' | 'start' | 'stop'

export class ClusterService {
  readonly handlers: Pick<Handlers, Names>
  readonly #host: ClusterHost
  readonly #events: EventBus
  readonly #meter = new RateMeter()
  readonly #reports = new Map<number, BrokerReport>()
  readonly #unsubscribe: () => void
  readonly #onDeed: (brokerId: number, deed: Deed) => void
  #timer: NodeJS.Timeout | null = null
  #pushedAtMs = -Infinity
  #pushed = ''
  #topics = ''

  /** `onDeed` hears of everything that a user asks of a broker, before it happens. */
  constructor(host: ClusterHost, events: EventBus, onDeed: (brokerId: number, deed: Deed) => void) {
    this.#host = host
    this.#events = events
    this.#onDeed = onDeed
    this.#unsubscribe = host.onChange(() => this.#schedule())
    this.#listen()
    this.handlers = {
      'cluster.view': () => this.view(),
      'cluster.heal': () => this.#heal(),
      'broker.kill': ({ brokerId }) => this.#do(brokerId, 'kill'),
      'broker.pause': ({ brokerId }) => this.#do(brokerId, 'pause'),
      'broker.resume': ({ brokerId }) => this.#do(brokerId, 'resume'),
      'broker.start': ({ brokerId }) => this.#do(brokerId, 'start'),
      'broker.stop': ({ brokerId }) => this.#do(brokerId, 'stop'),
      'broker.restart': ({ brokerId }) => this.#restart(brokerId),
      'broker.add': async () => this.#broker(await host.addBroker().catch(refuse('BROKER_NOT_ADDED'))),
      'broker.remove': ({ brokerId }) => this.#remove(brokerId),
    }
  }

  view(): ClusterView {
    this.#listen()
    const nowMs = Date.now()
    return clusterView(this.#host, this.#reports, this.#meter.rates(nowMs), nowMs)
  }

  close(): void {
    this.#unsubscribe()
    if (this.#timer !== null) clearTimeout(this.#timer)
  }

  /** Takes in what the brokers reported since the last time. */
  #listen(): void {
    for (const { brokerId, report } of this.#host.brokers()) {
      if (report === null || this.#reports.get(brokerId) === report) continue
      this.#reports.set(brokerId, report)
      this.#meter.count(brokerId, report, Date.now())
    }
  }

  #schedule(): void {
    this.#listen()
    const waitMs = Math.max(0, this.#pushedAtMs + pushEveryMs - performance.now())
    this.#timer ??= setTimeout(() => this.#push(), waitMs).unref()
  }

  #push(): void {
    this.#timer = null
    this.#pushedAtMs = performance.now()
    const view = this.view()
    const content = JSON.stringify({ ...view, atMs: 0 })
    if (content !== this.#pushed) {
      this.#pushed = content
      this.#events.emit('cluster', view)
    }
    const topics = view.topics.map(({ topicId, partitions }) => `${topicId} ${partitions.length}`).join()
    if (topics !== this.#topics) {
      this.#topics = topics
      this.#events.emit('changed', { what: 'topics' })
    }
    if (this.#meter.isMoving) this.#schedule()
  }

  async #do(brokerId: number, deed: Deed): Promise<BrokerView> {
    this.#broker(brokerId)
    this.#onDeed(brokerId, deed)
    await this.#host[deed](brokerId)
    return this.#broker(brokerId)
  }

  async #restart(brokerId: number): Promise<BrokerView> {
    const { state } = this.#broker(brokerId)
    // A paused broker could not hand over its leaders: it goes on first.
    if (state === 'paused') await this.#do(brokerId, 'resume')
    if (state !== 'stopped' && state !== 'killed' && state !== 'crashed') await this.#do(brokerId, 'stop')
    return this.#do(brokerId, 'start')
  }

  async #remove(brokerId: number): Promise<ClusterView> {
    this.#broker(brokerId)
    await this.#host.removeBroker(brokerId).catch(refuse('BROKER_NOT_REMOVED'))
    this.#reports.delete(brokerId)
    return this.view()
  }

  async #heal(): Promise<ClusterView> {
    const injected = this.view().brokers.filter(({ isInjected }) => isInjected)
    const results = await Promise.allSettled(
      injected.map(({ brokerId, state }) => this.#do(brokerId, state === 'paused' ? 'resume' : 'start')),
    )
    const failed = results.find((result) => result.status === 'rejected')
    if (failed !== undefined) throw failed.reason
    return this.view()
  }

  #broker(brokerId: number): BrokerView {
    const broker = this.view().brokers.find((candidate) => candidate.brokerId === brokerId)
    if (broker === undefined) throw new RequestFailed('BROKER_NOT_FOUND', `There is no broker ${brokerId}.`)
    return broker
  }
}

/** The cluster's refusal as a sentence for the user. */
const refuse =
  (code: string) =>
  (error: Error): never => {
    throw new RequestFailed(code, `${error.message.charAt(0).toUpperCase()}${error.message.slice(1)}.`)
  }
