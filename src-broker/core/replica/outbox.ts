import type { Links } from '../links.ts'
import { acknowledgement, announcement } from './hand-off.ts'

/** Collects a turn's repeating numbers so that each peer gets at most two messages a turn. */
export class Outbox {
  readonly #links: Links
  readonly #announcements = new Map<number, number[]>()
  readonly #acknowledgements = new Map<number, number[]>()

  constructor(links: Links) {
    this.#links = links
  }

  /** Push whole entries; see hand-off.ts. */
  announcements(to: number): number[] {
    return startedWith(this.#announcements, to, announcement)
  }

  acknowledgements(to: number): number[] {
    return startedWith(this.#acknowledgements, to, acknowledgement)
  }

  flush(): void {
    this.#send(this.#announcements)
    this.#send(this.#acknowledgements)
  }

  forget(brokerId: number): void {
    this.#announcements.delete(brokerId)
    this.#acknowledgements.delete(brokerId)
  }

  #send(boxes: Map<number, number[]>): void {
    if (boxes.size === 0) return
    for (const [to, numbers] of boxes) this.#links.send(to, numbers)
    boxes.clear()
  }
}

function startedWith(boxes: Map<number, number[]>, to: number, first: number): number[] {
  const known = boxes.get(to)
  if (known !== undefined) return known
  const numbers = [first]
  boxes.set(to, numbers)
  return numbers
}
