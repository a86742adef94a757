// Brokers whose link has closed. Their clients lose them at the same moment, and ask whichever broker is next who leads now, too early
// by the few milliseconds that it takes to decide: some ask again only after a second (librdkafka). So answers that say who leads
// wait for the decision, but never long: without a majority there is none, and a link may be all that was lost.
import type { Deadlines } from '../base/deadlines.ts'
import type { MetadataImage } from './quorum/image.ts'

/** A new controller is elected and has fenced the lost broker by then, on a busy machine too. */
const decisionMsMax = 250

interface Waiting {
  readonly connection: object
  answer(): void
}

export class LostBrokers {
  readonly #deadlines: Deadlines
  readonly #nowMs: () => number
  readonly #image: MetadataImage
  /** Those that are waited for, and those decided about meanwhile. */
  readonly #lost = new Set<number>()
  /** Those that the metadata still has for alive. */
  readonly #undecided = new Set<number>()
  #waiting: Waiting[] = []
  #isAskedAgain = false

  constructor(deadlines: Deadlines, nowMs: () => number, image: MetadataImage) {
    this.#deadlines = deadlines
    this.#nowMs = nowMs
    this.#image = image
  }

  get areUndecided(): boolean {
    return this.#undecided.size > 0
  }

  /** Called at the end of the turn in which it is decided, or has taken too long. */
  whenDecided(connection: object, answer: () => void): void {
    this.#waiting.push({ connection, answer })
  }

  /**
   * Whether the answer that is being given should name this broker, though it is fenced: true where the same client gets another answer
   * right after, which does not. librdkafka (2.10 and later) ends a broker that is not named, and should the same answer move a partition
   * away from it, that partition may be left without a broker until the client's next look, a second later.
   */
  isStillNamed(brokerId: number): boolean {
    return this.#isAskedAgain && this.#lost.has(brokerId)
  }

  peerLost(brokerId: number): void {
    if (!this.#isAlive(brokerId)) return
    this.#lost.add(brokerId)
    this.#undecided.add(brokerId)
    this.#deadlines.at(this.#nowMs() + decisionMsMax, () => this.#undecided.delete(brokerId))
  }

  peerUp(brokerId: number): void {
    this.#lost.delete(brokerId)
    this.#undecided.delete(brokerId)
  }

  endTurn(): void {
    if (this.#lost.size === 0 && this.#waiting.length === 0) return
    for (const brokerId of this.#undecided) if (!this.#isAlive(brokerId)) this.#undecided.delete(brokerId)
    if (this.areUndecided) return
    const waiting = this.#waiting.splice(0)
    const last = new Map(waiting.map((each) => [each.connection, each]))
    for (const each of waiting) {
      this.#isAskedAgain = last.get(each.connection) !== each
      each.answer()
    }
    this.#isAskedAgain = false
    this.#lost.clear()
  }

  #isAlive(brokerId: number): boolean {
    return this.#image.brokers.get(brokerId)?.fenced === false
  }
}
