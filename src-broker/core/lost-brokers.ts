// Brokers whose link has closed. Their clients lose them at the same moment, and ask whichever broker is next who leads now, too early
// by the few milliseconds that it takes to decide: some ask again only after a second (librdkafka). So that answers which say who
// leads wait for the decision, but never long: without a majority there is none, and a link may be all that was lost.
import type { Deadlines } from '../base/deadlines.ts'
import type { MetadataImage } from './quorum/image.ts'

/** A new controller is elected and has fenced the lost broker by then, on a busy machine too. */
const decisionMsMax = 250
/** Long enough for the answers that waited, and for the next ones. */
const recentMs = 1_000

export class LostBrokers {
  readonly #deadlines: Deadlines
  readonly #nowMs: () => number
  readonly #image: MetadataImage
  readonly #lostAtMs = new Map<number, number>()
  /** Those that the metadata still has for alive. */
  readonly #undecided = new Set<number>()
  #waiting: (() => void)[] = []

  constructor(deadlines: Deadlines, nowMs: () => number, image: MetadataImage) {
    this.#deadlines = deadlines
    this.#nowMs = nowMs
    this.#image = image
  }

  get areUndecided(): boolean {
    return this.#undecided.size > 0
  }

  /** At the end of the turn in which it is decided, or known not to be. */
  whenDecided(act: () => void): void {
    this.#waiting.push(act)
  }

  isRecent(brokerId: number): boolean {
    const lostAtMs = this.#lostAtMs.get(brokerId)
    return lostAtMs !== undefined && this.#nowMs() - lostAtMs < recentMs
  }

  peerLost(brokerId: number): void {
    if (!this.#isNamed(brokerId)) return
    const nowMs = this.#nowMs()
    this.#lostAtMs.set(brokerId, nowMs)
    this.#undecided.add(brokerId)
    this.#deadlines.at(nowMs + decisionMsMax, () => this.#undecided.delete(brokerId))
  }

  peerUp(brokerId: number): void {
    this.#lostAtMs.delete(brokerId)
    this.#undecided.delete(brokerId)
  }

  endTurn(): void {
    for (const brokerId of this.#undecided) if (!this.#isNamed(brokerId)) this.#undecided.delete(brokerId)
    if (this.areUndecided || this.#waiting.length === 0) return
    for (const act of this.#waiting.splice(0)) act()
  }

  #isNamed(brokerId: number): boolean {
    return this.#image.brokers.get(brokerId)?.fenced === false
  }
}
