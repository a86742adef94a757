// What all parts of one simulated run share: the time, the chance, the trace of what happened.
import { crc32c } from '@node-rs/crc32'
import { type Deadline, Deadlines } from '../../src-broker/base/deadlines.ts'
import { WireWriter } from '../../src-broker/protocol/writer.ts'
import { Randoms } from './randoms.ts'

/** Stops the run: the cluster did what it must not, or a rule of its own broke. */
export class Anomaly extends Error {
  override readonly name = 'Anomaly'
  readonly kind: string
  constructor(kind: string, message: string) {
    super(`${kind}: ${message}`)
    this.kind = kind
  }
}

/** More events than any sound run has: somebody asks again without end. */
const eventsMax = 3_000_000

export class World {
  readonly randoms: Randoms
  readonly seed: number
  /** Virtual milliseconds since the start; the truth, which no broker's clock has to tell. */
  nowMs = 0
  events = 0
  readonly anomalies: Anomaly[] = []
  readonly faultCounts = new Map<string, number>()
  /** For all frames: thousands of them share an allocation. */
  readonly frames = new WireWriter(32_768)
  #digest = 0
  readonly #queue = new Deadlines()
  readonly #log: ((line: string) => void) | undefined

  constructor(seed: number, log?: (line: string) => void) {
    this.seed = seed
    this.randoms = new Randoms(seed)
    this.#log = log
  }

  at(atMs: number, action: () => void): Deadline {
    return this.#queue.at(Math.max(atMs, this.nowMs), action)
  }

  after(delayMs: number, action: () => void): Deadline {
    return this.at(this.nowMs + delayMs, action)
  }

  /** Lets things happen until then, or until `isEnough`. True when it was enough. */
  run(untilMs: number, isEnough: () => boolean = () => false): boolean {
    while (this.anomalies.length === 0) {
      if (isEnough()) return true
      const nextMs = this.#queue.nextMs
      if (nextMs > untilMs) break
      this.nowMs = Math.max(this.nowMs, nextMs)
      if (this.events++ > eventsMax) throw new Anomaly('no-rest', `${eventsMax} events by ${Math.round(this.nowMs)} ms`)
      this.#queue.run(this.nowMs)
    }
    this.nowMs = Math.max(this.nowMs, untilMs)
    return false
  }

  fail(kind: string, message: string): void {
    this.anomalies.push(new Anomaly(kind, message))
    this.log(() => `ANOMALY ${kind}: ${message}`)
  }

  countFault(kind: string): void {
    this.faultCounts.set(kind, (this.faultCounts.get(kind) ?? 0) + 1)
  }

  /** `line` is made only where somebody reads it. */
  log(line: () => string): void {
    this.#log?.(`${(this.nowMs / 1000).toFixed(4).padStart(10)}  ${line()}`)
  }

  get isLogged(): boolean {
    return this.#log !== undefined
  }

  // ── the digest: two runs of a seed have the same ──────────────────────────────────────────────────────────────────

  noteBytes(bytes: Uint8Array): void {
    this.#digest = crc32c(bytes as Buffer, this.#digest)
  }

  noteNumber(number: number): void {
    this.#digest = Math.imul(this.#digest ^ (number | 0), 0x01000193) >>> 0
  }

  get digest(): string {
    return (this.#digest >>> 0).toString(16).padStart(8, '0')
  }
}

export const checksum = (bytes: Uint8Array, from: number, to: number): number =>
  crc32c((from === 0 && to === bytes.length ? bytes : bytes.subarray(from, to)) as Buffer)
