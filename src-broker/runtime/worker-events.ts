// What happens inside a broker, turned into what the host tells the window.
import type { BrokerEvent } from '../core/broker.ts'
import type { ClusterEvent } from './cluster-types.ts'

const nameOf = ({ topic, partition }: { topic: string; partition: number }): string => `${topic}-${partition}`

type UncleanElection = Extract<BrokerEvent, { kind: 'unclean-leaders-elected' }>['elections'][number]
type LeaderChanged = Extract<BrokerEvent, { kind: 'leader-changed' }>

type Told = ClusterEvent | { readonly moves: LeaderChanged[]; readonly atMs: number }

/**
 * Leaders move by the dozen when a broker dies: one event for each old and new leader, not one for each partition. Whether the old one was lost,
 * the host knows. So events wait for
 * the end of the turn, and leave in the order in which they happened.
 */
export class WorkerEvents {
  readonly #send: (event: ClusterEvent) => void
  #told: Told[] = []
  #moves = new Map<string, LeaderChanged[]>()

  constructor(send: (event: ClusterEvent) => void) {
    this.#send = send
  }

  add(brokerId: number, event: BrokerEvent): void {
    const atMs = Date.now()
    switch (event.kind) {
      case 'controller-elected': {
        const { controllerId, epoch, tookMs } = event
        return this.#tell({ kind: 'controller-elected', brokerId: controllerId, atMs, epoch, tookMs })
      }
      case 'broker-fenced':
      case 'broker-unfenced':
        return this.#tell({ kind: event.kind, brokerId: event.brokerId, atMs })
      case 'leader-changed':
        return this.#addMove(event, atMs)
      case 'isr-changed': {
        const { topic, partition, from, to } = event
        return this.#tell({ kind: 'isr-changed', brokerId, atMs, partition: `${topic}-${partition}`, from, to })
      }
      case 'unclean-leaders-elected':
        return this.#postUnclean(atMs, event.elections)
      case 'logs-damaged': {
        const below = event.logs.filter(({ highWatermark }) => highWatermark !== undefined)
        const [partitions, belowHighWatermark] = [event.logs.map(nameOf), below.map(nameOf)]
        return this.#tell({ kind: 'logs-damaged', brokerId, atMs, partitions, belowHighWatermark })
      }
      case 'logs-set-aside':
        return this.#tell({ kind: 'logs-set-aside', brokerId, atMs, partitions: event.logs.map(nameOf) })
      case 'replica-stuck': {
        const { leaderId, offset, why } = event
        return this.#tell({ kind: 'replica-stuck', brokerId, atMs, partition: nameOf(event), leaderId, offset, why })
      }
      case 'coordinator-unreadable': {
        const { kind, offset } = event
        return this.#tell({ kind, brokerId, atMs, partition: nameOf(event), offset })
      }
      case 'metadata-disk-failed':
        return this.#tell({ kind: 'metadata-disk-failed', brokerId, atMs, code: event.code })
      case 'topic-created':
      case 'topic-deleted':
      case 'partitions-added':
      case 'topic-configs-changed':
      case 'offsets-set':
        return this.#tell({ ...event, brokerId, atMs })
      case 'group-rebalanced': {
        const { groupId, generation, members, tookMs, reason } = event
        return this.#tell({ kind: 'group-rebalanced', brokerId, atMs, groupId, generation, members, tookMs, reason })
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
      this.#tell({ kind: 'unclean-leaders-elected', brokerId, atMs, partitions: some.map(nameOf), missing })
    }
  }

  /** Sends what waits. To be called before the thread ends. */
  flush(): void {
    const told = this.#told
    this.#told = []
    this.#moves = new Map()
    for (const event of told) this.#send('moves' in event ? movedTogether(event.moves, event.atMs) : event)
  }

  #addMove(event: LeaderChanged, atMs: number): void {
    const key = `${event.from}>${event.to} ${event.isPreferred}`
    const moves = this.#moves.get(key)
    if (moves !== undefined) {
      moves.push(event)
      return
    }
    const first = [event]
    this.#moves.set(key, first)
    this.#tell({ moves: first, atMs })
  }

  #tell(told: Told): void {
    if (this.#told.length === 0) setImmediate(() => this.flush())
    this.#told.push(told)
  }
}

function movedTogether(moves: readonly LeaderChanged[], atMs: number): ClusterEvent {
  const { from, to, isPreferred } = moves[0]!
  const cause = isPreferred ? 'preferred' : 'moved'
  return { kind: 'leader-changed', brokerId: to, from, atMs, partitions: moves.map(nameOf), cause, tookMs: null }
}
