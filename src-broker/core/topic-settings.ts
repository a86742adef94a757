import { type BrokerConfig, withDynamic } from './config/broker-config.ts'
import { logConfigOf, type TopicConfig, topicConfig } from './config/topic-config.ts'
import type { LogConfig } from './log/log-config.ts'
import type { MetadataImage } from './quorum/image.ts'

/** The settings in force for each topic: its own, else the brokers' dynamic ones, else the static ones, else the defaults. */
export class TopicSettings {
  readonly #image: MetadataImage
  readonly #config: BrokerConfig
  readonly #brokerId: number
  readonly #known = new Map<string, TopicConfig>()
  /** Of all topics that have none of their own; most have none, and there may be thousands. */
  #common: { readonly topic: TopicConfig; readonly log: LogConfig } | undefined
  #broker: BrokerConfig | undefined

  constructor(image: MetadataImage, config: BrokerConfig, brokerId: number) {
    this.#image = image
    this.#config = config
    this.#brokerId = brokerId
  }

  of(topic: string): TopicConfig {
    if (this.#hasNone(topic)) return this.#forAll.topic
    const known = this.#known.get(topic)
    if (known !== undefined) return known
    const config = topicConfig(this.broker, this.#image, topic)
    this.#known.set(topic, config)
    return config
  }

  logConfig(topic: string): LogConfig {
    return this.#hasNone(topic) ? this.#forAll.log : logConfigOf(this.of(topic))
  }

  minInsyncReplicas(topic: string): number {
    return this.of(topic).minInsyncReplicas
  }

  /** The broker's own settings, dynamic ones included. */
  get broker(): BrokerConfig {
    this.#broker ??= withDynamic(this.#config, this.#image, this.#brokerId)
    return this.#broker
  }

  get replicaLagTimeMaxMs(): number {
    return this.broker.replicaLagTimeMaxMs
  }

  /** Some setting was altered. */
  changed(): void {
    this.#known.clear()
    this.#common = undefined
    this.#broker = undefined
  }

  #hasNone(topic: string): boolean {
    return this.#image.topicConfigs(topic).size === 0
  }

  get #forAll(): { readonly topic: TopicConfig; readonly log: LogConfig } {
    if (this.#common !== undefined) return this.#common
    const topic = topicConfig(this.broker, this.#image, '')
    this.#common = { topic, log: logConfigOf(topic) }
    return this.#common
  }
}
