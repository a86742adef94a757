// Our cluster beside a real Apache Kafka that runs already, interleaved, in every cell of `npm run bench`.
//
//   node test/bench/compare-kafka.ts HOST:PORT[,HOST:PORT…] [--pids PID,…] [--only …] [--match TEXT] [--rounds N]
//
// Three nodes on this machine; their process ids make their CPU time known. Run `npm run build` before.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { Bench } from './measure.ts'
import { cells } from './plan.ts'
import { machine, resultTables } from './report.ts'
import { measureCell, type Result } from './rounds.ts'
import { ourCluster, runningCluster } from './subject.ts'
import { findYardsticks } from './yardsticks.ts'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pids: { type: 'string', default: '' },
    only: { type: 'string', default: 'produce,requests,fetch,latency' },
    match: { type: 'string', default: '' },
    rounds: { type: 'string', default: '3' },
  },
})
const [bootstrap] = positionals
if (bootstrap === undefined) throw new Error('where is the Kafka? HOST:PORT')
const pids = values.pids.split(',').filter(Boolean).map(Number)

const folder = mkdtempSync(join(tmpdir(), 'pressroom-bench-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
const bench = new Bench(findYardsticks(folder), folder)
const subjects = [await ourCluster(folder), runningCluster('Apache Kafka', bootstrap.split(','), pids)]
const results: Result[] = []
for (const cell of cells) {
  if (!values.only.split(',').includes(cell.part) || !cell.title.includes(values.match)) continue
  console.error(`… ${cell.part}: ${cell.title}`)
  results.push(await measureCell(bench, cell, subjects, Number(values.rounds)))
}
for (const subject of subjects) await subject.stop()
console.log(`${machine()}\n${new Date().toISOString()}, medians of ${values.rounds}\n\n${resultTables(results)}`)
process.exit(0)
