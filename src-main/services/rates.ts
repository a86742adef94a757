import type { Rates } from './cluster-view.ts'

/** Totals of all brokers since each was started. */
export interface Totals {
  readonly recordsIn: number
  readonly recordsOut: number
  readonly bytesIn: number
  readonly bytesOut: number
}

const windowMs = 1_000
const noTotals: Totals = { recordsIn: 0, recordsOut: 0, bytesIn: 0, bytesOut: 0 }
const names = ['recordsIn', 'recordsOut', 'bytesIn', 'bytesOut'] as const

/** What went through the cluster in the last second, from counters that only grow until their broker starts anew. */
export class RateMeter {
  readonly #lastOf = new Map<number, Totals>()
  readonly #steps: { readonly atMs: number; readonly grown: Totals }[] = []

  count(brokerId: number, totals: Totals, atMs: number): void {
    const before = this.#lastOf.get(brokerId)
    this.#lastOf.set(brokerId, totals)
    if (before === undefined) return // What it did before we looked happened at no known time.
    const isAnew = names.some((name) => totals[name] < before[name])
    this.#steps.push({ atMs, grown: difference(totals, isAnew ? noTotals : before) })
  }

  rates(nowMs: number): Rates {
    while (this.#steps.length > 0 && this.#steps[0]!.atMs <= nowMs - windowMs) this.#steps.shift()
    const sum = (name: keyof Totals) => this.#steps.reduce((total, { grown }) => total + grown[name], 0)
    return {
      recordsInPerSecond: sum('recordsIn'),
      recordsOutPerSecond: sum('recordsOut'),
      bytesInPerSecond: sum('bytesIn'),
      bytesOutPerSecond: sum('bytesOut'),
    }
  }

  /** Something went through in the last second: the rates will change although nothing more is heard. */
  get isMoving(): boolean {
    return this.#steps.some(({ grown }) => names.some((name) => grown[name] > 0))
  }
}

const difference = (now: Totals, before: Totals): Totals => ({
  recordsIn: now.recordsIn - before.recordsIn,
  recordsOut: now.recordsOut - before.recordsOut,
  bytesIn: now.bytesIn - before.bytesIn,
  bytesOut: now.bytesOut - before.bytesOut,
})
