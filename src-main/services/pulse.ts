// The pulse: what happened to the cluster, one event at a time, in short sentences. Kept in memory for the windows and in the journal
// for tomorrow.
//
// Brokers tell of in-sync sets partition by partition; one dead broker leaves fifty of them at once. What belongs together is told
// in one sentence.
import type { ClusterEvent, ClusterHost } from '../../src-broker/runtime/cluster-host.ts'
import type { PulseEvent } from '../contract/cluster.ts'
import type { Handlers } from '../contract/contract.ts'
import type { Journal } from '../store/journal.ts'
import type { EventBus } from './event-bus.ts'
import { listed } from './partition-names.ts'

const remembered = 5_000
const gatherMs = 100
/** A deed of the user explains what follows within this time. */
const deedMs = 120_000

const topicKinds: ReadonlySet<ClusterEvent['kind']> = new Set([
  'topic-created',
  'topic-deleted',
  'partitions-added',
  'topic-configs-changed',
] as const)
/** As the client of the services calls itself. */
export const ownClientId = 'pressroom'

export type PulseContent = Omit<PulseEvent, 'id' | 'atMs'>

type IsrChange = Extract<ClusterEvent, { kind: 'isr-changed' }>

export class PulseService {
  readonly handlers: Pick<Handlers, 'pulse.history'>
  readonly #events: EventBus
  readonly #journal: Journal
  readonly #unsubscribe: () => void
  readonly #memory: PulseEvent[] = []
  /** When the user last asked something of a broker: `2 stop`. */
  readonly #deeds = new Map<string, number>()
  /** Who has been in the cluster: the others come for the first time. */
  readonly #known = new Set<number>()
  #gathered: IsrChange[] = []
  #timer: NodeJS.Timeout | null = null
  #lastId = 0

