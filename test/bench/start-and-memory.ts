// From exec to all brokers serving, and resident memory, each beside a bare Node that listens on one port.
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from '../support/free-ports.ts'
import { startHost } from '../support/start-host.ts'
import { serve } from './children.ts'
import { type Bench, median } from './measure.ts'
import { residentMegabytes, whyNoCpu } from './process-cost.ts'
import type { SingleValue } from './report.ts'
import { runningCluster } from './subject.ts'

const bareNode = [process.execPath, '-e', "require('net').createServer().listen(0, () => console.log('ready'))"]
const control = 'bare Node that listens'
const settleMs = 3_000
const loadBytes = 1 << 30

export async function measureStart(rounds: number): Promise<SingleValue[]> {
  const ours: number[] = []
  const bare: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const port = await freePorts(3)
    const tookMs = await timed(() => startHost({ port }))
    const bareMs = await timed(() => serve(bareNode))
    if (round === 0) continue // The first reads the program from disk.
    ours.push(tookMs)
    bare.push(bareMs)
  }
  const value = median(ours)
  return [{ part: 'start', title: 'exec to ready', unit: 'ms', value, control: { name: control, value: median(bare) } }]
}

async function timed(start: () => Promise<{ stop(): Promise<unknown> }>): Promise<number> {
  const begunMs = performance.now()
  const started = await start()
  const tookMs = performance.now() - begunMs
  await started.stop()
  return tookMs
}

export async function measureMemory(bench: Bench): Promise<SingleValue[]> {
  if (whyNoCpu !== null) return []
  const host = await startHost()
  const bare = await serve(bareNode)
  await sleep(settleMs)
  const bareMegabytes = residentMegabytes(bare.pid)!
  const idle = residentMegabytes(host.pid)!

  const cluster = runningCluster('pressroom', host.bootstrap, [host.pid])
  const requests = { recordBytes: 1000, recordsPerRequest: 1000, acks: -1, depth: 5, requestsPerSecond: 0 } as const
  const topic = await cluster.openTopic(3, requests)
  await bench.produce(topic, requests, Math.ceil(loadBytes / 1_000_000))
  const loaded = residentMegabytes(host.pid)!
  await cluster.stop()
  await host.stop()
  await bare.stop()
  const value = (title: string, megabytes: number): SingleValue => ({
    part: 'memory',
    title,
    unit: 'MB',
    value: megabytes,
    control: { name: control, value: bareMegabytes },
  })
  return [value('resident, idle', idle), value('resident, after 1 GiB at RF 3', loaded)]
}
