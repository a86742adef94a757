// npm run sim: the product's own brokers under a seeded world, as many seeds as there is time for.
//
//   npm run sim -- [--seeds N] [--seed FIRST] [--brokers N] [--faults crash,pause,…] [--short] [--jobs N] [--bug NAME]
//               [--verbose]
//       --short: with as little trouble as a seed of `npm test` has
//   npm run sim -- --minutes N [--seed FIRST] …
//       as many seeds as fit into so many minutes, with a line of figures now and then
//   npm run sim -- --mutants [--seeds N] [--bug NAME] [--jobs N]
//       builds in one bug after the other and says how soon each is found
//
// Ends with 1 where an anomaly was found (with --mutants: where one was not).
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { bugs } from './bugs/index.ts'
import { Figures } from './figures.ts'
import { runSeeds } from './jobs.ts'
import { type Bug, sourceOf, withBug } from './mutate.ts'
import { type FaultKind, faultKinds } from './plan.ts'
import type { SeedResult } from './simulation.ts'

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1' },
    seed: { type: 'string', default: '1' },
    brokers: { type: 'string' },
    faults: { type: 'string' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    bug: { type: 'string' },
    short: { type: 'boolean', default: false },
    minutes: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    mutants: { type: 'boolean', default: false },
  },
})

const jobs = number('jobs', values.jobs)
const first = number('seed', values.seed)
const count = number('seeds', values.seeds)
const minutes = values.minutes === undefined ? undefined : number('minutes', values.minutes)
const brokers = values.brokers === undefined ? undefined : number('brokers', values.brokers)
const faults = values.faults?.split(',').map(faultKind)
const planOptions = { brokers, faults, isShort: values.short }

function number(name: string, text: string): number {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new Error(`--${name} wants a whole number above 0, not ${text}`)
  return value
}

function faultKind(name: string): FaultKind {
  const found = faultKinds.find((kind) => kind === name)
  if (found === undefined) throw new Error(`--faults knows ${faultKinds.join(', ')}; got ${name}`)
  return found
}

const seedsFrom = (from: number, howMany: number) => Array.from({ length: howMany }, (_, index) => from + index)

function replayCommand(seed: number): string {
  const { brokers, faults, bug } = values
  const rest = Object.entries({ brokers, faults, bug }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name} ${value}`],
  )
  const short = values.short ? ['--short'] : []
  return ['npm run sim --', `--seed ${seed}`, ...rest, ...short, '--verbose'].join(' ')
}

function tell({ seed, anomaly }: SeedResult): void {
  if (anomaly === undefined) return
  console.log(`\nseed ${seed}: ${anomaly.message}\n  again: ${replayCommand(seed)}`)
}

/** Real time between two lines of figures. */
const tellEveryMs = 120_000

/** From `from` on without end. */
function* endlessSeeds(from: number): Generator<number, void> {
  for (let seed = from; ; seed++) yield seed
}

async function simulateSeeds(): Promise<boolean> {
  const figures = new Figures()
  const untilMs = minutes === undefined ? Infinity : performance.now() + minutes * 60_000
  const teller = minutes === undefined ? undefined : setInterval(() => console.log(figures.line()), tellEveryMs)
  const onLine = values.verbose ? (line: string) => console.log(line) : undefined
  const options = { ...planOptions, bug: values.bug }
  const onResult = (result: SeedResult): boolean => {
    figures.add(result)
    tell(result)
    if (count === 1 && minutes === undefined) console.log(`digest ${result.digest}`)
    return performance.now() < untilMs
  }
  const seeds = minutes === undefined ? seedsFrom(first, count) : endlessSeeds(first)
  await runSeeds(seeds, jobs, options, onResult, onLine)
  clearInterval(teller)
  console.log(`\n${figures.lines().join('\n')}`)
  return figures.anomalies.length === 0
}

/** As many seeds as asked for, or twice as many as the bug is promised to need. False where it is not found in time. */
async function hunt(bug: Bug): Promise<boolean> {
  withBug(bug, sourceOf(bug)) // Throws where it cannot be built in any more: a thread that dies of that has found nothing.
  const started = performance.now()
  let found: SeedResult | undefined
  const seeds = seedsFrom(first, count > 1 ? count : 2 * bug.within)
  // One thread: which seed is the first to find it must not depend on who is faster.
  await runSeeds(seeds, 1, { ...planOptions, bug: bug.name }, (result) => {
    if (result.anomaly !== undefined) found = result
    return found === undefined
  })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  const isInTime = found !== undefined && found.seed - first < bug.within
  const verdict = isInTime ? 'caught' : found === undefined ? 'MISSED' : 'LATE  '
  const how = found === undefined ? '' : `by seed ${found.seed} (${found.anomaly!.kind})`
  console.log(
    `${verdict}  ${bug.name.padEnd(34)} ${how.padEnd(36)} ${seconds.padStart(6)} s  within ${bug.within} promised`,
  )
  return isInTime
}

async function huntAll(): Promise<boolean> {
  const pending = bugs.filter(({ name }) => values.bug === undefined || name === values.bug)
  const total = pending.length
  let caught = 0
  const one = async (): Promise<void> => {
    for (let bug = pending.shift(); bug !== undefined; bug = pending.shift()) if (await hunt(bug)) caught++
  }
  await Promise.all(Array.from({ length: jobs }, one))
  console.log(`\n${caught} of ${total} bugs caught`)
  return caught === total
}

process.exitCode = (await (values.mutants ? huntAll() : simulateSeeds())) ? 0 : 1
