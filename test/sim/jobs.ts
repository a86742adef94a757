// Seeds spread over threads: each thread loads the product anew, with the bug it is told to have, if any.
import { Worker } from 'node:worker_threads'
import type { PlanOptions } from './plan.ts'
import type { SeedResult } from './simulation.ts'

export interface JobOptions extends PlanOptions {
  /** Name of a bug of `bugs/` that is built in. */
  readonly bug?: string | undefined
}

export type FromThread =
  | { readonly kind: 'result'; readonly result: SeedResult }
  | { readonly kind: 'line'; readonly line: string }

export interface ToThread extends JobOptions {
  readonly isVerbose: boolean
}

/** Processor time after which a seed counts as hanging: the core loops without an event in between. Others may have had the processor. */
const hangMs = 60_000
/** Real time between two looks. */
const lookMs = 10_000

/** Runs seeds until all are done or `wantsMore` says enough; results come in any order. */
export async function runSeeds(
  seeds: Iterable<number>,
  jobs: number,
  options: JobOptions,
  onResult: (result: SeedResult) => boolean,
  onLine?: (line: string) => void,
): Promise<void> {
  const pending = seeds[Symbol.iterator]()
  let isEnough = false
  const next = (): number | undefined => (isEnough ? undefined : (pending.next().value as number | undefined))
  const take = (result: SeedResult): void => {
    if (!isEnough && !onResult(result)) isEnough = true
  }
  await Promise.all(Array.from({ length: jobs }, () => runThread(next, options, take, onLine)))
}

/** One thread until there are no more seeds; a new one in its place where a seed ends it. */
async function runThread(
  next: () => number | undefined,
  options: JobOptions,
  take: (result: SeedResult) => void,
  onLine?: (line: string) => void,
): Promise<void> {
  let seed = next()
  while (seed !== undefined) seed = await runInOneThread(seed, next, options, take, onLine)
}

function runInOneThread(
  first: number,
  next: () => number | undefined,
  options: JobOptions,
  take: (result: SeedResult) => void,
  onLine?: (line: string) => void,
): Promise<number | undefined> {
  return new Promise((resolve) => {
    const isVerbose = onLine !== undefined
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      workerData: { ...options, isVerbose } satisfies ToThread,
    })
    let seed = first
    /** What the thread had used at the first look at this seed. */
    let usedMs: number | undefined
    const ask = (asked: number): void => {
      seed = asked
      usedMs = undefined
      worker.postMessage(seed)
    }
    const look = async (): Promise<void> => {
      const looked = seed
      const { user, system } = await worker.cpuUsage()
      if (looked !== seed) return
      const nowMs = (user + system) / 1_000
      usedMs ??= nowMs
      if (nowMs - usedMs > hangMs) ended('hangs', `no event in ${hangMs / 1_000} s of processor time`)
    }
    // A thread that has just ended has no figures; how it ended is told otherwise.
    const watch = setInterval(() => void look().catch(() => {}), lookMs)
    const finish = (following: number | undefined): void => {
      clearInterval(watch)
      worker.removeAllListeners()
      void worker.terminate().then(() => resolve(following))
    }
    const ended = (kind: string, message: string): void => {
      take(withoutFigures(seed, kind, message))
      finish(next())
    }
    worker.on('error', (error) =>
      ended('thread-died', error instanceof Error ? (error.stack ?? error.message) : String(error)),
    )
    worker.on('message', (message: FromThread) => {
      if (message.kind === 'line') return onLine?.(message.line)
      take(message.result)
      const following = next()
      if (following === undefined) finish(undefined)
      else ask(following)
    })
    ask(first)
  })
}

const withoutFigures = (seed: number, kind: string, message: string): SeedResult => ({
  seed,
  anomaly: { kind, message: `${kind}: ${message}` },
  digest: '',
  virtualMs: 0,
  events: 0,
  written: 0,
  acknowledged: 0,
  read: 0,
  faults: {},
})
