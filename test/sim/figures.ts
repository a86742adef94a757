// What a run amounts to, for whoever reads the terminal.
import type { SeedResult } from './simulation.ts'

export class Figures {
  readonly #startedMs = performance.now()
  readonly anomalies: SeedResult[] = []
  readonly #faults = new Map<string, number>()
  seeds = 0
  virtualMs = 0
  #events = 0
  #written = 0
  #acknowledged = 0
  #read = 0

  add(result: SeedResult): void {
    this.seeds++
    this.virtualMs += result.virtualMs
    this.#events += result.events
    this.#written += result.written
    this.#acknowledged += result.acknowledged
    this.#read += result.read
    for (const [kind, count] of Object.entries(result.faults)) {
      this.#faults.set(kind, (this.#faults.get(kind) ?? 0) + count)
    }
    if (result.anomaly !== undefined) this.anomalies.push(result)
  }

  get ratio(): number {
    return this.virtualMs / (performance.now() - this.#startedMs)
  }

  get #seconds(): number {
    return (performance.now() - this.#startedMs) / 1000
  }

  get #faultCount(): number {
    return [...this.#faults.values()].reduce((sum, count) => sum + count, 0)
  }

  /** How it goes, for a run that is left alone. */
  line(): string {
    const minutes = (this.#seconds / 60).toFixed(0)
    const found = this.anomalies.map(({ seed }) => seed).join(', ')
    return `${minutes} min: ${this.seeds} seeds, ${(this.virtualMs / 3_600_000).toFixed(1)} h of virtual time, ${this.#acknowledged} records acknowledged, ${this.#faultCount} faults, ${this.anomalies.length} with an anomaly${found && `: ${found}`}`
  }

  lines(): string[] {
    const seconds = this.#seconds
    const faults = [...this.#faults].sort(([, a], [, b]) => b - a)
    const total = this.#faultCount
    return [
      `${this.seeds} seeds, ${this.anomalies.length} with an anomaly, in ${seconds.toFixed(1)} s`,
      `virtual time  ${(this.virtualMs / 3_600_000).toFixed(2)} h, ${Math.round(this.ratio)} times real time`,
      `records       ${this.#written} written, ${this.#acknowledged} acknowledged, ${this.#read} read and checked`,
      `events        ${this.#events}`,
      `faults        ${total}: ${faults.map(([kind, count]) => `${kind} ${count}`).join(', ')}`,
    ]
  }
}
