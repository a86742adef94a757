// What a broker does with its logs now and then, whether or not anybody asks: it syncs them and writes down where they stand,
// deletes what is too old, and forgets producers that have gone.
import type { Deadlines } from '../base/deadlines.ts'
import { attempt } from '../base/disk.ts'
import type { Env } from './env.ts'
import type { LogDirectory } from './log/log-directory.ts'
import type { PartitionLog } from './log/partition-log.ts'
import type { Partition } from './replica/partition.ts'

export interface HousekeepingContext {
  readonly env: Env
  readonly deadlines: Deadlines
  readonly logs: LogDirectory
  /** As it is at the moment. */
  config(): { readonly producerIdExpirationMs: number }
  readonly retentionCheckIntervalMs: number
  partitions(): Iterable<Partition>
  /** Tries again to make the logs that could not be made. */
  retryOffline(): void
  /** Syncs a file in the background; `done` in a later turn. */
  sync(path: string, done: () => void): void
}

const checkpointEveryMs = 5_000
const flushEveryMs = 60_000
const retryOfflineEveryMs = 1_000
/** Kafka's own default of producer.id.expiration.check.interval.ms. */
const expireProducersEveryMs = 600_000
const keepAll = { retentionMs: Infinity, retentionBytes: Infinity }

export class Housekeeping {
  readonly #context: HousekeepingContext
  #isFlushing = false
  #isStopped = false

  constructor(context: HousekeepingContext) {
    this.#context = context
  }

  start(): void {
    const { logs, retentionCheckIntervalMs, retryOffline } = this.#context
    this.#every(checkpointEveryMs, () => logs.checkpoint())
    this.#every(retryOfflineEveryMs, retryOffline)
    this.#every(flushEveryMs, () => this.flush())
    this.#every(retentionCheckIntervalMs, () => this.#retain())
    this.#every(expireProducersEveryMs, () => this.#expireProducers())
  }

  /** The logs are about to be closed. A flush that is under way ends without a word. */
  stop(): void {
    this.#isStopped = true
  }

  /**
   * Syncs what was appended since the last time, one log after the other in the background, then writes down how far each log
   * is safe. Nobody waits for it: it only shortens what the next start has to read again.
   */
  flush(): void {
    if (this.#isFlushing || this.#isStopped) return
    this.#isFlushing = true
    this.#flushNext(Array.from(this.#context.partitions(), ({ log }) => log)[Symbol.iterator]())
  }

  /** One log a turn, as the epochs of each are synced on the spot. */
  #flushNext(logs: Iterator<PartitionLog>): void {
    for (let next = logs.next(); next.done !== true; next = logs.next()) {
      const log = next.value
      const paths: string[] = []
      attempt(() => paths.push(...log.beginFlush()))
      if (paths.length === 0) continue
      this.#syncNext(paths, () => {
        log.endFlush()
        this.#flushNext(logs)
      })
      return
    }
    this.#isFlushing = false
    attempt(() => this.#context.logs.checkpoint())
  }

  #syncNext(paths: string[], done: () => void): void {
    const path = paths.shift()
    if (path === undefined) return done()
    this.#context.sync(path, () => {
      if (!this.#isStopped) this.#syncNext(paths, done)
    })
  }

  #retain(): void {
    const nowMs = this.#context.env.wallMs()
    for (const { log, highWatermark } of this.#context.partitions()) {
      const { retentionMs, retentionBytes, cleanupPolicy } = log.config
      // Of a log that is only compacted nothing goes but what lies before its start.
      const limits = cleanupPolicy === 'compact' ? keepAll : { retentionMs, retentionBytes }
      attempt(() => log.deleteOldSegments({ nowMs, ...limits, highWatermark }))
    }
  }

  #expireProducers(): void {
    const { env, config, partitions } = this.#context
    const beforeMs = env.wallMs() - config().producerIdExpirationMs
    for (const { log } of partitions()) log.expireProducers(beforeMs)
  }

  #every(intervalMs: number, work: () => void): void {
    const { deadlines, env } = this.#context
    deadlines.atBeat(env.monotonicMs(), intervalMs, () => {
      if (this.#isStopped) return
      attempt(work)
      this.#every(intervalMs, work)
    })
  }
}
