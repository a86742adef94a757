import type { BrokerView, ClusterHealth, ClusterView, TopicMatrix } from '../../src-main/contract/cluster.ts'
import type { Client } from '../api/client.ts'
import { Matrix } from './matrix.svelte.ts'
import type { Toasts } from './toasts.svelte.ts'

export type BrokerAction = 'kill' | 'pause' | 'resume' | 'start' | 'stop' | 'restart'

export class Cluster {
  view = $state.raw<ClusterView | null>(null)
  /** What was asked of a broker and has not been answered. */
  pending = $state.raw<ReadonlyMap<number, BrokerAction>>(new Map())
  isHealing = $state(false)
  isAdding = $state(false)
  readonly matrix = new Matrix()

  readonly brokers = $derived<readonly BrokerView[]>(this.view?.brokers ?? [])
  readonly faultCount = $derived(this.brokers.filter((broker) => broker.isInjected).length)
  readonly topicByName = $derived(new Map<string, TopicMatrix>(this.view?.topics.map((t) => [t.topic, t]) ?? []))
  readonly bootstrap = $derived(this.view?.bootstrap.join(',') ?? '')
  readonly tone = $derived(toneOf(this.view?.health.state ?? 'starting'))
  readonly partitionCount = $derived(this.view?.topics.reduce((sum, t) => sum + t.partitions.length, 0) ?? 0)

  readonly #api: Client['api']
  readonly #toasts: Toasts
  #pushes = 0

  constructor(client: Client, toasts: Toasts) {
    this.#api = client.api
    this.#toasts = toasts
  }

  /** An answer that was overtaken by a push is older than what is shown. */
  async load(): Promise<void> {
    const pushes = this.#pushes
    const view = await this.#api['cluster.view']()
    if (pushes === this.#pushes) this.view = view
  }

  pushed(view: ClusterView): void {
    this.#pushes += 1
    this.view = view
  }

  async act(brokerId: number, action: BrokerAction): Promise<void> {
    if (this.pending.has(brokerId)) return
    this.pending = new Map(this.pending).set(brokerId, action)
    try {
      this.#merge(await this.#api[`broker.${action}`]({ brokerId }))
    } catch (error) {
      this.#toasts.fail(error)
    } finally {
      const rest = new Map(this.pending)
      rest.delete(brokerId)
      this.pending = rest
    }
  }

  async heal(): Promise<void> {
    this.isHealing = true
    try {
      this.view = await this.#api['cluster.heal']()
    } catch (error) {
      this.#toasts.fail(error)
    } finally {
      this.isHealing = false
    }
  }

  /** One broker more. Resolves when it serves. */
  async add(): Promise<void> {
    this.isAdding = true
    try {
      const { brokerId } = await this.#api['broker.add']()
      this.#toasts.say(`Broker ${brokerId} serves. It holds nothing yet: new topics will use it.`)
      await this.load()
    } catch (error) {
      this.#toasts.fail(error)
    } finally {
      this.isAdding = false
    }
  }

  /** Resolves when its replicas are elsewhere and it is gone; throws why it stays. */
  async remove(brokerId: number): Promise<void> {
    this.view = await this.#api['broker.remove']({ brokerId })
  }

  #merge(broker: BrokerView): void {
    if (this.view === null) return
    const brokers = this.view.brokers.map((known) => (known.brokerId === broker.brokerId ? broker : known))
    this.view = { ...this.view, brokers }
  }
}

/** Green while all is well, amber while something is missing that nobody feels yet, red where something is refused. */
function toneOf(state: ClusterHealth['state']): 'good' | 'warn' | 'bad' | 'off' {
  switch (state) {
    case 'serving':
      return 'good'
    case 'degraded':
      return 'warn'
    case 'starting':
      return 'off'
    default:
      return 'bad'
  }
}

/** What may be asked of a broker in its state, the likeliest first. */
export function actionsFor(broker: BrokerView): readonly BrokerAction[] {
  switch (broker.state) {
    case 'stopped':
    case 'killed':
    case 'crashed':
      return ['start']
    case 'paused':
      return ['resume', 'kill']
    case 'starting':
      return ['kill']
    default:
      return ['kill', 'pause', 'restart']
  }
}

export interface BlastRadius {
  readonly leadersMoving: number
  readonly offline: number
  readonly belowMinIsr: number
  readonly losesQuorum: boolean
}

/** What losing this broker now would do, from what is known at this moment. */
export function blastRadius(view: ClusterView, brokerId: number): BlastRadius {
  const others = new Set(view.brokers.filter(isServing).map((broker) => broker.brokerId))
  others.delete(brokerId)
  const radius = { leadersMoving: 0, offline: 0, belowMinIsr: 0 }
  for (const topic of view.topics)
    for (const partition of topic.partitions) {
      if (!partition.isr.includes(brokerId)) continue
      const left = partition.isr.reduce((sum, id) => sum + Number(others.has(id)), 0)
      if (left === 0) radius.offline += 1
      else if (partition.leader === brokerId) radius.leadersMoving += 1
      // A partition cannot ask for more replicas than it has (KIP-966).
      const minIsr = Math.min(topic.minInsyncReplicas, partition.replicas.length)
      if (left > 0 && left + 1 === minIsr) radius.belowMinIsr += 1
    }
  return { ...radius, losesQuorum: others.size * 2 <= view.brokers.length }
}

const isServing = (broker: BrokerView): boolean => broker.state === 'up' || broker.state === 'fenced'
