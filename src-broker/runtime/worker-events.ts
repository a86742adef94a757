// What happens inside a broker, turned into what the host tells the window.
import type { BrokerEvent } from '../core/broker.ts'
import type { ClusterEvent } from './cluster-types.ts'

const nameOf = ({ topic, partition }: { topic: string; partition: number }): string => `${topic}-${partition}`

type UncleanElection = Extract<BrokerEvent, { kind: 'unclean-leaders-elected' }>['elections'][number]
type LeaderChanged = Extract<BrokerEvent, { kind: 'leader-changed' }>

/** Leaders move by the dozen when a broker dies: one event for each old and new leader, not one for each partition. */
export class WorkerEvents {
  readonly #post: (event: ClusterEvent) => void
  readonly #moves = new Map<string, LeaderChanged[]>()

  constructor(post: (event: ClusterEvent) => void) {
    this.#post = post
  }

  add(brokerId: number, event: BrokerEvent): void {
    const atMs = Date.now()
    switch (event.kind) {
      case 'controller-elected': {
        const { controllerId, epoch, tookMs } = event
        return this.#post({ kind: 'controller-elected', brokerId: controllerId, atMs, epoch, tookMs })
      }
      case 'broker-fenced':
      case 'broker-unfenced':
        return this.#post({ kind: event.kind, brokerId: event.brokerId, atMs })
      case 'leader-changed':
        return this.#addMove(event)
      case 'isr-changed': {
        const { topic, partition, from, to } = event
        return this.#post({ kind: 'isr-changed', brokerId, atMs, partition: `${topic}-${partition}`, from, to })
      }
      case 'unclean-leaders-elected':
        return this.#postUnclean(atMs, event.elections)
      case 'logs-damaged': {
        const below = event.logs.filter(({ highWatermark }) => highWatermark !== undefined)
        const [partitions, belowHighWatermark] = [event.logs.map(nameOf), below.map(nameOf)]
        return this.#post({ kind: 'logs-damaged', brokerId, atMs, partitions, belowHighWatermark })
      }
      case 'topic-created':
      case 'topic-deleted':
        return this.#post({ ...event, brokerId, atMs })
      case 'group-rebalanced': {
        const { groupId, generation, members, tookMs, reason } = event
        return this.#post({ kind: 'group-rebalanced', brokerId, atMs, groupId, generation, members, tookMs, reason })
      }
      default:
        return // Not shown on the pulse.
    }
  }

  /** One event for each new leader and what it may lack. */
  #postUnclean(atMs: number, elections: readonly UncleanElection[]): void {
    const alike = Map.groupBy(elections, ({ leader, missing }) => `${leader} ${missing}`)
    for (const some of alike.values()) {
      const { leader: brokerId, missing } = some[0]!
      this.#post({ kind: 'unclean-leaders-elected', brokerId, atMs, partitions: some.map(nameOf), missing })
    }
  }

  #addMove(event: LeaderChanged): void {
    if (this.#moves.size === 0) setImmediate(() => this.#postMoves())
    const key = `${event.from}>${event.to}`
    const moves = this.#moves.get(key) ?? []
    moves.push(event)
    this.#moves.set(key, moves)
  }

  #postMoves(): void {
    for (const moves of this.#moves.values()) {
      const { from, to } = moves[0]!
      const partitions = moves.map(nameOf)
      this.#post({ kind: 'leader-changed', brokerId: to, from, atMs: Date.now(), partitions, tookMs: null })
    }
    this.#moves.clear()
  }
}
