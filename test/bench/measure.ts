// One pass of load against one broker, and what it cost.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './children.ts'
import { fetchFrame, produceFrame, recordBatch } from './frames.ts'
import { cpuMs } from './process-cost.ts'
import type { OpenTopic } from './subject.ts'
import { scripts, type Yardsticks } from './yardsticks.ts'

/** What is sent; the same for whoever is measured. */
export interface Requests {
  readonly recordBytes: number
  readonly recordsPerRequest: number
  readonly acks: 1 | -1
  /** Requests that may be unanswered. */
  readonly depth: number
  /** 0: as many as `depth` allows. */
  readonly requestsPerSecond: number
}

export interface Reading {
  readonly megabytesPerSecond: number
  readonly requestsPerSecond: number
  readonly recordsPerSecond: number
  /** All threads of the broker; null where nobody can tell. */
  readonly cpuMsPerMegabyte: number | null
  readonly cpuUsPerRequest: number | null
  readonly clientCpuMsPerMegabyte: number
  /** Null where no latency was taken. */
  readonly p50Us: number | null
  readonly p99Us: number | null
}

interface Output {
  readonly seconds: number
  readonly requests: number
  readonly bytes: number
  readonly clientCpuSeconds: number
  readonly p50Us: number
  readonly p99Us: number
}

export const fetchBytes = 1 << 20
const megabyte = 1 << 20

export class Bench {
  readonly #yardsticks: Yardsticks
  readonly #folder: string
  readonly #touchMegabytesMax: number

  constructor(yardsticks: Yardsticks, folder: string) {
    this.#yardsticks = yardsticks
    this.#folder = folder
    this.#touchMegabytesMax = Math.floor(Math.min(5_500, (0.3 * process.availableMemory()) / megabyte))
  }

  /** What a pass that writes much has touched before it. */
  get touchMegabytesMax(): number {
    return this.#touchMegabytesMax
  }

  /** Leaves memory as a program finds it that has just been using some, several times what will be written. */
  async touchMemoryFor(writtenBytes: number): Promise<void> {
    const megabytes = Math.min(this.#touchMegabytesMax, 1_000 + Math.ceil((4 * writtenBytes) / megabyte))
    await run([...scripts.touchMemory, String(megabytes)])
  }

  async produce(to: OpenTopic, requests: Requests, count: number): Promise<Reading> {
    const batch = recordBatch(requests.recordBytes, requests.recordsPerRequest)
    const frame = this.#file('produce.frame', produceFrame(to.topic, requests.acks, batch))
    const { depth, requestsPerSecond } = requests
    return this.#measure(to, requests.recordsPerRequest, ['produce', to.port, frame, count, depth, requestsPerSecond])
  }

  async fetch(from: OpenTopic, requests: Requests, bytes: number): Promise<Reading> {
    const { frame, offsetAt } = fetchFrame(from.topic, fetchBytes)
    const path = this.#file('fetch.frame', frame)
    return this.#measure(from, requests.recordsPerRequest, ['fetch', from.port, path, offsetAt, bytes])
  }

  async #measure(
    { pids }: OpenTopic,
    recordsPerRequest: number,
    words: readonly (string | number)[],
  ): Promise<Reading> {
    const cpuBeforeMs = cpuMs(pids)
    const output = JSON.parse(await run([...this.#yardsticks.load, ...words.map(String)])) as Output
    const cpuAfterMs = cpuMs(pids)
    const { seconds, requests, bytes, clientCpuSeconds, p50Us, p99Us } = output
    const megabytes = bytes / megabyte
    const usedMs = cpuBeforeMs === null || cpuAfterMs === null ? null : cpuAfterMs - cpuBeforeMs
    return {
      megabytesPerSecond: megabytes / seconds,
      requestsPerSecond: requests / seconds,
      recordsPerSecond: (requests * recordsPerRequest) / seconds,
      cpuMsPerMegabyte: usedMs === null ? null : usedMs / megabytes,
      cpuUsPerRequest: usedMs === null ? null : (usedMs * 1000) / requests,
      clientCpuMsPerMegabyte: (clientCpuSeconds * 1000) / megabytes,
      p50Us: p50Us || null,
      p99Us: p99Us || null,
    }
  }

  #file(name: string, bytes: Uint8Array): string {
    const path = join(this.#folder, name)
    writeFileSync(path, bytes)
    return path
  }
}

/** Number by number; null where any of them is. */
export function medianReading(readings: readonly Reading[]): Reading {
  const names = Object.keys(readings[0]!) as (keyof Reading)[]
  return Object.fromEntries(
    names.map((name) => [name, median(readings.map((each) => each[name]))]),
  ) as unknown as Reading
}

export function median<Value extends number | null>(values: readonly Value[]): Value {
  const sorted = values.toSorted((one, other) => (one ?? 0) - (other ?? 0))
  return sorted.find((value) => value === null) ?? sorted[Math.floor(sorted.length / 2)]!
}
