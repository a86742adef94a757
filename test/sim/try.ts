import { simulate } from './simulation.ts'

const from = Number(process.argv[2] ?? 1),
  count = Number(process.argv[3] ?? 20)
const log = process.argv[4] ? console.log : undefined
const kinds = new Map<string, number[]>()
const t0 = process.cpuUsage()
let virtual = 0,
  written = 0,
  acked = 0,
  events = 0
const faults: Record<string, number> = {}
for (let seed = from; seed < from + count; seed++) {
  const t = performance.now()
  const r = simulate(seed, {}, log)
  virtual += r.virtualMs
  written += r.written
  acked += r.acknowledged
  events += r.events
  for (const [k, n] of Object.entries(r.faults)) faults[k] = (faults[k] ?? 0) + n
  if (r.anomaly) {
    console.log(seed, (performance.now() - t).toFixed(0), r.digest, r.anomaly.message.slice(0, 400))
    kinds.set(r.anomaly.kind, [...(kinds.get(r.anomaly.kind) ?? []), seed])
  }
}
const used = process.cpuUsage(t0),
  ms = (used.user + used.system) / 1000
console.log([...kinds].map(([k, s]) => `${k}: ${s.length}`).join(', '))
console.log(
  `${count} seeds ${(ms / count).toFixed(0)} ms each, virtual ${(virtual / 1000).toFixed(0)} s, ratio ${(virtual / ms).toFixed(0)}, written ${written} acked ${acked} events ${events}`,
  JSON.stringify(faults),
)
