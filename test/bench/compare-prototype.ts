// Our cluster beside the throw-away prototype that showed what is possible, interleaved: 1,000-byte records, RF 3, acks=all.
//
//   node test/bench/compare-prototype.ts FOLDER [--rounds N]
//
// FOLDER holds the prototype's cluster.mjs; it finds its packages in ours. Run `npm run build` before.
import { cpSync, symlinkSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { freePorts } from '../support/free-ports.ts'
import { serve } from './children.ts'
import { cells } from './plan.ts'
import { partTable } from './report.ts'
import { heading, measureCells, openSession } from './session.ts'
import { ourCluster, type Subject } from './subject.ts'

const throughputRatioMin = 0.6
const cpuRatioMax = 1.6
const warmUpSeconds = 4
const name = 'prototype'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '5' } },
})
const [prototypeFolder] = positionals
if (prototypeFolder === undefined) throw new Error('which folder holds the prototype?')

const session = openSession()
const { folder } = session
const planned = cells.filter(
  ({ part, replicationFactor, requests }) =>
    part === 'produce' && replicationFactor === 3 && requests.recordBytes === 1000,
)
const subjects = [await ourCluster(folder), await prototype(prototypeFolder)]
const rounds = Number(values.rounds)
console.log(heading(session, rounds))
const results = await measureCells(session, { cells: planned, subjects, rounds, warmUpSeconds }, (done) =>
  console.log(partTable(done)),
)
for (const { cell, readings } of results) {
  const [ours, theirs] = [readings.get('pressroom')!, readings.get(name)!]
  const throughput = ours.megabytesPerSecond / theirs.megabytesPerSecond
  const cpu = (ours.cpuMsPerMegabyte ?? Number.NaN) / (theirs.cpuMsPerMegabyte ?? Number.NaN)
  const isMet = throughput >= throughputRatioMin && cpu <= cpuRatioMax
  console.log(
    `${isMet ? 'met' : 'NOT MET'}: ${cell.title}: ${throughput.toFixed(2)} × its throughput (at least ${throughputRatioMin}), ` +
      `${cpu.toFixed(2)} × its CPU (at most ${cpuRatioMax})`,
  )
}
process.exit(0)

/** One cluster for the whole run. What a pass has written is cut off its files: the next one goes on behind a hole. */
async function prototype(source: string): Promise<Subject> {
  const home = join(folder, 'prototype')
  cpSync(source, home, { recursive: true, filter: (path) => !path.endsWith('node_modules') })
  symlinkSync(join(import.meta.dirname, '../../node_modules'), join(home, 'node_modules'))
  const port = await freePorts(3)
  const base = join(home, 'data')
  const environment = { REPL: 'file', REUSE: '0', PORT: String(port), BASE: base }
  const child = await serve([process.execPath, 'cluster.mjs'], environment, home)
  return {
    name,
    async openTopic() {
      const close = async () => {
        for (const broker of ['b0', 'b1', 'b2']) truncateSync(join(base, broker, 't-0', '0.log'), 0)
      }
      return { topic: 't', port, pids: [child.pid], close }
    },
    stop: () => child.stop(),
  }
}
