// Recovers a log as a broker does that was killed: node recovery-pass.ts DIRECTORY. Prints what that cost, and what the mere checksum
// of the same files did.
import { closeSync, openSync, readdirSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { defaultLogConfig } from '../../src-broker/core/log/log-config.ts'
import { PartitionLog } from '../../src-broker/core/log/partition-log.ts'
import { workerEnv } from '../../src-broker/runtime/worker-env.ts'
import { logName, type RecoveryPass } from './recovery.ts'

const [directory] = process.argv.slice(2)
const env = workerEnv(directory!, {})
const block = new Uint8Array(1 << 20)

checksum() // Brings the files to the page cache.
const checksumMs = cpuMsOf(checksum)
const start = { isClean: false, recoveryPoint: 0, logStartOffset: 0, highWatermark: 0 }
let log: PartitionLog | undefined
const recoveryMs = cpuMsOf(() => {
  log = PartitionLog.open(env, logName, defaultLogConfig, start)
})
if (log?.damage !== undefined) throw new Error('the log is damaged')
const pass: RecoveryPass = { checksumMs, recoveryMs }
console.log(JSON.stringify(pass))

function cpuMsOf(work: () => void): number {
  const before = process.cpuUsage()
  work()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1_000
}

function checksum(): void {
  const folder = join(directory!, logName)
  for (const name of readdirSync(folder).filter((name) => name.endsWith('.log'))) {
    const file = openSync(join(folder, name), 'r')
    for (let got = readSync(file, block); got > 0; got = readSync(file, block)) env.crc32c(block, 0, got)
    closeSync(file)
  }
}
