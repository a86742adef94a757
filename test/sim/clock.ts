import type { World } from './world.ts'

const epochMs = Date.UTC(2026, 0, 1)

/** One machine's clocks. Both may run too fast or too slow; only the wall clock may be set, and both jump when a laptop sleeps. */
export class SimClock {
  readonly #world: World
  /** Of the oscillator: 1 is right. */
  #rate = 1
  /** True time and own time when the rate last changed. */
  #sinceMs = 0
  #baseMs = 0
  wallOffsetMs = 0

  constructor(world: World, startMs: number) {
    this.#world = world
    this.#baseMs = startMs
    this.#sinceMs = world.nowMs
  }

  monotonicMs(): number {
    return this.#baseMs + (this.#world.nowMs - this.#sinceMs) * this.#rate
  }

  wallMs(): number {
    return Math.floor(epochMs + this.monotonicMs() + this.wallOffsetMs)
  }

  /** The true moment at which the monotonic clock will show `monotonicMs`. */
  trueMs(monotonicMs: number): number {
    return this.#sinceMs + (monotonicMs - this.#baseMs) / this.#rate
  }

  set rate(rate: number) {
    this.#baseMs = this.monotonicMs()
    this.#sinceMs = this.#world.nowMs
    this.#rate = rate
  }

  /** The machine slept: nothing ran, and both clocks say so. */
  leap(ms: number): void {
    this.#baseMs += ms
  }
}
