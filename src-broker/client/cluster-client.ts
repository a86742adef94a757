// A client of a whole cluster: finds it from any of several addresses, keeps a connection to each broker, knows who leads and who
// coordinates, and asks again where that has just changed.
//
// - A broker answers one request after the other. Questions are answered at once; what changes something may take its time (an
//   acks=all write that waits for replicas), and so has a connection of its own, where nothing waits behind it.
// - Reading requests go to any broker and are hedged: a broker that does not answer soon (it may be paused, that is what this
//   product is about) is not waited for, the next one is asked as well, and the first answer counts.
// - Requests that change something are sent to one broker, and to another only if they never left.
// - Requests about partitions or groups are split by leader or coordinator, sent to all of them at once, and repeated for
//   those that answered "not me" or could not be reached, with fresh metadata, until time is up. Failures are per item.
import { setTimeout as sleep } from 'node:timers/promises'
import type { Uuid } from '../base/uuid.ts'
import type { Api } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import { metadata } from '../protocol/messages/03-metadata.ts'
import { findCoordinator } from '../protocol/messages/10-find-coordinator.ts'
import type { Decoded, Encodable, Shape } from '../protocol/schema.ts'
import { BrokerLink } from './broker-link.ts'
import type { Address, CallOptions, Connection } from './connection.ts'
import { expectNoError, KafkaFailure, mayPass, NoAnswer } from './failures.ts'
import { firstAnswer, unlessSilent } from './patience.ts'

export interface ClusterClientOptions {
  /** `host:port`, any of which may be down. */
  readonly bootstrap: readonly string[]
  readonly clientId: string
  readonly connectTimeoutMs?: number
  readonly requestTimeoutMs?: number
}

export interface Broker extends Address {
  readonly brokerId: number
}

export interface Topic {
  readonly name: string
  readonly topicId: Uuid
  readonly isInternal: boolean
  /** By number, without gaps as far as the cluster is sane. */
  readonly partitions: readonly Partition[]
}

export interface Partition {
  readonly partition: number
  /** -1 where there is none. */
  readonly leader: number
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** What one item of a split request came to. */
export type Outcome<Value> =
  | { readonly value: Value; readonly failure: null }
  | { readonly value: null; readonly failure: Error }

/** What a broker said about one item. */
export interface Answer<Item, Value> {
  readonly item: Item
  readonly errorCode: number
  readonly value: Value
  readonly detail?: string | null
}

type Ask<Item, Value> = (
  connection: Connection,
  items: readonly Item[],
  brokerId: number,
) => Promise<readonly Answer<Item, Value>[]>

interface SplitOptions {
  /** How long failures that may pass are retried. */
  readonly patienceMs?: number
  /** False for requests that may not take effect twice: they are not repeated once they may have reached a broker. */
  readonly isRepeatable?: boolean
}

const connectTimeoutMs = 1_500
const requestTimeoutMs = 10_000
const metadataAgeMaxMs = 10_000
const patienceDefaultMs = 5_000
/** A broker that says nothing for this long is taken for paused, and its items are asked for elsewhere if they can be. */
const silenceMinMs = 300
const silenceMaxMs = 1_500
const retryFirstMs = 20
const retryMaxMs = 500

type Lane = 'questions' | 'commands'

interface KnownTopic {
  readonly topic: Topic
  /** -Infinity once somebody found it to be out of date; kept for its leader epochs. */
  readonly atMs: number
}

export class ClusterClient {
  readonly #options: Required<ClusterClientOptions>
  /** By `host:port` and lane: bootstrap addresses and brokers alike. */
  readonly #links = new Map<string, BrokerLink>()
  readonly #bootstrap: readonly BrokerLink[]
  readonly #topics = new Map<string, KnownTopic>()
  readonly #coordinators = new Map<string, number>()
  #brokers = new Map<number, Broker>()
  #clusterId: string | null = null
  /** The broker that answered last: the best bet for the next request. */
  #responsive: BrokerLink | null = null

  constructor(options: ClusterClientOptions) {
    this.#options = { connectTimeoutMs, requestTimeoutMs, ...options }
    this.#bootstrap = options.bootstrap.map((text) => this.#linkTo(addressOf(text), 'questions'))
  }

  get clusterId(): string | null {
    return this.#clusterId
  }

