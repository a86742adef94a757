import type { Deadlines } from '../../base/deadlines.ts'
import type { Env } from '../env.ts'

/** Something parked by the hundred thousand a second: nearly always over long before its time. */
export interface Expiring {
  readonly deadlineMs: number
  readonly isOver: boolean
  expire(): void
}

const sweepEveryMs = 100

/** Coarse deadlines for parked produces: swept ten times a second while there are any, instead of a heap entry each. */
export class Expiries {
  readonly #env: Env
  readonly #deadlines: Deadlines
  #waiting: Expiring[] = []
  #isSweeping = false

  constructor(env: Env, deadlines: Deadlines) {
    this.#env = env
    this.#deadlines = deadlines
  }

  add(expiring: Expiring): void {
    this.#waiting.push(expiring)
    if (!this.#isSweeping) this.#sweepLater()
  }

  #sweepLater(): void {
    this.#isSweeping = true
    this.#deadlines.at(this.#env.monotonicMs() + sweepEveryMs, () => {
      this.#isSweeping = false
      this.#sweep()
    })
  }

  #sweep(): void {
    const nowMs = this.#env.monotonicMs()
    const waiting = this.#waiting.filter((expiring) => !expiring.isOver)
    this.#waiting = waiting.filter((expiring) => expiring.deadlineMs > nowMs)
    for (const expiring of waiting) if (expiring.deadlineMs <= nowMs) expiring.expire()
    if (this.#waiting.length > 0 && !this.#isSweeping) this.#sweepLater()
  }
}
