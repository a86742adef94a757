import type { DeleteRecordsOutcome, DeleteRecordsPlan, TopicConfig } from '../../src-main/contract/topics.ts'
import type { Client } from '../api/client.ts'
import { Refusal } from './refusal.svelte.ts'
import { explain, type Toasts } from './toasts.svelte.ts'

/** One question at a time to the cluster, the last one counts; what is done is done once. */
class Change {
  protected readonly api: Client['api']
  isBusy = $state(false)
  readonly refusal: Refusal
  #question = 0

  constructor(client: Client, toasts: Toasts) {
    this.api = client.api
    this.refusal = new Refusal(toasts)
  }

  get error(): Refusal['told'] {
    return this.refusal.told
  }

  /** Asks what the cluster thinks of it; changes nothing. */
  protected async ask<T>(question: (() => Promise<T>) | null): Promise<T | null> {
    this.#question += 1
    const asked = this.#question
    this.refusal.clear()
    if (question === null) return null
    try {
      const answer = await question()
      return asked === this.#question ? answer : null
    } catch (error) {
      if (asked === this.#question) this.refusal.told = explain(error)
      return null
    }
  }

  /** Resolves to null where it failed or is under way already. */
  protected async act<T>(deed: () => Promise<T>): Promise<T | null> {
    if (this.isBusy) return null
    this.#question += 1
    this.isBusy = true
    this.refusal.clear()
    try {
      return await deed()
    } catch (error) {
      this.refusal.tell(error)
      return null
    } finally {
      this.isBusy = false
    }
  }
}

/** A setting of a topic: its own value, or the cluster's. */
export class ConfigEdit extends Change {
  readonly topic: string
  readonly config: TopicConfig
  text: string = $state('')
  isOwn = $state(true)
  /** What the topic sets now, and what it would. */
  readonly from: string | null
  readonly to = $derived(this.isOwn ? this.text.trim() : null)
  /** In force before and after. */
  readonly after = $derived(this.#after())
  readonly isChanged = $derived(this.#isChanged())

  constructor(client: Client, toasts: Toasts, topic: string, config: TopicConfig) {
    super(client, toasts)
    this.topic = topic
    this.config = config
    this.text = config.value ?? ''
    this.from = config.source === 'topic' ? config.value : null
  }

  async check(): Promise<void> {
    await this.ask(this.isChanged ? () => this.#send(true) : null)
  }

  async apply(): Promise<boolean> {
    const done = await this.act(async () => {
      await this.#send(false)
      return true
    })
    return done === true
  }

  #after(): string | null {
    return this.isOwn ? this.text.trim() : this.config.clusterDefault
  }

  /** To say again what holds anyway is no change. */
  #isChanged(): boolean {
    return this.to !== this.from && !(this.from === null && this.to === this.config.value)
  }

  #send(isDryRun: boolean): Promise<null> {
    const { topic, from, to } = this
    return this.api['topics.alterConfigs']({ topic, changes: [{ name: this.config.name, from, to }], isDryRun })
  }
}

/** More partitions, never fewer. */
export class PartitionsGrowth extends Change {
  readonly topic: string
  readonly from: number
  text = $state('')
  readonly to = $derived(/^[1-9]\d{0,4}$/.test(this.text.trim()) ? Number(this.text.trim()) : null)
  readonly isMore = $derived(this.#isMore())

  constructor(client: Client, toasts: Toasts, topic: string, from: number) {
    super(client, toasts)
    this.topic = topic
    this.from = from
    this.text = String(from + 1)
  }

  async check(): Promise<void> {
    await this.ask(this.isMore ? () => this.#send(true) : null)
  }

  async apply(): Promise<boolean> {
    const done = await this.act(async () => {
      await this.#send(false)
      return true
    })
    return done === true
  }

  #isMore(): boolean {
    return this.to !== null && this.to > this.from
  }

  #send(isDryRun: boolean): Promise<null> {
    const { topic, from, to } = this
    return this.api['topics.addPartitions']({ topic, from, to: to ?? from, isDryRun })
  }
}

/** The beginning of a topic's logs, up to an offset or all there is. */
export class RecordsDeletion extends Change {
  readonly topic: string
  isAll = $state(true)
  offsetText = $state('')
  partitions = $state.raw<readonly number[] | null>(null)
  plan = $state.raw<DeleteRecordsPlan | null>(null)
  outcome = $state.raw<DeleteRecordsOutcome | null>(null)
  readonly before = $derived(this.#before())
  readonly failed = $derived(this.outcome?.steps.filter((step) => step.error !== null) ?? [])
  readonly recordCount = $derived(this.plan?.steps.reduce((sum, step) => sum + step.recordCount, 0) ?? 0)

  constructor(client: Client, toasts: Toasts, topic: string) {
    super(client, toasts)
    this.topic = topic
  }

  async preview(): Promise<void> {
    const { topic, partitions, before } = this
    this.plan = null
    this.outcome = null
    const isAskable = before !== undefined && partitions?.length !== 0
    this.plan = await this.ask(
      isAskable ? () => this.api['topics.planDeleteRecords']({ topic, partitions, before }) : null,
    )
  }

  /** True when all of it is gone; otherwise `outcome` or `error` says what is not. */
  async apply(): Promise<boolean> {
    const { plan } = this
    if (plan === null) return false
    this.outcome = await this.act(() => this.api['topics.deleteRecords']({ plan }))
    if (this.refusal.isLeft) for (const { error } of this.failed) this.refusal.tell(error)
    return this.outcome !== null && this.failed.length === 0
  }

  /** Null is all, undefined nothing that could be asked. */
  #before(): number | null | undefined {
    if (this.isAll) return null
    const digits = this.offsetText.replace(/[,\s]/g, '')
    return /^\d{1,15}$/.test(digits) ? Number(digits) : undefined
  }
}
