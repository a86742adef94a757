// Everybody who uses the cluster: producers and readers of each partition, groups that commit, and a topic that comes and goes.
import { errorOf, errors } from '../../src-broker/protocol/errors.ts'
import { createTopics } from '../../src-broker/protocol/messages/19-create-topics.ts'
import { Client } from './client.ts'
import type { Cluster } from './cluster.ts'
import { Committer } from './committer.ts'
import { Fleeting, type Visitors } from './fleeting.ts'
import type { History } from './history.ts'
import { Member, Membership } from './member.ts'
import { isPromised, type Plan, type TopicPlan } from './plan.ts'
import { Producer } from './producer.ts'
import { Reader } from './reader.ts'
import { creationOf } from './topics.ts'

export const clientNodeBase = 100

export class Workload {
  readonly #cluster: Cluster
  readonly #plan: Plan
  readonly #history: History
  readonly #producers: Producer[] = []
  readonly #readers: Reader[] = []
  readonly #committers: Committer[] = []
  readonly #members: Member[] = []
  readonly #fleeting: Fleeting[] = []
  #nextNode = clientNodeBase

  constructor(cluster: Cluster, plan: Plan, history: History) {
    this.#cluster = cluster
    this.#plan = plan
    this.#history = history
  }

  /** Of all clients so far. */
  get nodes(): number[] {
    return Array.from({ length: this.#nextNode - clientNodeBase }, (_, index) => clientNodeBase + index)
  }

  createTopics(done: () => void): void {
    const client = this.#client()
    const topics = this.#plan.topics.map((topic) => creationOf(this.#plan, topic))
    const body = { topics, timeoutMs: 5_000, validateOnly: false }
    client.ask(client.anyBroker(), createTopics, client.versionOf(createTopics, 2), body, 10_000, (response) => {
      for (const { name, errorCode } of response?.topics ?? []) {
        if (errorCode === errors.NONE) continue
        this.#cluster.world.fail('unexpected-error', `creation of ${name}: ${errorOf(errorCode).name}`)
      }
      done()
    })
  }

  start(): void {
    for (const topic of this.#plan.topics) {
      if (topic.kind === 'fleeting') {
        const client = this.#client()
        const visit = (plan: TopicPlan, incarnation: number, gone: ReadonlySet<string>): Visitors =>
          this.#visit(client, plan, incarnation, gone)
        this.#fleeting.push(new Fleeting(client, this.#plan, topic, visit))
      } else this.#use(topic)
    }
    const { groups, members, hasBlackouts } = this.#plan
    for (let index = 0; index < groups; index++) {
      const topic = this.#plan.topics[0]!.name
      this.#committers.push(new Committer(this.#client(), `group-${index}`, topic, hasBlackouts))
    }
    if (members > 0) this.#join(members)
  }

  #join(count: number): void {
    const { name, partitions } = this.#plan.topics[0]!
    const group = new Membership(this.#cluster.world, 'members', name, partitions, this.#plan.hasBlackouts)
    for (let index = 0; index < count; index++) this.#members.push(new Member(this.#client(), group))
  }

  #client(): Client {
    return new Client(this.#cluster, this.#nextNode++)
  }

  // ── under load ────────────────────────────────────────────────────────────────────────────────────────────────────

  #use(topic: TopicPlan): void {
    const { idempotentProducers, plainProducers, leaderProducers } = this.#plan
    for (let count = 0; count < idempotentProducers; count++) this.#produce(topic, -1, true)
    for (let count = 0; count < plainProducers; count++) this.#produce(topic, -1, false)
    for (let count = 0; count < leaderProducers; count++) this.#produce(topic, 1, false)
    this.#readers.push(...this.#read(this.#client(), topic, 400))
  }

  #produce(topic: TopicPlan, acks: -1 | 1, isIdempotent: boolean): void {
    const client = this.#client()
    for (let partition = 0; partition < topic.partitions; partition++) {
      const writer = this.#history.writer(topic.name, partition, acks, isIdempotent)
      this.#producers.push(new Producer(client, this.#history, writer, this.#producerOptions(topic)))
    }
  }

