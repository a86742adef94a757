// A topic that is deleted under load and made anew under the same name, again and again. Nothing of one is ever found in the next.
import { errorOf, errors } from '../../src-broker/protocol/errors.ts'
import { createTopics } from '../../src-broker/protocol/messages/19-create-topics.ts'
import { deleteTopics } from '../../src-broker/protocol/messages/20-delete-topics.ts'
import type { Client } from './client.ts'
import type { Plan, TopicPlan } from './plan.ts'
import type { Producer } from './producer.ts'
import { between } from './randoms.ts'
import type { Reader } from './reader.ts'
import { creationOf } from './topics.ts'
import type { World } from './world.ts'

const requestTimeoutMs = 6_000
const retryMs = 300

/** Clients of one life of the topic. */
export interface Visitors {
  readonly producers: readonly Producer[]
  readonly readers: readonly Reader[]
}

type Visit = (topic: TopicPlan, incarnation: number, gone: ReadonlySet<string>) => Visitors

export class Fleeting {
  readonly #client: Client
  readonly #world: World
  readonly #plan: Plan
  readonly #topic: TopicPlan
  readonly #visit: Visit
  #visitors: Visitors = { producers: [], readers: [] }
  /** Producers of lives that are over, and still wait for an answer. */
  #leaving: Producer[] = []
  incarnation = 0
  /** Ids of the lives before. */
  gone: ReadonlySet<string> = new Set()
  #isStopped = false
  #exists = true

  constructor(client: Client, plan: Plan, topic: TopicPlan, visit: Visit) {
    this.#client = client
    this.#world = client.world
    this.#plan = plan
    this.#topic = topic
    this.#visit = visit
    this.#begin()
  }

  /** The life it has now is its last one. */
  stop(): void {
    this.#isStopped = true
    for (const producer of this.#visitors.producers) producer.stop()
  }

  /** It exists, and nobody waits for an answer. */
  get isSettled(): boolean {
    return (
      this.#isStopped && this.#exists && [...this.#visitors.producers, ...this.#leaving].every(({ isIdle }) => isIdle)
    )
  }

  get readers(): readonly Reader[] {
    return this.#visitors.readers
  }

  #begin(): void {
    this.#visitors = this.#visit(this.#topic, this.incarnation, this.gone)
    if (this.#isStopped) this.stop()
    this.#world.after(between(this.#client.random, 2_000, 9_000), () => {
      if (!this.#isStopped) this.#delete()
    })
  }

  #delete(): void {
    const { name } = this.#topic
    const client = this.#client
    if (this.#isStopped && this.#exists) return
    const topicId = client.topics.get(name)?.topicId
    if (topicId === undefined || this.gone.has(topicId)) return client.refresh(() => this.#delete())
    this.#exists = false
    this.#deleteById(topicId)
  }

  #deleteById(topicId: string): void {
    const client = this.#client
    // By id: asked twice, it must not take the next one along.
    const body = { topics: [{ name: null, topicId }], timeoutMs: 4_000 }
    client.ask(client.anyBroker(), deleteTopics, 6, body, requestTimeoutMs, (response) => {
      const errorCode = response?.responses[0]?.errorCode
      if (errorCode !== errors.NONE && errorCode !== errors.UNKNOWN_TOPIC_ID) {
        if (errorCode !== undefined) this.#expect('deletion', errorCode)
        return this.#world.after(retryMs, () => this.#deleteById(topicId))
      }
      for (const reader of this.#visitors.readers) reader.stop()
      for (const producer of this.#visitors.producers) producer.abandon()
      this.#leaving = [...this.#visitors.producers]
      this.gone = new Set([...this.gone, topicId])
      this.#visitors = { producers: [], readers: [] }
      this.#world.countFault('topic-deleted')
      return this.#createWhenLeft()
    })
  }

  /** What is under way by name only would be written to the new one. */
  #createWhenLeft(): void {
    if (this.#leaving.every(({ isIdle }) => isIdle)) this.#create()
    else this.#world.after(retryMs, () => this.#createWhenLeft())
  }

  #create(): void {
    const client = this.#client
    const body = { topics: [creationOf(this.#plan, this.#topic)], timeoutMs: 4_000, validateOnly: false }
    const version = client.versionOf(createTopics, 2)
    client.ask(client.anyBroker(), createTopics, version, body, requestTimeoutMs, (response) => {
      const errorCode = response?.topics[0]?.errorCode
      if (errorCode === errors.NONE) return this.#created()
      if (errorCode === errors.TOPIC_ALREADY_EXISTS) return client.refresh(() => this.#createdUnlessGone())
      if (errorCode !== undefined) this.#expect('creation', errorCode)
      return this.#world.after(retryMs, () => this.#create())
    })
  }

  /** Made by what was asked before, if not a controller spoke of the life before that does not know yet that it is deposed. */
  #createdUnlessGone(): void {
    const topicId = this.#client.topics.get(this.#topic.name)?.topicId
    if (topicId !== undefined && !this.gone.has(topicId)) return this.#created()
    this.#world.after(retryMs, () => this.#create())
  }

  #created(): void {
    this.#exists = true
    this.incarnation++
    this.#begin()
  }

  #expect(what: string, errorCode: number): void {
    if (passing.has(errorCode)) return
    this.#world.fail('unexpected-error', `${what} of ${this.#topic.name}: ${errorOf(errorCode).name}`)
  }
}

const passing: ReadonlySet<number> = new Set([
  errors.REQUEST_TIMED_OUT,
  errors.NOT_CONTROLLER,
  errors.INVALID_REPLICATION_FACTOR, // Too few brokers are alive just now.
  errors.BROKER_NOT_AVAILABLE,
])