  /** The living brokers, as of now. */
  async brokers(): Promise<readonly Broker[]> {
    await this.#refresh([])
    return [...this.#brokers.values()]
  }

  /** Every topic there is, as of now, by name. */
  async topics(): Promise<readonly Topic[]> {
    const topics = await this.#refresh(null)
    return topics.map(({ topic }) => topic).toSorted((one, other) => (one.name < other.name ? -1 : 1))
  }

  /** A topic, at most some seconds old. Throws UNKNOWN_TOPIC_OR_PARTITION where there is none. Never creates one. */
  async topic(name: string): Promise<Topic> {
    const known = this.#topics.get(name)
    if (known !== undefined && performance.now() - known.atMs < metadataAgeMaxMs) return known.topic
    const [answer] = await this.#refresh([name])
    const errorCode = answer?.errorCode ?? errors.UNKNOWN_TOPIC_OR_PARTITION
    const isMissing = errorCode === errors.UNKNOWN_TOPIC_OR_PARTITION
    expectNoError(errorCode, `Topic ${name}`, isMissing ? 'There is no topic of this name.' : null)
    return answer!.topic
  }

  /** What is known of the topic is out of date: somebody answered that it leads no more, or that the topic is gone. */
  forgetTopic(name: string): void {
    const known = this.#topics.get(name)
    if (known !== undefined) this.#topics.set(name, { ...known, atMs: -Infinity })
  }

  /** Asks any broker that answers soon. For requests that change nothing. */
  ask<Request extends Shape, Response extends Shape>(
    api: Api<Request, Response>,
    body: Encodable<Request>,
    options?: CallOptions,
  ): Promise<Decoded<Response>> {
    return firstAnswer(
      this.#candidates().map((link) => async () => {
        const answer = await (await link.connection()).call(api, body, options)
        this.#responsive = link
        return answer
      }),
    )
  }