  #producerOptions({ name, kind }: TopicPlan) {
    const { produceEveryMs: intervalMs, batchRecordsMax, inFlightMax } = this.#plan
    const mayForget = kind === 'retained' || kind === 'compacted'
    return { intervalMs, batchRecordsMax, inFlightMax, mayLose: !isPromised(this.#plan, name), mayForget }
  }

  #read(client: Client, topic: TopicPlan, maxWaitMs: number, incarnation = 0, gone?: ReadonlySet<string>): Reader[] {
    const { name, kind, partitions } = topic
    const options = {
      topic: name,
      incarnation,
      gone,
      maxWaitMs,
      isRetained: kind === 'retained',
      isCompacted: kind === 'compacted',
      mayLose: !isPromised(this.#plan, name),
    }
    return Array.from(
      { length: partitions },
      (_, partition) => new Reader(client, this.#history, { ...options, partition }),
    )
  }

  #visit(client: Client, topic: TopicPlan, incarnation: number, gone: ReadonlySet<string>): Visitors {
    const producers = Array.from({ length: topic.partitions }, (_, partition) => {
      const writer = this.#history.writer(topic.name, partition, -1, true, incarnation)
      return new Producer(client, this.#history, writer, { ...this.#producerOptions(topic), gone })
    })
    return { producers, readers: this.#read(client, topic, 400, incarnation, gone) }
  }

  // ── in peace ──────────────────────────────────────────────────────────────────────────────────────────────────────

  stopProducing(): void {
    for (const producer of this.#producers) producer.stop()
    for (const fleeting of this.#fleeting) fleeting.stop()
  }

  /** What still waits for an answer. */
  get unsettled(): string | undefined {
    const busy = this.#producers.find(({ isIdle }) => !isIdle)
    if (busy !== undefined) return `producer ${busy.writer.id} still waits`
    return this.#fleeting.every(({ isSettled }) => isSettled) ? undefined : 'a topic that comes and goes is not settled'
  }

  stopCommitting(): void {
    for (const committer of this.#committers) committer.stop()
    for (const member of this.#members) member.staysFromNow = true
  }

  /** What is wrong with the groups still. */
  get unsettledGroups(): string | undefined {
    if (!this.#committers.every(({ isConfirmed }) => isConfirmed)) return 'committed offsets cannot be read'
    const [generation = 0] = this.#members.map((member) => member.generation)
    if (generation < 0 || this.#members.some((member) => member.generation !== generation)) {
      return 'members are not settled in one generation'
    }
    const owned = this.#members.reduce((sum, { ownedCount }) => sum + ownedCount, 0)
    const isShared = this.#members.length === 0 || owned === this.#plan.topics[0]!.partitions
    return isShared ? undefined : `members own ${owned} partitions`
  }

  stopReading(): void {
    for (const reader of this.#readers) reader.stop()
    for (const { readers } of this.#fleeting) for (const reader of readers) reader.stop()
  }

  /** One more record for every partition. */
  produceLast(): Producer[] {
    const client = this.#client()
    return this.#plan.topics.flatMap((topic) => {
      const fleeting = this.#lifeOf(topic)
      return Array.from({ length: topic.partitions }, (_, partition) => {
        const writer = this.#history.writer(topic.name, partition, -1, true, fleeting?.incarnation ?? 0)
        const options = { intervalMs: 1, batchRecordsMax: 1, inFlightMax: 1, mayLose: false, mayForget: false }
        const gone = fleeting && { gone: fleeting.gone }
        const producer = new Producer(client, this.#history, writer, { ...options, ...gone })
        producer.createOne()
        return producer
      })
    })
  }

  /** Everything there is, from the beginning. */
  readAll(): Reader[] {
    const client = this.#client()
    return this.#plan.topics.flatMap((topic) => {
      const fleeting = this.#lifeOf(topic)
      return this.#read(client, topic, 0, fleeting?.incarnation, fleeting?.gone)
    })
  }

  #lifeOf({ kind }: TopicPlan): Fleeting | undefined {
    return kind === 'fleeting' ? this.#fleeting[0] : undefined
  }
}
