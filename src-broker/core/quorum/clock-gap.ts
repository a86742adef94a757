// Notices that this broker has not run for a while: the machine slept, or the broker was held. What seems like silence of
// others is then its own.
import { beatMs, type Deadline, type Deadlines } from '../../base/deadlines.ts'

/** More than a busy machine's delays, less than any timeout that matters. */
const gapMsMin = 500

export class ClockGap {
  readonly #deadlines: Deadlines
  readonly #nowMs: () => number
  readonly #jumped: (gapMs: number) => void
  #lastMs: number
  #pulse: Deadline | undefined

  constructor(deadlines: Deadlines, nowMs: () => number, jumped: (gapMs: number) => void) {
    this.#deadlines = deadlines
    this.#nowMs = nowMs
    this.#jumped = jumped
    this.#lastMs = nowMs()
  }

  start(): void {
    this.#lastMs = this.#nowMs()
    this.#beat()
  }

  stop(): void {
    this.#pulse?.cancel()
  }

  /** To be called before anything that depends on how long others have been silent. */
  look(): void {
    const nowMs = this.#nowMs()
    const gapMs = nowMs - this.#lastMs
    this.#lastMs = nowMs
    if (gapMs > beatMs + gapMsMin) this.#jumped(gapMs)
  }

  #beat(): void {
    this.#pulse = this.#deadlines.atBeat(this.#nowMs(), beatMs, () => {
      this.look()
      this.#beat()
    })
  }
}
