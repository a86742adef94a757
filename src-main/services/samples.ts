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

export type SampleProducer = Pick<Producer, 'send' | 'disconnect'>
type Source = (typeof sampleSources)[number]
type SetProgress = { -readonly [K in keyof SampleProgress['sets'][number]]: SampleProgress['sets'][number][K] }

export class SampleService {
  readonly handlers: Pick<Handlers, 'samples.list' | 'samples.load' | 'samples.cancel'>
  readonly #client: ClusterClient
  readonly #connect: () => Promise<SampleProducer>
  readonly #events: EventBus
  readonly #journal: Journal
  /** Of what is being loaded. */
  #loading: AbortController | null = null
  #toldAtMs = -Infinity

  constructor(client: ClusterClient, connect: () => Promise<SampleProducer>, events: EventBus, journal: Journal) {
    this.#client = client
    this.#connect = connect
    this.#events = events
    this.#journal = journal
    this.handlers = {
      'samples.list': () =>
        sampleSources.map(({ name, topic, title, recordCount, keyedBy }) => {
          return { name, topic, title, recordCount, keyedBy }
        }),
      'samples.load': ({ names }) => this.#load(names),
      'samples.cancel': () => {
        this.#loading?.abort()
        return null
      },
    }
  }

  async #load(names: readonly string[]): Promise<SampleProgress> {
    const sources = [...new Set(names)].map((name) => {
      const source = sampleSources.find((candidate) => candidate.name === name)
      if (source === undefined) throw new RequestFailed('UNKNOWN_SAMPLE', `There is no sample set ${name}.`)
      return source
    })
    if (this.#loading !== null) throw new RequestFailed('SAMPLES_LOADING', 'Sample data is being loaded already.')
    const loading = new AbortController()
    this.#loading = loading
    const speakAgain = silenceTimerWarnings()
    const sets = sources.map(({ name, topic, recordCount }): SetProgress => {
      return { name, topic, acknowledged: 0, total: recordCount, error: null }
    })
    try {
      const producer = await this.#connect()
      try {
        for (const [index, source] of sources.entries())
          await this.#loadOne(producer, source, sets[index]!, sets, loading.signal)
      } finally {
        await producer.disconnect()
      }
    } finally {
      this.#loading = null
      speakAgain()
    }
    const progress = { ...snapshot(sets, true), isCancelled: loading.signal.aborted }
    this.#events.emit('samples', progress)
    this.#events.emit('changed', { what: 'topics' })
    await this.#journal.record({ atMs: Date.now(), kind: 'samples.load', payload: progress.sets })
    return progress
  }

  /** A set that fails says why; the others go on. Once cancelled, no answer is waited for. */
  async #loadOne(
    producer: SampleProducer,
    source: Source,
    progress: SetProgress,
    all: readonly SetProgress[],
    signal: AbortSignal,
  ): Promise<void> {
    if (signal.aborted) return
    const cancelled = new Promise<'cancelled'>((resolve) =>
      signal.addEventListener('abort', () => resolve('cancelled'), { once: true }),
    )
    try {
      await this.#createTopic(source.topic)
      const records = await readSamples(source)
      const headers = { source: `vega-datasets/${source.file}` }
      for (let from = 0; from < records.length; from += recordsPerRequest) {
        const messages = records.slice(from, from + recordsPerRequest).map((record) => ({ ...record, headers }))
        const sent = producer.send({ topic: source.topic, acks: -1, messages })
        sent.catch(() => {}) // Nobody may be waiting for it any more.
        if ((await Promise.race([sent, cancelled])) === 'cancelled') return
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

  #tell(sets: readonly SetProgress[]): void {
    const nowMs = performance.now()
    if (nowMs - this.#toldAtMs < tellEveryMs) return
    this.#toldAtMs = nowMs
    this.#events.emit('samples', snapshot(sets, false))
  }
}

/** kafkajs is loaded with the first samples: it costs a quarter of a second and 17 MB. */
export const connectWithKafkajs = (bootstrap: readonly string[]) => async (): Promise<SampleProducer> => {
  const { Kafka, logLevel, Partitioners } = (await import('kafkajs')).default
  const kafka = new Kafka({
    brokers: [...bootstrap],
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

const snapshot = (sets: readonly SetProgress[], isDone: boolean): SampleProgress => ({
  sets: sets.map((set) => ({ ...set })),
  isDone,
  isCancelled: false,
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
