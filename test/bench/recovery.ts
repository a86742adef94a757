// How fast a log of a gigabyte is recovered after a kill, beside the checksum of its files and nothing else.
import { join } from 'node:path'
import { defaultLogConfig } from '../../src-broker/core/log/log-config.ts'
import { PartitionLog } from '../../src-broker/core/log/partition-log.ts'
import { buildBatch } from '../../src-broker/records/build.ts'
import { workerEnv } from '../../src-broker/runtime/worker-env.ts'
import { run } from './children.ts'
import { median } from './measure.ts'
import { number } from './plan.ts'
import type { SingleValue } from './report.ts'
import { scripts } from './yardsticks.ts'

const logBytes = 1 << 30
const batchSizes = [1_000, 15_000, 1_000_000]
const epochMs = 1_700_000_000_000
export const logName = 'recovery-0'

/** Of one pass over a log, in milliseconds of CPU time. */
export interface RecoveryPass {
  readonly checksumMs: number
  readonly recoveryMs: number
}

export async function measureRecovery(folder: string, rounds: number): Promise<SingleValue[]> {
  const values: SingleValue[] = []
  for (const batchBytes of batchSizes) {
    const directory = join(folder, `recovery-${batchBytes}`)
    fill(directory, batchBytes)
    const passes: RecoveryPass[] = []
    for (let round = 0; round <= rounds; round++) {
      const pass: RecoveryPass = JSON.parse(await run([...scripts.recoveryPass, directory]))
      if (round > 0) passes.push(pass) // The first may have to read from the disk.
    }
    const recoveryMs = median(passes.map(({ recoveryMs }) => recoveryMs))
    const checksumMs = median(passes.map(({ checksumMs }) => checksumMs))
    values.push({
      part: 'recovery',
      title: `recovery of 1 GiB, batches of ${number(batchBytes)} B`,
      unit: 'ms of CPU',
      value: recoveryMs,
      control: { name: 'CRC-32C of the files', value: checksumMs },
    })
  }
  return values
}

/** An idempotent producer's batches, left as a kill leaves them. */
function fill(directory: string, batchBytes: number): void {
  const env = workerEnv(directory, {})
  env.disk.makeDirectory(logName)
  const log = PartitionLog.open(env, logName, defaultLogConfig)
  const record = { key: null, value: crypto.getRandomValues(new Uint8Array(Math.min(batchBytes, 50_000) - 80)) }
  const records = Array.from({ length: Math.ceil(batchBytes / 50_000) }, () => record)
  for (let sequence = 0; log.sizeInBytes < logBytes; sequence += records.length) {
    const timestamp = epochMs + sequence
    const producer = { producerId: 1, producerEpoch: 0, baseSequence: sequence }
    const bytes = buildBatch(
      records.map((record) => ({ ...record, timestamp })),
      env.crc32c,
      producer,
    )
    const context = { leaderEpoch: 1, nowMs: timestamp, origin: 'client' } as const
    const { errorCode } = log.appendAsLeader(bytes, new DataView(bytes.buffer), 0, bytes.length, context)
    if (errorCode !== 0) throw new Error(`the log refused a batch with ${errorCode}`)
  }
  log.abandon()
}
