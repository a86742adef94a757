// npm run bench: what the hot path does, every number beside a control in the same run.
//
//   npm run bench -- [--quick] [--only produce,requests,fetch,latency,start,memory,recovery,many-logs] [--match TEXT] [--rounds N] [--json]
//
// Absolute numbers belong to a machine and a minute of it. Ratios, CPU per megabyte and CPU per request can be compared.
import { parseArgs } from 'node:util'
import { measureManyLogs } from './many-logs.ts'
import { cells, type Part, parts } from './plan.ts'
import { measureRecovery } from './recovery.ts'
import { machine, partTable, type SingleValue, singleValuesTable } from './report.ts'
import type { Result } from './rounds.ts'
import { heading, measureCells, openSession, progress } from './session.ts'
import { measureMemory, measureStart } from './start-and-memory.ts'
import { cBroker, onlyAnswers, ourCluster } from './subject.ts'

const warmUpSeconds = 4

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

const session = openSession()
const { bench, folder, yardsticks } = session
const show = (text: string): void => {
  if (!options.json) console.log(text)
}

show(heading(session, rounds))
const singleValues: SingleValue[] = []
if (wanted.has('start')) {
  progress('start')
  singleValues.push(...(await measureStart(Math.max(rounds, 5))))
}
if (wanted.has('memory')) {
  progress('memory')
  singleValues.push(...(await measureMemory(bench)))
}
if (wanted.has('recovery')) {
  progress('recovery')
  singleValues.push(...(await measureRecovery(folder, rounds)))
}
if (wanted.has('many-logs')) {
  progress('many-logs')
  singleValues.push(...(await measureManyLogs(folder, Math.max(rounds, 5))))
}
if (singleValues.length > 0) show(singleValuesTable(singleValues))

const results = await measureAll()
if (options.json) {
  const measured = results.map(({ cell, readings }) => ({ ...cell, readings: Object.fromEntries(readings) }))
  const about = { machine: machine(), date: new Date().toISOString(), rounds, notes: yardsticks.notes }
  console.log(JSON.stringify({ ...about, singleValues, cells: measured }))
}
process.exit(0)

async function measureAll(): Promise<Result[]> {
  const planned = cells.filter(({ part, title }) => wanted.has(part) && title.includes(options.match))
  if (planned.length === 0) return []
  const { broker } = yardsticks
  const controls = [await onlyAnswers(folder), ...(broker === null ? [] : [cBroker(broker, folder)])]
  const subjects = [await ourCluster(folder), ...controls]
  return measureCells(session, { cells: planned, subjects, rounds, warmUpSeconds }, (done) => show(partTable(done)))
}
