// Follows a topic from its end, for somebody who looks on. The log keeps everything, so nothing is hurried: while the onlooker is
// busy nothing is fetched, and whoever fell too far behind skips to the last rows instead of chasing after them.
//
// One connection a leader, of its own: answers are held back by the broker until there is something to say. A leader that moves, dies
// or goes silent costs a pause, never the tail.
import { setTimeout as sleep } from 'node:timers/promises'
import { errors } from '../protocol/errors.ts'
import type { ClusterClient } from './cluster-client.ts'
import { KafkaFailure } from './failures.ts'
import { type Fetched, fetchOnce } from './fetch-batches.ts'
import { type ReadRecord, recordsOf } from './fetched-batch.ts'
import { logRanges } from './offsets.ts'
import { type TextFilter, textFilter } from './text-filter.ts'

export interface TailOptions {
  readonly topic: string
  readonly partitions: readonly number[]
  /** Rows without this text are passed over; empty takes all. */
  readonly contains: string
  /** Rows to keep for the onlooker at most: older ones are skipped. */
  readonly rowsMax: number
  /** Rows that arrived together, by time, and how many were skipped before them. Fetching waits for the promise. */
  readonly onRows: (rows: readonly ReadRecord[], skipped: number) => void | Promise<void>
}

const bytesMax = 262_144
const maxWaitMs = 500
/** A leader that is silent for this long is taken for gone. */
const silenceMaxMs = 4_000
const pauseMs = 200
const recheckMs = 2_000
/** The onlooker is told no more often than this. */
const deliveryMs = 80
/** What other leaders have to say of the same moment is waited for, so that it can be put in order. */
const togetherMs = 25

export class Tail {
  readonly #client: ClusterClient
  readonly #options: TailOptions
  readonly #filter: TextFilter | null
  readonly #stop = new AbortController()
  /** The next offset to read, by partition. */
  readonly #next = new Map<number, number>()
  #rows: ReadRecord[] = []
  #skipped = 0
  #delivery: Promise<void> | null = null
  #deliveredAtMs = -Infinity

  constructor(client: ClusterClient, options: TailOptions) {
    this.#client = client
    this.#options = options
    this.#filter = textFilter(options.contains)
  }

  /** Resolves once every partition that can be reached has its place: what is written from now on will be seen. */
  async start(): Promise<void> {
    await this.#findEnds()
    void this.#run()
  }

  stop(): void {
    this.#stop.abort()
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        await this.#findEnds()
        await this.#followAll()
      } catch {
        // Whatever it was, the cluster is asked anew after a pause.
      }
      this.#client.forgetTopic(this.#options.topic)
      await this.#pause(pauseMs)
    }
  }

  /** Partitions that have no place yet begin at their end. */
  async #findEnds(): Promise<void> {
    const { topic, partitions } = this.#options
    const wanted = partitions
      .filter((partition) => !this.#next.has(partition))
      .map((partition) => ({ topic, partition }))
    const ranges = await logRanges(this.#client, wanted, { patienceMs: 0 })
    wanted.forEach(({ partition }, index) => {
      const range = ranges[index]!.value
      if (range !== null) this.#next.set(partition, range.highWatermark)
    })
  }

  /** Follows every leader until one of them fails. */
  async #followAll(): Promise<void> {
    const { partitions } = await this.#client.topic(this.#options.topic)
    const followed = partitions.filter(({ partition, leader }) => this.#next.has(partition) && leader >= 0)
    const round = new AbortController()
    const signal = AbortSignal.any([round.signal, this.#stop.signal])
    const leaders = [...Map.groupBy(followed, ({ leader }) => leader)].map(([leader, led]) =>
      this.#follow(
        leader,
        led.map(({ partition }) => partition),
        signal,
      ).finally(() => round.abort()),
    )
    // Partitions that nobody leads at present are looked for again, and the others go on meanwhile.
    const isComplete = followed.length === this.#options.partitions.length
    const recheck = isComplete ? undefined : setTimeout(() => round.abort(), recheckMs)
    await Promise.allSettled(leaders)
    clearTimeout(recheck)
  }

  async #follow(leader: number, partitions: readonly number[], signal: AbortSignal): Promise<void> {
    const connection = await this.#client.openConnectionTo(leader)
    const close = () => connection.close()
    signal.addEventListener('abort', close)
    try {
      while (!signal.aborted) {
        const { topic } = this.#options
        const wanted = partitions.map((partition) => ({
          topic,
          partition,
          offset: this.#next.get(partition)!,
          bytesMax,
        }))
        const wait = { maxWaitMs, minBytes: 1, timeoutMs: maxWaitMs + silenceMaxMs }
        let isAnythingNew = false
        for (const { item, errorCode, value } of await fetchOnce(connection, wanted, wait)) {
          if (errorCode === errors.OFFSET_OUT_OF_RANGE) this.#next.delete(item.partition)
          if (errorCode !== 0) throw new KafkaFailure(errorCode, `Partition ${item.partition} of topic ${topic}`)
          if (this.#take(item.partition, item.offset, value)) isAnythingNew = true
        }
        if (isAnythingNew) await this.#deliver()
        else await this.#pause(1) // A broker that answers without waiting is not asked without pausing.
      }
    } finally {
      signal.removeEventListener('abort', close)
      connection.close()
    }
  }

  #take(partition: number, offset: number, { batches, highWatermark }: Fetched): boolean {
    const { rowsMax } = this.#options
    const last = batches.at(-1)
    if (last === undefined) return false
    for (const batch of batches) this.#rows.push(...recordsOf(batch, partition, offset, highWatermark, this.#filter))
    const next = Math.max(offset, Math.min(last.lastOffset + 1, highWatermark))
    const nearEnd = Math.max(next, highWatermark - rowsMax)
    this.#next.set(partition, nearEnd)
    this.#skipped += nearEnd - next
    if (this.#rows.length > rowsMax) {
      this.#skipped += this.#rows.length - rowsMax
      this.#rows = inOrder(this.#rows).slice(-rowsMax)
    }
    return next > offset
  }

  /** Hands over what there is, one delivery at a time. Resolves when the onlooker is ready for more. */
  #deliver(): Promise<void> {
    this.#delivery ??= this.#handOver().finally(() => {
      this.#delivery = null
    })
    return this.#delivery
  }

  async #handOver(): Promise<void> {
    await this.#pause(Math.max(togetherMs, this.#deliveredAtMs + deliveryMs - performance.now()))
    this.#deliveredAtMs = performance.now()
    const [rows, skipped] = [inOrder(this.#rows), this.#skipped]
    this.#rows = []
    this.#skipped = 0
    if (!this.#stop.signal.aborted) await this.#options.onRows(rows, skipped)
  }

  async #pause(ms: number): Promise<void> {
    if (ms > 0) await sleep(ms, undefined, { signal: this.#stop.signal }).catch(() => {})
  }
}

/** Merged by time, the order within each partition kept: a row stands no earlier than the rows before it in its log. */
function inOrder(rows: readonly ReadRecord[]): ReadRecord[] {
  const latest = new Map<number, number>()
  const timed = rows.map((row) => {
    const time = Math.max(row.timestamp, latest.get(row.partition) ?? row.timestamp)
    latest.set(row.partition, time)
    return { row, time }
  })
  timed.sort((a, b) => a.time - b.time || a.row.partition - b.row.partition || a.row.offset - b.row.offset)
  return timed.map(({ row }) => row)
}
