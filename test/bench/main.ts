// npm run bench: what the hot path does, every number beside a control in the same run.
//
//   npm run bench -- [--quick] [--only produce,requests,fetch,latency,start,memory] [--match TEXT] [--rounds N] [--json]
//
// Absolute numbers belong to a machine and a minute of it. Ratios, CPU per megabyte and CPU per request can be compared.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Bench } from './measure.ts'
import { cells, type Part, parts } from './plan.ts'
import { whyNoCpu } from './process-cost.ts'
import { machine, resultTables, type SingleValue, singleValuesTable } from './report.ts'
import { measureCell, type Result } from './rounds.ts'
import { measureMemory, measureStart } from './start-and-memory.ts'
import { cBroker, onlyAnswers, ourCluster, type Subject } from './subject.ts'
import { findYardsticks, type Yardsticks } from './yardsticks.ts'

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', default: parts.join(',') },
    match: { type: 'string', default: '' },
    rounds: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const wanted = new Set(options.only.split(','))
for (const part of wanted)
  if (!parts.includes(part as Part)) throw new Error(`--only knows ${parts.join(', ')}; got ${part}`)
const rounds = Number(options.rounds ?? (options.quick ? 1 : 3))

const folder = mkdtempSync(join(tmpdir(), 'pressroom-bench-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const yardsticks = findYardsticks(folder)
const bench = new Bench(yardsticks, folder)
const notes = [...yardsticks.notes, ...(whyNoCpu === null ? [] : [whyNoCpu])]
const progress = (text: string): void => console.error(`… ${text}`)

const singleValues: SingleValue[] = []
if (wanted.has('start')) {
  progress('start')
  singleValues.push(...(await measureStart(Math.max(rounds, 5))))
}
if (wanted.has('memory')) {
  progress('memory')
  singleValues.push(...(await measureMemory(bench)))
}
const results = await measureCells(yardsticks)
const about = {
  machine: machine(),
  date: new Date().toISOString(),
  rounds,
  touchedMegabytes: bench.touchMegabytesMax,
  notes,
}

if (options.json) {
  const measured = results.map(({ cell, readings }) => ({ ...cell, readings: Object.fromEntries(readings) }))
  console.log(JSON.stringify({ ...about, singleValues, cells: measured }))
} else {
  console.log(
    `${about.machine}\n${about.date}, medians of ${rounds}, up to ${about.touchedMegabytes} MB touched before each pass`,
  )
  for (const note of notes) console.log(note)
  console.log(`\n${resultTables(results)}\n${singleValuesTable(singleValues)}`)
}
process.exit(0)

async function measureCells({ broker }: Yardsticks): Promise<Result[]> {
  const planned = cells.filter(({ part, title }) => wanted.has(part) && title.includes(options.match))
  if (planned.length === 0) return []
  const controls = [onlyAnswers(folder), ...(broker === null ? [] : [cBroker(broker, folder)])]
  const subjects: readonly Subject[] = [await ourCluster(folder), ...controls]
  const measured: Result[] = []
  for (const cell of planned) {
    progress(`${cell.part}: ${cell.title}`)
    measured.push(await measureCell(bench, cell, subjects, rounds))
  }
  for (const subject of subjects) await subject.stop()
  return measured
}
