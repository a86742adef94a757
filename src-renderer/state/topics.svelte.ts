import type { TopicCreation, TopicDetail, TopicSummary } from '../../src-main/contract/topics.ts'
import type { Client } from '../api/client.ts'
import { type Explained, explain } from './toasts.svelte.ts'

export class Topics {
  list = $state.raw<readonly TopicSummary[] | null>(null)
  error = $state.raw<Explained | null>(null)
  readonly #api: Client['api']
  #isLoading = false
  #isStale = false

  constructor(client: Client) {
    this.#api = client.api
  }

  /** One request at a time; what changed meanwhile is asked for once more. */
  async load(): Promise<void> {
    this.#isStale = true
    if (this.#isLoading) return
    this.#isLoading = true
    while (this.#isStale) {
      this.#isStale = false
      try {
        this.list = await this.#api['topics.list']()
        this.error = null
      } catch (error) {
        this.error = explain(error)
      }
    }
    this.#isLoading = false
  }

  async create(creation: TopicCreation): Promise<void> {
    await this.#api['topics.create'](creation)
    await this.load()
  }

  async delete(topic: string): Promise<void> {
    await this.#api['topics.delete']({ topic })
    this.list = this.list?.filter((known) => known.topic !== topic) ?? null
  }
}

/** One topic's page: partitions, configs, groups. */
export class TopicPage {
  readonly topic: string
  detail = $state.raw<TopicDetail | null>(null)
  error = $state.raw<Explained | null>(null)
  readonly #api: Client['api']

  constructor(client: Client, topic: string) {
    this.#api = client.api
    this.topic = topic
  }

  async load(): Promise<void> {
    try {
      this.detail = await this.#api['topics.describe']({ topic: this.topic })
      this.error = null
    } catch (error) {
      this.error = explain(error)
    }
  }
}