  constructor(host: ClusterHost, events: EventBus, journal: Journal) {
    this.#events = events
    this.#journal = journal
    this.handlers = { 'pulse.history': ({ sinceMs }) => this.#history(sinceMs) }
    for (const { brokerId, lifecycle, sinceMs } of host.brokers()) {
      this.#known.add(brokerId)
      // It came up before anybody listened.
      if (lifecycle === 'running')
        this.tell(sinceMs, { ...calm, kind: 'broker-started', brokerId, text: `broker ${brokerId} started` })
    }
    this.#unsubscribe = host.onEvent((event) => this.#hear(event))
  }

  /** The user asked this of a broker: the event that follows is their doing. */
  expect(brokerId: number, deed: string): void {
    this.#deeds.set(`${brokerId} ${deed}`, Date.now())
  }

  tell(atMs: number, content: PulseContent): void {
    this.#lastId = Math.max(this.#lastId + 1, Math.trunc(atMs * 1_000))
    const event: PulseEvent = { id: this.#lastId, atMs, ...content }
    this.#memory.push(event)
    if (this.#memory.length > remembered) this.#memory.splice(0, this.#memory.length - remembered)
    this.#journal.append({ atMs, kind: 'pulse', payload: event })
    this.#events.emit('pulse', event)
  }

  close(): void {
    this.#unsubscribe()
    this.#tellIsr()
  }

  #hear(event: ClusterEvent): void {
    if (event.kind === 'isr-changed') {
      this.#gathered.push(event)
      this.#timer ??= setTimeout(() => this.#tellIsr(), gatherMs).unref()
      return
    }
    // What this window's own client did is told by whoever did it.
    if (event.kind !== 'offsets-set' || event.clientId !== ownClientId) this.tell(event.atMs, this.#contentOf(event))
    if (event.kind === 'group-rebalanced' || event.kind === 'offsets-set')
      this.#events.emit('changed', { what: 'groups' })
    if (topicKinds.has(event.kind)) this.#events.emit('changed', { what: 'topics' })
  }

  #contentOf(event: Exclude<ClusterEvent, IsrChange>): PulseContent {
    const { brokerId } = event
    const kind = event.kind === 'offsets-set' ? 'offsets-reset' : event.kind
    const broker = `broker ${brokerId}`
    switch (event.kind) {
      case 'broker-started':
        return {
          ...calm,
          kind,
          brokerId,
          text: `${broker} started`,
          durationMs: event.tookMs,
          isInjected: this.#isAsked(brokerId, 'start'),
        }
      case 'broker-stopped':
        return {
          ...calm,
          kind,
          brokerId,
          text: `${broker} stopped in order`,
          durationMs: event.tookMs,
          isInjected: this.#isAsked(brokerId, 'stop'),
        }
      case 'broker-killed':
        return {
          ...calm,
          kind,
          brokerId,
          text: `${broker} killed`,
          durationMs: event.tookMs,
          isInjected: true,
          severity: 'warning',
        }
      case 'broker-paused':
        return {
          ...calm,
          kind,
          brokerId,
          text: `${broker} paused`,
          durationMs: event.tookMs,
          isInjected: true,
          severity: 'warning',
        }
      case 'broker-resumed':
        return { ...calm, kind, brokerId, text: `${broker} resumed`, durationMs: event.tookMs, isInjected: true }
      case 'broker-crashed':
        return {
          ...calm,
          kind,
          brokerId,
          text: `${broker} crashed: ${event.reason}${again(event)}`,
          severity: 'trouble',
        }
      case 'metadata-disk-failed': {
        const text = `${broker} cannot write its metadata log (${event.code}): it does not lead the quorum, and tries again`
        return { ...calm, kind, brokerId, text, severity: 'trouble' }
      }
      case 'broker-fenced':
        return {
          ...calm,
          kind,
          brokerId,
          text: `${broker} fenced: the controller no longer counts on it`,
          severity: 'warning',
        }
      case 'broker-unfenced': {
        const isNew = !this.#known.has(brokerId)
        this.#known.add(brokerId)
        return { ...calm, kind, brokerId, text: `${broker} ${isNew ? 'joined' : 'back in'} the cluster` }
      }
      case 'controller-elected':
        return {
          ...calm,
          kind,
          brokerId,
          text: `${broker} is controller, epoch ${event.epoch}`,
          durationMs: event.tookMs,
        }
      case 'leader-changed':
        return { ...calm, kind, ...leaderMove(event) }
      case 'unclean-leaders-elected': {
        const { partitions, missing } = event
        const risk =
          missing.length === 0
            ? 'it led last, and may have lost what was not flushed'
            : `what only ${brokers(missing)} had is lost`
        const text = `${broker} leads ${listed(partitions)} without having been in sync: ${risk}`
        return { ...calm, kind, brokerId, text, severity: missing.length === 0 ? 'warning' : 'trouble' }
      }
      case 'logs-damaged': {
        const { partitions, belowHighWatermark: below } = event
        const lost = below.length === 0 ? '' : `; committed records are gone from ${listed(below)}`
        const text = `${broker} cut damaged ends off ${listed(partitions)}${lost}; it copies them anew`
        return { ...calm, kind, brokerId, text, severity: 'warning' }
      }
      case 'logs-set-aside': {
        const text = `${broker} put ${listed(event.partitions)} aside: of no topic here, kept as …-stray`
        return { ...calm, kind, brokerId, text, severity: 'warning' }
      }
      case 'replica-stuck': {
        const { partition, leaderId, offset, why } = event
        const cause = why === 'own-disk' ? 'its disk takes nothing' : `the log of broker ${leaderId} is spoilt there`
        const text = `${broker} cannot copy ${partition} from offset ${offset} on: ${cause}`
        return { ...calm, kind, brokerId, text, severity: 'trouble' }
      }
      case 'coordinator-unreadable': {
        const { partition, offset } = event
        const text = `${broker} cannot read ${partition} from offset ${offset} on: its groups wait until another replica leads it`
        return { ...calm, kind, brokerId, text, severity: 'trouble' }
      }
      case 'group-rebalanced': {
        const members = plural(event.members, 'member')
        const text = `${event.groupId}: ${members}, generation ${event.generation}, ${shortReason(event.reason)}`
        return { ...calm, kind, brokerId, text, durationMs: event.tookMs }
      }
      case 'offsets-set': {
        const text = `${event.groupId}: offsets of ${listed(event.partitions)} set by ${event.clientId || 'a client'}`
        return { ...calm, kind, brokerId: null, text }
      }
      case 'partitions-added': {
        const added = plural(event.added, 'partition')
        return { ...calm, kind, brokerId: null, text: `${event.topic}: ${added} added, ${event.partitions} now` }
      }
      case 'topic-configs-changed': {
        const changes = event.changes.map(({ name, to }) => (to === null ? `${name} unset` : `${name} = ${to}`))
        return { ...calm, kind, brokerId: null, text: `${event.topic}: ${changes.join(', ')}` }
      }
      case 'topic-created':
        return {
          ...calm,
          kind,
          brokerId: null,
          text: `${event.topic} created, ${plural(event.partitions, 'partition')}`,
        }
      case 'topic-deleted':
        return { ...calm, kind, brokerId: null, text: `${event.topic} deleted` }
    }
  }

  /** In-sync sets that lost or gained the same brokers at about the same time make one event. */
  #tellIsr(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
    const gathered = this.#gathered.splice(0).map((change) => ({
      ...change,
      lost: change.from.filter((brokerId) => !change.to.includes(brokerId)),
      gained: change.to.filter((brokerId) => !change.from.includes(brokerId)),
    }))
    for (const alike of Map.groupBy(gathered, ({ lost, gained }) => `${lost}/${gained}`).values()) {
      const { atMs, lost, gained, brokerId } = alike[0]!
      const partitions = listed(alike.map(({ partition }) => partition))
      const isShrunk = lost.length > 0
      const moved = isShrunk ? lost : gained
      if (moved.length === 0) continue
      this.tell(atMs, {
        ...calm,
        kind: isShrunk ? 'isr-shrunk' : 'isr-expanded',
        brokerId: moved.length === 1 ? moved[0]! : brokerId,
        text: `${brokers(moved)} ${isShrunk ? 'left' : 'joined'} the in-sync replicas: ${partitions}`,
        severity: isShrunk ? 'warning' : 'info',
      })
    }
  }

  #isAsked(brokerId: number, deed: string): boolean {
    const key = `${brokerId} ${deed}`
    const askedAtMs = this.#deeds.get(key)
    this.#deeds.delete(key)
    return askedAtMs !== undefined && Date.now() - askedAtMs < deedMs
  }

  async #history(sinceMs: number): Promise<readonly PulseEvent[]> {
    const recent = this.#memory.filter(({ atMs }) => atMs >= sinceMs)
    const firstId = this.#memory[0]?.id ?? Infinity
    const stored = await this.#journal.read('pulse', sinceMs, remembered).catch(() => [])
    const earlier = stored.map(({ payload }) => payload as PulseEvent).filter(({ id }) => id < firstId)
    return [...earlier, ...recent].slice(-remembered)
  }
}

