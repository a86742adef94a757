// Our cluster beside a real Apache Kafka that runs already, interleaved, in every cell of `npm run bench`.
//
//   node test/bench/compare-kafka.ts HOST:PORT[,HOST:PORT…] [--pids PID,…] [--only …] [--match TEXT] [--rounds N] [--share PART]
//
// Three nodes on this machine; their process ids make their CPU time known. `--share 0.1` sends a tenth of the requests: a Kafka
// that replicates single records takes minutes for all of them. Run `npm run build` before.
import { parseArgs } from 'node:util'
import { cells } from './plan.ts'
import { partTable } from './report.ts'
import { heading, measureCells, openSession } from './session.ts'
import { ourCluster, runningCluster } from './subject.ts'

/** A virtual machine that compiles twice takes longer to be at its best. */
const warmUpSeconds = 40

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    pids: { type: 'string', default: '' },
    only: { type: 'string', default: 'produce,requests,fetch,latency' },
    match: { type: 'string', default: '' },
    rounds: { type: 'string', default: '3' },
    share: { type: 'string', default: '1' },
  },
})
const [bootstrap] = positionals
if (bootstrap === undefined) throw new Error('where is the Kafka? HOST:PORT')
const pids = values.pids.split(',').filter(Boolean).map(Number)

const session = openSession()
const planned = cells
  .filter(({ part, title }) => values.only.split(',').includes(part) && title.includes(values.match))
  .map((cell) => ({ ...cell, count: Math.ceil(cell.count * Number(values.share)) }))
const kafka = runningCluster('Apache Kafka', bootstrap.split(','), pids)
const rounds = Number(values.rounds)
const subjects = [await ourCluster(session.folder), kafka]
console.log(heading(session, rounds))
await measureCells(session, { cells: planned, subjects, rounds, warmUpSeconds }, (done) => console.log(partTable(done)))
process.exit(0)