  /** Tells one broker, and another only where the first cannot be reached. For requests that change something. */
  async command<Request extends Shape, Response extends Shape>(
    api: Api<Request, Response>,
    body: Encodable<Request>,
    options?: CallOptions,
  ): Promise<Decoded<Response>> {
    await this.#refresh([]) // Finds a broker that answers.
    let failure: unknown
    for (const { address } of this.#candidates()) {
      try {
        return await (await this.#linkTo(address, 'commands').connection()).call(api, body, options)
      } catch (error) {
        if (!(error instanceof NoAnswer) || error.wasSent) throw error
        failure = error
      }
    }
    throw failure
  }

  /** The shared connection to a broker. */
  async connectionTo(brokerId: number, lane: Lane = 'questions'): Promise<Connection> {
    return this.#linkTo(await this.#broker(brokerId), lane).connection()
  }

  /** A connection of one's own, to be closed by the caller: for answers that are held back. */
  async openConnectionTo(brokerId: number): Promise<Connection> {
    return this.#linkTo(await this.#broker(brokerId), 'questions').open()
  }

  /** Asks the leaders of the given partitions. Outcomes are in the order of the items. */
  async byLeader<Item extends TopicPartition, Value>(
    items: readonly Item[],
    ask: Ask<Item, Value>,
    options?: SplitOptions,
  ): Promise<Outcome<Value>[]> {
    const subject = ({ topic, partition }: Item) => `Partition ${partition} of topic ${topic}`
    const locate = (pending: readonly Item[], isRetry: boolean) => this.#leadersOf(pending, isRetry)
    const outcomes = await this.#split(items, locate, ask, subject, options)
    // Whoever asks next finds out anew who leads.
    for (const [index, { failure }] of outcomes.entries()) if (failure !== null) this.forgetTopic(items[index]!.topic)
    return outcomes
  }

  /** Asks the coordinators of the given groups. Outcomes are in the order of the groups. */
  byCoordinator<Value>(
    groupIds: readonly string[],
    ask: Ask<string, Value>,
    options?: SplitOptions,
  ): Promise<Outcome<Value>[]> {
    const subject = (groupId: string) => `Group ${groupId}`
    return this.#split(groupIds, (pending, isRetry) => this.#coordinatorsOf(pending, isRetry), ask, subject, options)
  }

  close(): void {
    for (const link of this.#links.values()) link.close()
  }

  async #split<Item, Value>(
    items: readonly Item[],
    locate: (pending: readonly Item[], isRetry: boolean) => Promise<ReadonlyMap<Item, number | Error>>,
    ask: Ask<Item, Value>,
    subject: (item: Item) => string,
    options: SplitOptions = {},
  ): Promise<Outcome<Value>[]> {
    const { isRepeatable = true, patienceMs = patienceDefaultMs } = options
    const deadlineMs = performance.now() + patienceMs
    const silenceMs = isRepeatable ? Math.max(silenceMinMs, Math.min(silenceMaxMs, patienceMs)) : Infinity
    const outcomes = new Map<Item, Outcome<Value>>()
    const fail = (item: Item, failure: Error) => outcomes.set(item, { value: null, failure })
    let pending = items
    for (let attempt = 0; pending.length > 0; attempt++) {
      const places = await locate(pending, attempt > 0)
      const groups = Map.groupBy(pending, (item) => places.get(item))
      await Promise.all(
        [...groups].map(async ([place, asked]) => {
          try {
            if (typeof place !== 'number') throw place ?? noWord(subject(asked[0]!))
            const connection = await this.connectionTo(place, isRepeatable ? 'questions' : 'commands')
            const answers = await unlessSilent(ask(connection, asked, place), connection, silenceMs)
            for (const { item, errorCode, value, detail } of answers) {
              if (errorCode === 0) outcomes.set(item, { value, failure: null })
              else fail(item, new KafkaFailure(errorCode, subject(item), detail))
            }
          } catch (error) {
            for (const item of asked) fail(item, error as Error)
          }
        }),
      )
      pending = pending.filter((item) => isWorthRepeating(outcomes.get(item)?.failure, isRepeatable))
      const pauseMs = Math.min(retryMaxMs, retryFirstMs * 2 ** attempt)
      if (performance.now() + pauseMs > deadlineMs) break
      if (pending.length > 0) await sleep(pauseMs)
    }
    return items.map((item) => outcomes.get(item) ?? { value: null, failure: noWord(subject(item)) })
  }

  async #leadersOf<Item extends TopicPartition>(
    items: readonly Item[],
    isRetry: boolean,
  ): Promise<Map<Item, number | Error>> {
    const names = [...new Set(items.map((item) => item.topic))]
    if (isRetry) for (const name of names) this.forgetTopic(name)
    const stale = names.filter((name) => this.#isStale(name))
    const failures = new Map<string, Error>()
    try {
      for (const { topic, errorCode } of stale.length > 0 ? await this.#refresh(stale) : []) {
        if (errorCode !== 0) failures.set(topic.name, new KafkaFailure(errorCode, `Topic ${topic.name}`))
      }
    } catch (error) {
      for (const name of stale) failures.set(name, error as Error)
    }
    const place = (item: Item) => failures.get(item.topic) ?? leaderOf(item, this.#topics.get(item.topic)?.topic)
    return new Map(items.map((item) => [item, place(item)]))
  }

  async #coordinatorsOf(groupIds: readonly string[], isRetry: boolean): Promise<Map<string, number | Error>> {
    if (isRetry) for (const groupId of groupIds) this.#coordinators.delete(groupId)
    const unknown = groupIds.filter((groupId) => !this.#coordinators.has(groupId))
    const failures = new Map<string, Error>()
    try {
      for (const { key, nodeId, errorCode, errorMessage } of await this.#findCoordinators(unknown)) {
        if (errorCode === 0) this.#coordinators.set(key, nodeId)
        else failures.set(key, new KafkaFailure(errorCode, `Group ${key}`, errorMessage))
      }
    } catch (error) {
      for (const groupId of unknown) failures.set(groupId, error as Error)
    }
    const place = (groupId: string) =>
      failures.get(groupId) ?? this.#coordinators.get(groupId) ?? noWord(`Group ${groupId}`)
    return new Map(groupIds.map((groupId) => [groupId, place(groupId)]))
  }

  async #findCoordinators(groupIds: readonly string[]) {
    if (groupIds.length === 0) return []
    // One request serves both forms: versions up to 3 take the first key, later ones the list. Old ones are asked once a group.
    const ask = (keys: readonly string[]) =>
      firstAnswer(
        this.#candidates().map((link) => async () => {
          const connection = await link.connection()
          const isBatched = connection.supports(findCoordinator, 4)
          const answer = await connection.call(
            findCoordinator,
            isBatched ? { coordinatorKeys: keys } : { key: keys[0]! },
          )
          return isBatched ? answer.coordinators : [{ ...answer, key: keys[0]! }]
        }),
      )
    const found = await ask(groupIds)
    const rest = groupIds.filter((groupId) => !found.some(({ key }) => key === groupId))
    return [...found, ...(await Promise.all(rest.map((groupId) => ask([groupId])))).flat()]
  }

  #isStale(name: string): boolean {
    const known = this.#topics.get(name)
    return known === undefined || performance.now() - known.atMs >= metadataAgeMaxMs
  }

  /** Asks for the brokers and the named topics, null for all. */
  async #refresh(names: readonly string[] | null): Promise<{ readonly topic: Topic; readonly errorCode: number }[]> {
    const answer = await this.ask(metadata, {
      topics: names === null ? null : names.map((name) => ({ name })),
      allowAutoTopicCreation: false,
    })
    this.#clusterId = answer.clusterId
    if (answer.brokers.length > 0) {
      this.#brokers = new Map(
        answer.brokers.map(({ nodeId, host, port }) => [nodeId, { brokerId: nodeId, host, port }]),
      )
    }
    const topics = answer.topics.map((raw) => ({ topic: this.#newest(topicOf(raw)), errorCode: raw.errorCode }))
    if (names === null) this.#topics.clear()
    for (const { topic, errorCode } of topics) {
      if (errorCode === 0) this.#topics.set(topic.name, { topic, atMs: performance.now() })
      else this.#topics.delete(topic.name)
    }
    return topics
  }

  /** A broker that was away may know less than we do: of each partition the higher leader epoch counts. */
  #newest(topic: Topic): Topic {
    const known = this.#topics.get(topic.name)?.topic
    if (known === undefined || known.topicId !== topic.topicId) return topic
    const newer = (partition: Partition) => {
      const before = known.partitions[partition.partition]
      const isOlder = before?.partition === partition.partition && partition.leaderEpoch < before.leaderEpoch
      return isOlder ? before : partition
    }
    return { ...topic, partitions: topic.partitions.map(newer) }
  }

  async #broker(brokerId: number): Promise<Broker> {
    if (!this.#brokers.has(brokerId)) await this.#refresh([])
    const broker = this.#brokers.get(brokerId)
    if (broker !== undefined) return broker
    throw new NoAnswer('NETWORK_EXCEPTION', `Broker ${brokerId} is not in the cluster.`, { wasSent: false })
  }

  #linkTo({ host, port }: Address, lane: Lane): BrokerLink {
    const name = `${host}:${port} ${lane}`
    const link = this.#links.get(name) ?? new BrokerLink({ host, port }, this.#options)
    this.#links.set(name, link)
    return link
  }

  /** Every broker we know of, those that are likely to answer first. */
  #candidates(): readonly BrokerLink[] {
    const links = [...this.#brokers.values()].map((broker) => this.#linkTo(broker, 'questions'))
    const rank = (link: BrokerLink) => (link === this.#responsive ? 0 : link.isOpen ? 1 : link.isResting ? 3 : 2)
    return [...new Set([...links, ...this.#bootstrap])].toSorted((one, other) => rank(one) - rank(other))
  }
}

/** `host:port` or `[::1]:port`. */
function addressOf(text: string): Address {
  const at = text.lastIndexOf(':')
  return { host: text.slice(0, at).replace(/^\[(.*)\]$/, '$1'), port: Number(text.slice(at + 1)) }
}

function topicOf(raw: Decoded<typeof metadata.response>['topics'][number]): Topic {
  return {
    name: raw.name ?? '',
    topicId: raw.topicId,
    isInternal: raw.isInternal,
    partitions: raw.partitions
      .map((partition) => ({
        partition: partition.partitionIndex,
        leader: partition.leaderId,
        leaderEpoch: partition.leaderEpoch,
        replicas: partition.replicaNodes,
        isr: partition.isrNodes,
      }))
      .toSorted((one, other) => one.partition - other.partition),
  }
}

function leaderOf({ topic: name, partition: number }: TopicPartition, topic: Topic | undefined): number | Error {
  const leader = topic?.partitions.find(({ partition }) => partition === number)?.leader
  const subject = `Partition ${number} of topic ${name}`
  if (leader === undefined) return new KafkaFailure(errors.UNKNOWN_TOPIC_OR_PARTITION, subject)
  return leader < 0 ? new KafkaFailure(errors.LEADER_NOT_AVAILABLE, subject) : leader
}

function isWorthRepeating(failure: Error | null | undefined, isRepeatable: boolean): boolean {
  if (failure === null || failure === undefined) return false
  return mayPass(failure) && (isRepeatable || !(failure instanceof NoAnswer && failure.wasSent))
}

const noWord = (subject: string) =>
  new KafkaFailure(errors.UNKNOWN_SERVER_ERROR, subject, 'The broker said nothing about it.')
