// What ten thousand logs cost the broker that finds them in its directory at a start, after an orderly stop: beside nothing but the
// listing of the directory and the reading of its checkpoints.
import { join } from 'node:path'
import { defaultLogConfig } from '../../src-broker/core/log/log-config.ts'
import { LogDirectory } from '../../src-broker/core/log/log-directory.ts'
import { workerEnv } from '../../src-broker/runtime/worker-env.ts'
import { run } from './children.ts'
import { median } from './measure.ts'
import { number } from './plan.ts'
import type { SingleValue } from './report.ts'
import { scripts } from './yardsticks.ts'

const topics = 100
const partitionsPerTopic = 100

export interface ManyLogsPass {
  readonly openMs: number
  /** Resident memory that is there afterwards and was not before. */
  readonly openMegabytes: number
  readonly readMs: number
}

export async function measureManyLogs(folder: string, rounds: number): Promise<SingleValue[]> {
  const directory = join(folder, 'many-logs')
  fill(directory)
  const passes: ManyLogsPass[] = []
  for (let round = 0; round <= rounds; round++) {
    const pass: ManyLogsPass = JSON.parse(await run([...scripts.manyLogsPass, directory]))
    if (round > 0) passes.push(pass) // The first may have to read from the disk.
  }
  const title = `opening ${number(topics * partitionsPerTopic)} logs`
  const of = (value: (pass: ManyLogsPass) => number): number => median(passes.map(value))
  const control = { name: 'listing and reading of the same', value: of(({ readMs }) => readMs) }
  return [
    { part: 'many-logs', title, unit: 'ms', value: of(({ openMs }) => openMs), control },
    { part: 'many-logs', title, unit: 'MB', value: of(({ openMegabytes }) => openMegabytes), control: null },
  ]
}

function fill(directory: string): void {
  const logs = new LogDirectory(workerEnv(directory, {}), defaultLogConfig)
  for (let topic = 0; topic < topics; topic++) {
    const topicId = topic.toString(16).padStart(32, '0')
    for (let partition = 0; partition < partitionsPerTopic; partition++)
      logs.create(`topic-${topic}`, partition, topicId, defaultLogConfig)
  }
  logs.close(1)
}
