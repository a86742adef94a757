// A host made of scripted answers behind the real contract. Tests see every request, may fail one, and push events.
import type {
  EventName,
  Events,
  Handlers,
  HostError,
  RequestName,
  Requests,
} from '../../../src-main/contract/contract.ts'
import type { GroupDetail, GroupMember, ResetPlan, ResetRequest, ResetStep } from '../../../src-main/contract/groups.ts'
import type { MessagePage, MessageQuery, MessageRow } from '../../../src-main/contract/messages.ts'
import type { SampleProgress, SampleSet } from '../../../src-main/contract/samples.ts'
import type { TopicDetail, TopicSummary } from '../../../src-main/contract/topics.ts'
import { type ChannelStatus, hostGone, type LiveChannel } from '../../../src-renderer/api/channel.ts'
import { type Client, createClient } from '../../../src-renderer/api/client.ts'
import { FakeCluster } from './fake-cluster.ts'
import { detailOf, type Maker, orders } from './fake-messages.ts'

export interface FakeGroup {
  groupId: string
  members: number
  topic: string
  lag: number
  /** Partitions that it never committed. */
  uncommitted?: readonly number[]
}

const sampleSets: readonly SampleSet[] = [
  {
    name: 'flights',
    topic: 'flights',
    title: 'US domestic flights, first quarter 2001',
    recordCount: 231_083,
    keyedBy: 'origin airport',
  },
  { name: 'quakes', topic: 'quakes', title: 'Earthquakes of one week, USGS', recordCount: 1707, keyedBy: 'network' },
  {
    name: 'weather',
    topic: 'weather',
    title: 'Daily weather of Seattle and New York',
    recordCount: 2922,
    keyedBy: 'city',
  },
]

interface Request {
  readonly name: RequestName
  readonly argument: unknown
}

export class FakeHost {
  readonly cluster: FakeCluster
  readonly requests: Request[] = []
  readonly client: Client
  groups: FakeGroup[] = []
  maker: Maker = orders
  /** Of every topic, set from the window; null went back to the cluster's. */
  readonly configs = new Map<string, string | null>()
  /** Samples load until they are cancelled or `releaseSamples` is called. */
  holdsSamples = false
  releaseSamples = (): void => {}
  #cancelSamples = (): void => {}
  now: () => number
  #deliver: (message: unknown) => void = () => {}
  #status: ChannelStatus = 'open'
  #report: (status: ChannelStatus) => void = () => {}
  readonly #failures = new Map<RequestName, HostError>()
  readonly #holds = new Map<RequestName, Promise<void>>()
  readonly #tails = new Map<string, string>()
  readonly #stands = new Map<string, number>()

  constructor({ brokers = 3, now = Date.now }: { brokers?: number; now?: () => number } = {}) {
    this.now = now
    this.cluster = new FakeCluster(brokers, () => this.now())
    this.cluster.onevent = (event) => this.emit('pulse', event)
    const channel: LiveChannel = {
      post: (message) => {
        if (this.#status === 'gone') throw hostGone()
        void this.#answer(message as { id: number; m: RequestName; a: unknown })
      },
      onMessage: (callback) => void (this.#deliver = callback),
      onStatus: (callback) => (this.#report = callback)('open'),
    }
    this.client = createClient(channel)
  }

  /** The arguments of every request of that name. */
  asked<K extends RequestName>(name: K): readonly Parameters<Requests[K]>[0][] {
    return this.requests.filter((request) => request.name === name).map((request) => request.argument) as never
  }

  fail(name: RequestName, error: HostError): void {
    this.#failures.set(name, error)
  }

  /** Leaves every request of that name unanswered until the returned function is called. */
  hold(name: RequestName): () => void {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#holds.set(name, promise)
    return () => {
      this.#holds.delete(name)
      resolve()
    }
  }

  recover(name: RequestName): void {
    this.#failures.delete(name)
  }

  emit<K extends EventName>(name: K, value: Events[K]): void {
    this.#deliver({ t: 'evt', n: name, v: structuredClone(value) })
  }

  become(status: ChannelStatus): void {
    this.#status = status
    this.#report(status)
  }

  /** Pushes the view as it is now. */
  push(): void {
    this.emit('cluster', this.cluster.view())
  }

  /** Traffic, four times a second, until stopped. */
  run(): () => void {
    const timer = setInterval(() => {
      this.cluster.tick()
      this.push()
      for (const [tailId, topic] of this.#tails) {
        const rows = this.#newest(topic, null).slice(0, 6).reverse()
        this.emit('tail', { tailId, rows, skipped: 0 })
      }
    }, 250)
    return () => clearInterval(timer)
  }

  async #answer({ id, m, a }: { id: number; m: RequestName; a: unknown }): Promise<void> {
    this.requests.push({ name: m, argument: a })
    const failure = this.#failures.get(m)
    await this.#holds.get(m)
    if (failure !== undefined) return this.#deliver({ t: 'err', id, e: failure })
    try {
      const handler = this.#handlers[m] as (argument: unknown) => unknown
      this.#deliver({ t: 'res', id, v: structuredClone(await handler(a)) })
    } catch (error) {
      this.#deliver({
        t: 'err',
        id,
        e: { code: 'UNKNOWN_TOPIC_OR_PARTITION', message: String((error as Error).message) },
      })
    }
  }

