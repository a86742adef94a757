import { availableParallelism } from 'node:os'
import { expect, test } from 'vitest'
import { bugs } from './bugs/index.ts'
import { Figures } from './figures.ts'
import { type JobOptions, runSeeds } from './jobs.ts'
import { type Bug, sourceOf, withBug } from './mutate.ts'
import { regressions } from './regressions.ts'
import type { SeedResult } from './simulation.ts'

const seedCount = Number(process.env.SIM_SEEDS ?? 1_000)
const firstSeed = 1_001

/** Half of the processors: the other tests have the rest. */
const threads = Math.max(1, Math.floor(availableParallelism() / 2))

async function run(seeds: readonly number[], jobs = threads): Promise<SeedResult[]> {
  const results: SeedResult[] = []
  await runSeeds(seeds, jobs, { isShort: true }, (result) => results.push(result) > 0)
  return results
}

const seedsFrom = (from: number, count: number) => Array.from({ length: count }, (_, index) => from + index)

const anomalies = (results: readonly SeedResult[]) =>
  results.flatMap(({ seed, anomaly }) =>
    anomaly === undefined ? [] : [`npm run sim -- --short --seed ${seed}: ${anomaly.message}`],
  )

/** What the first of the seeds finds that find anything. */
async function findings(seeds: readonly number[], options: JobOptions): Promise<string[]> {
  const found: string[] = []
  await runSeeds(seeds, 1, options, (result) => {
    found.push(...anomalies([result]))
    return found.length === 0
  })
  return found
}

test('a thousand clusters go through trouble, lose nothing that was acknowledged, and come right again', async () => {
  const figures = new Figures()
  const results = await run(seedsFrom(firstSeed, seedCount))
  for (const result of results) figures.add(result)
  console.log(figures.lines().join('\n'))
  expect(anomalies(results)).toEqual([])
  // A run in which nothing was written, read or broken proves nothing.
  expect(results.filter(({ acknowledged, read }) => acknowledged === 0 || read === 0)).toEqual([])
}, 1_800_000)

test.each(regressions)(
  'it would be found again if $found',
  async ({ bug: name, faults }) => {
    const { within } = bugs.find((bug) => bug.name === name)!
    expect(await findings(seedsFrom(1, within), { bug: name, faults })).not.toEqual([])
  },
  300_000,
)

test('the same seed is the same run, byte for byte, whatever its thread has run before', async () => {
  const [once] = await run([7])
  const [other, again] = await run([8, 7], 1)
  expect(again).toEqual(once)
  expect(other!.digest).not.toBe(once!.digest)
}, 300_000)

test.each(bugs)('the bug $name can still be built in', (bug: Bug) => {
  expect(withBug(bug, sourceOf(bug))).not.toBe(sourceOf(bug))
})

test('a bug whose place has changed is refused', () => {
  const bug: Bug = { ...bugs[0]!, find: 'this stands nowhere' }
  expect(() => withBug(bug, sourceOf(bug))).toThrow('not once')
})

test('a broker that acknowledges too early is found out', async () => {
  expect(await findings(seedsFrom(1, 8), { bug: 'ack-at-once' })).not.toEqual([])
}, 300_000)