const calm = { durationMs: null, isInjected: false, severity: 'info' } as const

const plural = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`
const brokers = (ids: readonly number[]): string =>
  ids.length === 1 ? `broker ${ids[0]}` : `brokers ${ids.join(', ')}`

/** Why leaders moved, and how long nobody led where one was lost. */
function leaderMove(event: Extract<ClusterEvent, { kind: 'leader-changed' }>): Partial<PulseContent> & Said {
  const { brokerId, from, cause } = event
  const partitions = listed(event.partitions)
  if (brokerId < 0) {
    const text = `no leader for ${partitions}: no in-sync replica is left after broker ${from}`
    return { brokerId: from, text, severity: 'trouble' }
  }
  const why = {
    lost: `, taken over from broker ${from}`,
    'shut-down': `, handed over by broker ${from} as it stops`,
    preferred: `, back from broker ${from} as preferred`,
    moved: `, moved from broker ${from}`,
  }[cause]
  return { brokerId, text: `leader of ${partitions}${from < 0 ? '' : why}`, durationMs: event.tookMs }
}

type Said = Pick<PulseContent, 'brokerId' | 'text'>

const memberUuid = /-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi
/** Every dynamic member is sent back once for its id and says so when it comes again (KIP-394): nothing to tell. */
const reasonOfSecondJoin =
  /: (?:need to re-join with the given member-id\b.*|rebalance failed due to MemberIdRequired.*)$/is

/** Members by their client's name: `readers-7d01…` is `readers`. */
const shortReason = (reason: string): string =>
  reason
    .replace(reasonOfSecondJoin, '')
    .replace(memberUuid, '')
    .replace(/\b(\d+)000 ms\b/g, '$1 s')

const again = ({ restartInMs }: { readonly restartInMs?: number | null }): string =>
  typeof restartInMs === 'number' ? `; it starts again in ${restartInMs / 1_000} s` : ''