  readonly #handlers: Handlers = {
    'app.info': () => ({
      version: '0.1.0',
      host: 'headless',
      dataDirectory: '/home/ada/.local/share/pressroom',
      isEphemeral: true,
      laptopDefaults: [
        {
          name: 'num.partitions',
          value: '3',
          kafkaDefault: '1',
          why: 'One partition shows neither parallel reading nor order per key.',
        },
        {
          name: 'default.replication.factor',
          value: '3',
          kafkaDefault: '1',
          why: 'Three brokers run; a killed one should lose nothing.',
        },
        { name: 'min.insync.replicas', value: '2', kafkaDefault: '1', why: 'acks=all should mean more than one disk.' },
        {
          name: 'offsets.topic.num.partitions',
          value: '16',
          kafkaDefault: '50',
          why: 'Fifty logs of an internal topic are many on a laptop.',
        },
        {
          name: 'group.initial.rebalance.delay.ms',
          value: '0',
          kafkaDefault: '3000',
          why: 'A first consumer should not wait three seconds.',
        },
      ],
    }),
    'cluster.view': () => this.cluster.view(),
    'broker.kill': ({ brokerId }) => this.#after(this.cluster.down(brokerId, 'killed')),
    'broker.pause': ({ brokerId }) => this.#after(this.cluster.down(brokerId, 'paused')),
    'broker.stop': ({ brokerId }) => this.#after(this.cluster.down(brokerId, 'stopped')),
    'broker.resume': ({ brokerId }) => this.#after(this.cluster.up(brokerId)),
    'broker.start': ({ brokerId }) => this.#after(this.cluster.up(brokerId)),
    'broker.restart': ({ brokerId }) => this.#after(this.cluster.up(brokerId)),
    'broker.add': () => this.#after(this.cluster.add()),
    'broker.remove': ({ brokerId }) => {
      this.cluster.remove(brokerId)
      return this.cluster.view()
    },
    'cluster.heal': () => {
      for (const broker of this.cluster.brokers) if (broker.isInjected) this.cluster.up(broker.brokerId)
      return this.cluster.view()
    },
    'pulse.history': ({ sinceMs }) => this.cluster.events.filter((event) => event.atMs >= sinceMs),
    'topics.list': () => this.cluster.view().topics.map((topic) => this.#summary(topic.topic)),
    'topics.describe': ({ topic }) => this.#describe(topic),
    'topics.create': ({ topic, partitionCount, replicationFactor }) => {
      this.cluster.create({ name: topic, partitions: partitionCount ?? 3, replicationFactor: replicationFactor ?? 3 })
      this.#after(null)
      return { topicId: `id-${topic}` }
    },
    'topics.delete': ({ topic }) => {
      this.cluster.topics.delete(topic)
      return this.#after(null)
    },
    'topics.alterConfigs': ({ topic, changes, isDryRun }) => {
      const bad = changes.find(({ to }) => to !== null && /nonsense/.test(to))
      if (bad !== undefined) throw new Error(`Topic ${topic}: Invalid value ${bad.to} for configuration ${bad.name}.`)
      if (isDryRun) return null
      for (const { name, to } of changes) this.configs.set(name, to)
      return this.#after(null)
    },
    'topics.addPartitions': ({ topic, to, isDryRun }) => {
      if (isDryRun) return null
      this.cluster.addPartitions(topic, to)
      return this.#after(null)
    },
    'topics.planDeleteRecords': ({ topic, partitions, before }) => ({
      topic,
      steps: this.#ends(topic, partitions).map(({ partition, end }) => {
        const beforeOffset = Math.min(end, before ?? end)
        return { partition, logStartOffset: 0, highWatermark: end, beforeOffset, recordCount: beforeOffset }
      }),
    }),
    'topics.deleteRecords': ({ plan }) => ({
      steps: plan.steps.map(({ partition, beforeOffset }) => ({
        partition,
        logStartOffset: beforeOffset,
        error: null,
      })),
    }),
    'messages.page': (query) => this.#page(query),
    'messages.detail': ({ partition, offset }) => detailOf(this.maker(partition, offset, this.now())),
    'messages.produce': ({ topic, partition }) => {
      const to = partition ?? 1
      const offset = this.cluster.append(topic, to)
      this.push()
      return { partition: to, offset, timestampMs: this.now() }
    },
    'tail.start': ({ topic }) => {
      const tailId = `tail-${this.#tails.size + 1}`
      this.#tails.set(tailId, topic)
      return { tailId }
    },
    'tail.stop': ({ tailId }) => {
      this.#tails.delete(tailId)
      return null
    },
    'groups.list': () => this.groups.map((group) => this.#group(group)),
    'groups.describe': ({ groupId }) => this.#group(this.groups.find((group) => group.groupId === groupId)!),
    'groups.planReset': (request) => this.#plan(request),
    'groups.applyReset': ({ plan }) => ({
      steps: plan.steps.map(({ partition, toOffset }) => ({ partition, committedOffset: toOffset, error: null })),
    }),
    'groups.delete': ({ groupId }) => {
      this.groups = this.groups.filter((group) => group.groupId !== groupId)
      return null
    },
    'samples.list': () => sampleSets,
    'samples.cancel': () => {
      this.#cancelSamples()
      return null
    },
    'samples.load': async ({ names }) => this.#loadSamples(names),
  }

  #after<T>(value: T): T {
    queueMicrotask(() => {
      this.push()
      this.emit('changed', { what: 'topics' })
    })
    return value
  }

  #summary(topic: string): TopicSummary {
    const matrix = this.cluster.view().topics.find((known) => known.topic === topic)
    if (matrix === undefined) throw new Error(`There is no topic ${topic}.`)
    return {
      topic,
      topicId: matrix.topicId,
      isInternal: matrix.isInternal,
      partitionCount: matrix.partitions.length,
      replicationFactor: matrix.replicationFactor,
      recordCount: matrix.recordCount,
      sizeBytes: matrix.recordCount * 184,
      cleanupPolicy: matrix.isInternal ? 'compact' : 'delete',
      underReplicatedCount: matrix.partitions.filter((p) => p.isr.length < p.replicas.length).length,
    }
  }

  #describe(topic: string): TopicDetail {
    const matrix = this.cluster.view().topics.find((known) => known.topic === topic)
    if (matrix === undefined) throw new Error(`There is no topic ${topic}.`)
    const config = (
      name: string,
      value: string,
      source: 'topic' | 'broker' | 'default',
      kafkaDefault: string,
      documentation: string,
    ) => ({
      name,
      value: this.configs.get(name) ?? (this.configs.has(name) ? kafkaDefault : value),
      source:
        this.configs.get(name) != null ? ('topic' as const) : this.configs.has(name) ? ('default' as const) : source,
      kafkaDefault,
      clusterDefault: source === 'broker' ? value : kafkaDefault,
      isReadOnly: false,
      documentation,
    })
    return {
      ...this.#summary(topic),
      partitions: matrix.partitions.map((partition) => ({
        partition: partition.partition,
        leader: partition.leader,
        leaderEpoch: partition.leaderEpoch,
        replicas: partition.replicas.map((replica) => replica.brokerId),
        isr: partition.isr,
        logStartOffset: 0,
        highWatermark: partition.replicas[0]!.highWatermark,
        logEndOffsets: [],
      })),
      configs: [
        config(
          'cleanup.policy',
          'delete',
          'default',
          'delete',
          'What happens to old segments: delete, compact, or both.',
        ),
        config(
          'min.insync.replicas',
          '2',
          'broker',
          '1',
          'How many replicas must hold a record before acks=all is answered.',
        ),
        config('retention.ms', '86400000', 'topic', '604800000', 'How long a segment is kept after its last record.'),
        config(
          'retention.bytes',
          '-1',
          'default',
          '-1',
          'How large a partition may grow before its oldest segment goes.',
        ),
        config(
          'segment.bytes',
          '67108864',
          'broker',
          '1073741824',
          'The size at which the log rolls over to a new segment.',
        ),
        config('max.message.bytes', '1048588', 'default', '1048588', 'The largest record batch the broker takes.'),
        config(
          'message.timestamp.type',
          'CreateTime',
          'default',
          'CreateTime',
          "The producer's clock, or the broker's.",
        ),
        config('compression.type', 'producer', 'default', 'producer', 'Batches are kept as the producer sent them.'),
      ],
      groups: this.groups.filter((group) => group.topic === topic).map((group) => group.groupId),
    }
  }

  #ends(topic: string, partitions: readonly number[] | null): readonly { partition: number; end: number }[] {
    const found = this.cluster.topics.get(topic)
    if (found === undefined) throw new Error(`There is no topic ${topic}.`)
    return found.partitions
      .map((partition, index) => ({ partition: index, end: Math.max(...partition.replicas.map((r) => r.high)) }))
      .filter(({ partition }) => partitions === null || partitions.includes(partition))
  }

  #newest(topic: string, partitions: readonly number[] | null, below = 0, limit = 200): readonly MessageRow[] {
    const ends = this.#ends(topic, partitions)
    const rows: MessageRow[] = []
    for (let i = below; rows.length < limit && ends.some(({ end }) => end - 1 - i >= 0); i += 1)
      for (const { partition, end } of ends)
        if (end - 1 - i >= 0) rows.push(this.maker(partition, end - 1 - i, this.now() - i * 531 - partition * 53))
    return rows
  }

  #page({ topic, partitions, from, limit, contains }: MessageQuery): MessagePage {
    const at = from.kind === 'cursor' ? Number(from.cursor) : 0
    const all =
      from.kind === 'offset'
        ? this.#ends(topic, partitions).flatMap(({ partition, end }) =>
            Array.from({ length: Math.max(0, Math.min(60, end - from.offset)) }, (_, i) =>
              this.maker(partition, from.offset + i, this.now() - 60_000 + i * 50),
            ),
          )
        : this.#newest(topic, partitions, at, limit)
    const wanted = contains.toLowerCase()
    const rows = all.filter((row) => wanted === '' || JSON.stringify(row).toLowerCase().includes(wanted))
    const ends = this.#ends(topic, partitions)
    const next = at + Math.ceil(limit / Math.max(1, ends.length))
    const isMore = ends.some(({ end }) => end > next)
    return {
      rows: rows.slice(0, limit),
      nextCursor: isMore && from.kind !== 'offset' ? String(next) : null,
      scannedRecords: wanted === '' ? all.length : all.length * 16,
      scannedBytes: all.length * 184,
      tookMs: Math.max(1, Math.round(all.length / 412)),
      stopped: isMore && from.kind !== 'offset' ? 'page-full' : 'end',
      unreadOffsets: ends.reduce((sum, { end }) => sum + Math.max(0, end - next), 0),
      unreachable: [],
    }
  }

  #group(group: FakeGroup): GroupDetail {
    const ends = this.#ends(group.topic, null)
    const isUncommitted = (partition: number): boolean => group.uncommitted?.includes(partition) ?? false
    const members: GroupMember[] = Array.from({ length: group.members }, (_, i) => ({
      memberId: `${group.groupId}-${i}-3f0c9a52-7e1d-4a41-9f1b-d0f5b06a1c${i}`,
      groupInstanceId: null,
      clientId: `${group.groupId}-worker-${i}`,
      host: '/127.0.0.1',
      assignments: [
        { topic: group.topic, partitions: ends.map((e) => e.partition).filter((p) => p % group.members === i) },
      ],
    }))
    return {
      groupId: group.groupId,
      state: group.members > 0 ? 'Stable' : 'Empty',
      protocolType: 'consumer',
      memberCount: group.members,
      totalLag: ends
        .filter(({ partition }) => !isUncommitted(partition))
        .reduce((sum, { partition, end }) => sum + end - this.#committed(group, partition, end), 0),
      uncommittedCount: ends.filter(({ partition }) => isUncommitted(partition)).length,
      topics: [group.topic],
      coordinator: 1,
      assignor: group.members > 0 ? 'range' : '',
      members,
      offsets: ends.map(({ partition, end }) => ({
        topic: group.topic,
        partition,
        committedOffset: isUncommitted(partition) ? null : this.#committed(group, partition, end),
        logStartOffset: 0,
        highWatermark: end,
        lag: isUncommitted(partition) ? null : end - this.#committed(group, partition, end),
        memberId: members[partition % Math.max(1, group.members)]?.memberId ?? null,
        metadata: '',
      })),
    }
  }

  /** Groups with members keep up; the others stand where they stood when first asked. */
  #committed(group: FakeGroup, partition: number, end: number): number {
    const key = `${group.groupId}/${partition}`
    const behind = Math.max(0, end - group.lag * (partition + 1))
    if (group.members > 0) return behind
    const known = this.#stands.get(key) ?? behind
    this.#stands.set(key, known)
    return known
  }

  #plan({ groupId, topic, partitions, target }: ResetRequest): ResetPlan {
    const group = this.groups.find((known) => known.groupId === groupId)!
    const detail = this.#group(group)
    const steps = detail.offsets
      .filter((offset) => offset.topic === topic && (partitions === null || partitions.includes(offset.partition)))
      .map((offset): ResetStep => {
        const { committedOffset, highWatermark: high, partition } = offset
        const wanted = {
          earliest: 0,
          latest: high,
          offset: target.kind === 'offset' ? target.offset : 0,
          timestamp: Math.round(high * 0.78),
          shift: (committedOffset ?? 0) + (target.kind === 'shift' ? target.by : 0),
        }[target.kind]
        const toOffset = Math.max(0, Math.min(high, wanted))
        const first = this.maker(partition, toOffset, this.now() - 600_000 + partition * 17)
        return {
          partition,
          fromOffset: committedOffset,
          toOffset,
          logStartOffset: 0,
          highWatermark: high,
          recordsAgain: (committedOffset ?? toOffset) - toOffset,
          firstRecord: toOffset >= high ? null : first,
        }
      })
    const refusal =
      group.members > 0 ? `The group has ${group.members} members, so the offsets cannot change under them.` : null
    return { groupId, topic, target, steps, refusal }
  }

  async #loadSamples(names: readonly string[]): Promise<SampleProgress> {
    const chosen = sampleSets.filter((set) => names.includes(set.name))
    const progress = (share: number): SampleProgress => ({
      sets: chosen.map((set) => ({
        name: set.name,
        topic: set.topic,
        acknowledged: Math.round(set.recordCount * share),
        total: set.recordCount,
        error: null,
      })),
      isDone: share === 1,
      isCancelled: false,
    })
    this.emit('samples', progress(0.2))
    if (this.holdsSamples) {
      const isCancelled = await new Promise<boolean>((ended) => {
        this.#cancelSamples = () => ended(true)
        this.releaseSamples = () => ended(false)
      })
      if (isCancelled) return { ...progress(0.2), isDone: true, isCancelled }
    }
    this.emit('samples', progress(0.6))
    for (const set of chosen) this.cluster.create({ name: set.topic, partitions: 3, records: set.recordCount })
    this.#after(null)
    return progress(1)
  }
}
