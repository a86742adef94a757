import type { Links } from '../links.ts'
import { acknowledgement, announcement, type FollowAnswer, type FollowQuestion } from './hand-off.ts'

/** Collects what a turn has to say, so that each peer gets at most one message of a kind, however many partitions there are. */
export class Outbox {
  readonly #links: Links
  readonly #questions = new Map<number, FollowQuestion[]>()
  readonly #answers = new Map<number, FollowAnswer[]>()
  readonly #announcements = new Map<number, number[]>()
  readonly #acknowledgements = new Map<number, number[]>()

  constructor(links: Links) {
    this.#links = links
  }

  ask(to: number, question: FollowQuestion): void {
    pushTo(this.#questions, to, question)
  }

  answer(to: number, answer: FollowAnswer): void {
    pushTo(this.#answers, to, answer)
  }

  /** Push whole entries; see hand-off.ts. */
  announcements(to: number): number[] {
    return startedWith(this.#announcements, to, announcement)
  }

  acknowledgements(to: number): number[] {
    return startedWith(this.#acknowledgements, to, acknowledgement)
  }

  /** Answers before announcements: a follower that does not follow yet drops those. */
  flush(): void {
    for (const [to, questions] of this.#questions) this.#links.send(to, { kind: 'replica-fetch', questions })
    for (const [to, answers] of this.#answers) this.#links.send(to, { kind: 'replica-fetch-response', answers })
    this.#questions.clear()
    this.#answers.clear()
    this.#send(this.#announcements)
    this.#send(this.#acknowledgements)
  }

  forget(brokerId: number): void {
    this.#questions.delete(brokerId)
    this.#answers.delete(brokerId)
    this.#announcements.delete(brokerId)
    this.#acknowledgements.delete(brokerId)
  }

  #send(boxes: Map<number, number[]>): void {
    if (boxes.size === 0) return
    for (const [to, numbers] of boxes) this.#links.send(to, numbers)
    boxes.clear()
  }
}

function pushTo<Item>(boxes: Map<number, Item[]>, to: number, item: Item): void {
  const known = boxes.get(to)
  if (known === undefined) boxes.set(to, [item])
  else known.push(item)
}

function startedWith(boxes: Map<number, number[]>, to: number, first: number): number[] {
  const known = boxes.get(to)
  if (known !== undefined) return known
  const numbers = [first]
  boxes.set(to, numbers)
  return numbers
}
