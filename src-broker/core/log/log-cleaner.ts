// Compacts the logs of a broker in the background, the dirtiest first, one at a time and a little in every turn. Leaders and
// followers each compact what they have, as in Kafka: nobody tells the other.

import type { Deadline, Deadlines } from '../../base/deadlines.ts'
import { attempt, DiskError } from '../../base/disk.ts'
import { CorruptBatch } from '../../records/corrupt-batch.ts'
import { isCompacted } from '../../records/validate.ts'
import type { Env } from '../env.ts'
import { type Cleanable, cleanable, isWorthCleaning } from './cleanable.ts'
import { compact, type Pause } from './compaction.ts'
import type { HeldLog, LogDirectory } from './log-directory.ts'
import type { PartitionLog } from './partition-log.ts'
import type { Segments } from './segments.ts'

export interface CleanerConfig {
  readonly logCleanerEnable: boolean
  readonly logCleanerBackoffMs: number
  readonly logCleanerDedupeBufferSize: number
  readonly logCleanerIoMaxBytesPerSecond: number
}

export interface CleanerContext {
  readonly env: Env
  readonly deadlines: Deadlines
  readonly logs: LogDirectory
  /** As it is at the moment: all of it may change while the broker runs. */
  config(): CleanerConfig
  /** Syncs a file in the background; `done` in a later turn. */
  sync(path: string, done: () => void): void
  /** Some of what could be compacted is not safely on disk yet: sync it, for the next time. */
  flush(): void
}

interface Dirty {
  readonly held: HeldLog
  readonly range: Cleanable
}

/** For a log that the disk refuses to read, or had no room for: others come first meanwhile. */
const refusedPauseMs = 60_000
/** Some two milliseconds of work. */
const bytesPerTurn = 1 << 20

export class LogCleaner {
  readonly #context: CleanerContext
  /** When to look again at logs that could not be compacted: those with a batch that cannot be read not before the next start. */
  readonly #notBeforeMs = new WeakMap<PartitionLog, number>()
  #work: Work | undefined
  #next: Deadline | undefined

  constructor(context: CleanerContext) {
    this.#context = context
  }

  start(): void {
    this.#later(this.#context.config().logCleanerBackoffMs, () => this.#cleanDirtiest())
  }

  /** What was begun is given up. */
  stop(): void {
    this.#next?.cancel()
    this.#work?.giveUp()
    this.#work = undefined
  }

  #cleanDirtiest(): void {
    const dirtiest = this.#context.config().logCleanerEnable ? this.#dirtiest() : undefined
    // A recovery must not begin before what is compacted now.
    if (dirtiest === undefined || !attempt(() => this.#context.logs.checkpoint())) return this.start()
    this.#work = this.#begin(dirtiest)
    this.#step(this.#work)
  }

  #dirtiest(): Dirty | undefined {
    let best: Dirty | undefined
    let isUnsafe = false
    const look = (held: HeldLog): void => {
      const range = this.#range(held, held.log.recoveryPoint)
      if (range === undefined || !isWorthCleaning(range, held.log.config)) {
        const unsafe = this.#range(held, Infinity)
        isUnsafe ||= unsafe !== undefined && isWorthCleaning(unsafe, held.log.config)
      } else if (best === undefined || urgency(range) > urgency(best.range)) best = { held, range }
    }
    for (const held of this.#context.logs.all()) {
      const { log } = held
      if (isCompacted(log.config) && !this.#isPutOff(log) && !attempt(() => look(held))) this.#putOff(log)
    }
    if (best === undefined && isUnsafe) this.#context.flush()
    return best
  }

  #range({ topic, partition, log }: HeldLog, safeOffset: number): Cleanable | undefined {
    const cleanedTo = this.#context.logs.cleanedTo(topic, partition)
    if (cleanedTo === log.logEndOffset) return undefined // Spares the look at a log that nobody uses.
    return cleanable({
      segments: log.content.segments,
      config: log.config,
      logStartOffset: log.logStartOffset,
      cleanedTo,
      limitOffset: Math.min(log.highWatermark, log.firstOpenOffset, safeOffset),
      nowMs: this.#context.env.wallMs(),
    })
  }

