// "Load sample data": fills topics as anybody's program would, through kafkajs, acknowledged by every in-sync replica.
import type { Producer } from 'kafkajs'
import type { ClusterClient } from '../../src-broker/client/cluster-client.ts'
import { KafkaFailure } from '../../src-broker/client/failures.ts'
import { createTopic } from '../../src-broker/client/topics.ts'
import type { Handlers } from '../contract/contract.ts'
import { RequestFailed } from '../contract/rpc.ts'
import type { SampleProgress } from '../contract/samples.ts'
import type { Journal } from '../store/journal.ts'
import type { EventBus } from './event-bus.ts'
import { readSamples, sampleSources } from './sample-sets.ts'

const recordsPerRequest = 2_000
const tellEveryMs = 100

type Source = (typeof sampleSources)[number]
type SetProgress = { -readonly [K in keyof SampleProgress['sets'][number]]: SampleProgress['sets'][number][K] }

export class SampleService {
  readonly handlers: Pick<Handlers, 'samples.list' | 'samples.load'>
  readonly #client: ClusterClient
  readonly #bootstrap: readonly string[]
  readonly #events: EventBus
  readonly #journal: Journal
  #isLoading = false
  #toldAtMs = -Infinity

  constructor(client: ClusterClient, bootstrap: readonly string[], events: EventBus, journal: Journal) {
    this.#client = client
    this.#bootstrap = bootstrap
    this.#events = events
    this.#journal = journal
    this.handlers = {
      'samples.list': () =>
        sampleSources.map(({ name, topic, title, recordCount, keyedBy }) => {
          return { name, topic, title, recordCount, keyedBy }
        }),
      'samples.load': ({ names }) => this.#load(names),
    }
  }

  async #load(names: readonly string[]): Promise<SampleProgress> {
    const sources = [...new Set(names)].map((name) => {
      const source = sampleSources.find((candidate) => candidate.name === name)
      if (source === undefined) throw new RequestFailed('UNKNOWN_SAMPLE', `There is no sample set ${name}.`)
      return source
    })
    if (this.#isLoading) throw new RequestFailed('SAMPLES_LOADING', 'Sample data is being loaded already.')
    this.#isLoading = true
    const speakAgain = silenceTimerWarnings()
    const sets = sources.map(({ name, topic, recordCount }): SetProgress => {
      return { name, topic, acknowledged: 0, total: recordCount, error: null }
    })
    try {
      const producer = await this.#connect()
      try {
        for (const [index, source] of sources.entries()) await this.#loadOne(producer, source, sets[index]!, sets)
      } finally {
        await producer.disconnect()
      }
    } finally {
      this.#isLoading = false
      speakAgain()
    }
    const progress = snapshot(sets, true)
    this.#events.emit('samples', progress)
    this.#events.emit('changed', { what: 'topics' })
    await this.#journal.record({ atMs: Date.now(), kind: 'samples.load', payload: progress.sets })
    return progress
  }

  /** A set that fails says why; the others go on. */
  async #loadOne(
    producer: Producer,
    source: Source,
    progress: SetProgress,
    all: readonly SetProgress[],
  ): Promise<void> {
    try {
      await this.#createTopic(source.topic)
      const records = await readSamples(source)
      const headers = { source: `vega-datasets/${source.file}` }
      for (let from = 0; from < records.length; from += recordsPerRequest) {
        const messages = records.slice(from, from + recordsPerRequest).map((record) => ({ ...record, headers }))
        await producer.send({ topic: source.topic, acks: -1, messages })
        progress.acknowledged += messages.length
        this.#tell(all)
      }
    } catch (error) {
      progress.error = error instanceof Error ? error.message : String(error)
    }
  }

  async #createTopic(name: string): Promise<void> {
    try {
      await createTopic(this.#client, { name, partitionCount: -1, replicationFactor: -1, configs: {} })
    } catch (error) {
      const isThere = error instanceof KafkaFailure && error.code === 'TOPIC_ALREADY_EXISTS'
      if (!isThere) throw error
    }
  }

  /** kafkajs is loaded with the first samples: it costs a quarter of a second and 17 MB. */
  async #connect(): Promise<Producer> {
    const { Kafka, logLevel, Partitioners } = (await import('kafkajs')).default
    const kafka = new Kafka({
      brokers: [...this.#bootstrap],
      clientId: 'pressroom-samples',
      logLevel: logLevel.NOTHING,
      retry: { retries: 10 },
    })
    const producer = kafka.producer({
      createPartitioner: Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
    })
    await producer.connect()
    return producer
  }

  #tell(sets: readonly SetProgress[]): void {
    const nowMs = performance.now()
    if (nowMs - this.#toldAtMs < tellEveryMs) return
    this.#toldAtMs = nowMs
    this.#events.emit('samples', snapshot(sets, false))
  }
}

const snapshot = (sets: readonly SetProgress[], isDone: boolean): SampleProgress => ({
  sets: sets.map((set) => ({ ...set })),
  isDone,
})

/** kafkajs 2.2.4 sets timers in the past, and Node says so on the console. Returns what undoes it. */
function silenceTimerWarnings(): () => void {
  const { emitWarning } = process
  process.emitWarning = ((warning: string, ...rest: unknown[]) => {
    if (rest[0] !== 'TimeoutNegativeWarning') Reflect.apply(emitWarning, process, [warning, ...rest])
  }) as typeof emitWarning
  return () => {
    process.emitWarning = emitWarning
  }
}
