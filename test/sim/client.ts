// A client as the brokers see one: real frames over links, answers matched in order, a metadata cache that is refreshed when
// a broker says it is stale. Knows the protocol and nothing of the cluster's inside.
import type { Random } from '../../src-broker/base/random.ts'
import type { Api, RequestInput, ResponseOf } from '../../src-broker/protocol/api.ts'
import { readResponseHeader, writeRequest } from '../../src-broker/protocol/frames.ts'
import { metadata as metadataApi } from '../../src-broker/protocol/messages/03-metadata.ts'
import { viewOf, WireReader } from '../../src-broker/protocol/reader.ts'
import type { Shape } from '../../src-broker/protocol/schema.ts'
import type { Cluster } from './cluster.ts'
import type { End, Link } from './network.ts'
import { pick } from './randoms.ts'
import type { World } from './world.ts'

export interface KnownPartition {
  readonly leaderId: number
  readonly leaderEpoch: number
}

export interface KnownTopic {
  readonly topicId: string
  readonly partitions: KnownPartition[]
}

const refreshBackoffMs = 60
const requestTimeoutMs = 2_000

export class Client {
  readonly world: World
  readonly cluster: Cluster
  readonly node: number
  readonly random: Random
  readonly topics = new Map<string, KnownTopic>()
  readonly #connections = new Map<number, ClientConnection>()
  readonly #apiVersions = new Map<number, number>()
  #isRefreshing = false
  #waiting: (() => void)[] = []

  constructor(cluster: Cluster, node: number) {
    this.cluster = cluster
    this.world = cluster.world
    this.node = node
    this.random = cluster.world.randoms.for(`client ${node}`)
  }

  /** The version this client speaks: any of those that both sides know, chosen once. */
  versionOf(api: Api<Shape, Shape>, oldest: number): number {
    let version = this.#apiVersions.get(api.key)
    if (version === undefined) {
      version = oldest + Math.floor(this.random() * (api.maxVersion - oldest + 1))
      this.#apiVersions.set(api.key, version)
    }
    return version
  }

  /** `done` gets the answer, or undefined where none came: the connection was lost or took too long. */
  ask<Request extends Shape, Response extends Shape>(
    brokerId: number,
    api: Api<Request, Response>,
    version: number,
    body: RequestInput<Api<Request, Response>>,
    timeoutMs: number,
    done: (response: ResponseOf<Api<Request, Response>> | undefined) => void,
  ): void {
    let connection = this.#connections.get(brokerId)
    if (connection === undefined) {
      connection = new ClientConnection(this, brokerId, () => this.#connections.delete(brokerId))
      this.#connections.set(brokerId, connection)
    }
    connection.ask(api as unknown as Api, version, body, timeoutMs, done as (response: unknown) => void)
  }

  /** Some broker, for what any of them can answer. */
  anyBroker(): number {
    return pick(this.random, this.cluster.machines).id
  }

  /** Undefined where it is not known, or only of a topic that is gone. */
  leaderOf(topic: string, partition: number, gone?: ReadonlySet<string>): KnownPartition | undefined {
    const knownTopic = this.topics.get(topic)
    if (knownTopic === undefined || gone?.has(knownTopic.topicId) === true) return undefined
    const known = knownTopic.partitions[partition]
    return known === undefined || known.leaderId < 0 ? undefined : known
  }

  /** Asks for metadata; `then` whether or not an answer came. */
  refresh(then: () => void): void {
    this.#waiting.push(then)
    if (this.#isRefreshing) return
    this.#isRefreshing = true
    this.world.after(refreshBackoffMs * (0.5 + this.random()), () => {
      const version = this.versionOf(metadataApi, 10)
      const body = { topics: null, allowAutoTopicCreation: false }
      this.ask(this.anyBroker(), metadataApi, version, body, requestTimeoutMs, (response) => {
        if (response !== undefined) this.#learn(response)
        this.#isRefreshing = false
        for (const waiting of this.#waiting.splice(0)) waiting()
      })
    })
  }

  /** Older news than what is known are no news: each partition's epoch says which is newer. */
  #learn({ topics }: ResponseOf<typeof metadataApi>): void {
    for (const { name, topicId, partitions } of topics) {
      if (name === null) continue
      const before = this.topics.get(name)
      const known: KnownTopic = before?.topicId === topicId ? before : { topicId, partitions: [] }
      this.topics.set(name, known)
      for (const { partitionIndex, leaderId, leaderEpoch } of partitions) {
        const old = known.partitions[partitionIndex]
        if (old === undefined || leaderEpoch >= old.leaderEpoch)
          known.partitions[partitionIndex] = { leaderId, leaderEpoch }
      }
    }
  }
}

interface Asked {
  readonly api: Api
  readonly version: number
  readonly correlationId: number
  readonly done: (response: unknown) => void
  timeout: { cancel(): void }
}

class ClientConnection implements End<Uint8Array> {
  readonly #client: Client
  readonly #gone: () => void
  #link: Link<Uint8Array> | undefined
  #isOver = false
  #unsent: Uint8Array[] = []
  readonly #asked: Asked[] = []
  #nextId = 1

  constructor(client: Client, brokerId: number, gone: () => void) {
    this.#client = client
    this.#gone = gone
    client.cluster.connectClient(client.node, this, brokerId)
  }

  ask(api: Api, version: number, body: unknown, timeoutMs: number, done: (response: unknown) => void): void {
    const correlationId = this.#nextId++
    const writer = this.#client.world.frames
    writeRequest(writer, api, version, { correlationId, clientId: `client-${this.#client.node}` }, body as never)
    const timeout = this.#client.world.after(timeoutMs, () => this.close())
    this.#asked.push({ api, version, correlationId, done, timeout })
    const frame = writer.take()
    if (this.#link === undefined) this.#unsent.push(frame)
    else this.#link.send(this, frame)
  }

  opened(link: Link<Uint8Array>): void {
    this.#link = link
    if (this.#isOver) return link.close(this)
    for (const frame of this.#unsent.splice(0)) link.send(this, frame)
  }

  received(frame: Uint8Array): void {
    if (this.#isOver) return
    const { world, node } = this.#client
    world.noteNumber(node)
    world.noteBytes(frame)
    const reader = new WireReader().over(frame, viewOf(frame), 4, frame.length)
    const asked = this.#asked.shift()
    if (asked === undefined) return world.fail('unasked-answer', `client ${node} got an answer that it did not ask for`)
    const correlationId = readResponseHeader(reader, asked.api, asked.version)
    if (correlationId !== asked.correlationId) {
      return world.fail(
        'answers-out-of-order',
        `client ${node} waits for ${asked.correlationId} and got ${correlationId}`,
      )
    }
    asked.timeout.cancel()
    asked.done(asked.api.responseCodec(asked.version).decode(reader))
  }

  closed(): void {
    if (this.#isOver) return
    this.#isOver = true
    this.#gone()
    for (const { done, timeout } of this.#asked.splice(0)) {
      timeout.cancel()
      done(undefined)
    }
  }

  close(): void {
    this.#link?.close(this)
    this.closed()
  }
}