  #begin({ held, range: { from, to } }: Dirty): Work {
    const { env, config } = this.#context
    const { log } = held
    const { segments, producers } = log.content
    const steps = compact({
      env,
      directory: log.directory,
      segments,
      producers,
      config: log.config,
      from,
      to,
      nowMs: env.wallMs(),
      mapBytesMax: config().logCleanerDedupeBufferSize,
    })
    return new Work(held, segments, steps)
  }

  #step(work: Work): void {
    if (work !== this.#work) return
    let outcome: ReturnType<Work['goOn']>
    try {
      outcome = work.goOn()
    } catch (error) {
      this.#failed(work, error)
      outcome = 'given up'
    }
    if (outcome === 'more') return this.#later(this.#pauseMs(), () => this.#step(work))
    if (outcome !== 'given up' && 'toSync' in outcome) return this.#sync(outcome.toSync, () => this.#step(work))
    this.#work = undefined
    const { topic, partition } = work.held
    const isWritten =
      outcome !== 'given up' && attempt(() => this.#context.logs.cleaned(topic, partition, outcome.cleanedTo))
    // The next one may be waiting; a log that cannot be compacted must not keep the cleaner busy.
    if (!isWritten) this.start()
    else this.#later(0, () => this.#cleanDirtiest())
  }

  #failed(work: Work, error: unknown): void {
    const { log } = work.held
    if (error instanceof CorruptBatch) {
      this.#notBeforeMs.set(log, Infinity)
      return
    }
    if (!(error instanceof DiskError)) throw error
    this.#putOff(log)
    if (log.holds(work.segments)) log.abandon() // Files may be half exchanged: the next use of the log sorts it out.
  }

  #putOff(log: PartitionLog): void {
    this.#notBeforeMs.set(log, this.#context.env.monotonicMs() + refusedPauseMs)
  }

  #isPutOff(log: PartitionLog): boolean {
    return this.#context.env.monotonicMs() < (this.#notBeforeMs.get(log) ?? 0)
  }

  #pauseMs(): number {
    return (bytesPerTurn / this.#context.config().logCleanerIoMaxBytesPerSecond) * 1_000
  }

  #sync(paths: readonly string[], done: () => void): void {
    const [first, ...rest] = paths
    if (first === undefined) return this.#later(0, done)
    this.#context.sync(first, () => this.#sync(rest, done))
  }

  #later(delayMs: number, action: () => void): void {
    const { deadlines, env } = this.#context
    this.#next = deadlines.atBeat(env.monotonicMs(), delayMs, action)
  }
}

/** Overdue logs come before all others. */
const urgency = ({ isOverdue, dirtyRatio }: Cleanable): number => (isOverdue ? 1 : 0) + dirtyRatio

/** One compaction on its way through the turns. */
class Work {
  readonly held: HeldLog
  readonly segments: Segments
  readonly #cuts: number
  readonly #steps: Generator<Pause, number>

  constructor(held: HeldLog, segments: Segments, steps: Generator<Pause, number>) {
    this.held = held
    this.segments = segments
    this.#cuts = segments.cuts
    this.#steps = steps
  }

  /** Goes on for one turn: there is more to do, some of it after files are synced; or the log is compacted, or cannot be. */
  goOn(): 'more' | 'given up' | { readonly toSync: readonly string[] } | { readonly cleanedTo: number } {
    if (!this.held.log.holds(this.segments) || this.segments.cuts !== this.#cuts) {
      this.giveUp()
      return 'given up'
    }
    for (let bytes = 0; bytes < bytesPerTurn; ) {
      const { done, value } = this.#steps.next()
      if (done === true) return { cleanedTo: value }
      if (typeof value !== 'number') return { toSync: value }
      bytes += value
    }
    return 'more'
  }

  giveUp(): void {
    this.#steps.return(0)
  }
}
