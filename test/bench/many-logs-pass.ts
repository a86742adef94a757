// Opens all logs of a directory, as a broker's start does: node many-logs-pass.ts DIRECTORY. Prints what that cost.
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defaultLogConfig } from '../../src-broker/core/log/log-config.ts'
import { LogDirectory } from '../../src-broker/core/log/log-directory.ts'
import { workerEnv } from '../../src-broker/runtime/worker-env.ts'
import type { ManyLogsPass } from './many-logs.ts'
import { residentMegabytes } from './process-cost.ts'

const [directory] = process.argv.slice(2)
const env = workerEnv(directory!, {})

const readMs = msOf(() => {
  for (const name of readdirSync(directory!)) if (name.endsWith('checkpoint')) readFileSync(join(directory!, name))
})
const megabytesBefore = residentMegabytes(process.pid) ?? 0
let found: LogDirectory | undefined
const openMs = msOf(() => {
  found = new LogDirectory(env, defaultLogConfig)
})
const openMegabytes = (residentMegabytes(process.pid) ?? 0) - megabytesBefore
if (!found!.wasClean) throw new Error('the last stop was not an orderly one')
found!.close(1)
const pass: ManyLogsPass = { openMs, openMegabytes, readMs }
console.log(JSON.stringify(pass))

function msOf(work: () => void): number {
  const begunMs = performance.now()
  work()
  return performance.now() - begunMs
}
