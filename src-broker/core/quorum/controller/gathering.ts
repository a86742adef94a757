import type { Deadline, Deadlines } from '../../../base/deadlines.ts'

/** Collects what is to be decided together: until it is complete, or for so long at most. */
export class Gathering<Item> {
  readonly #deadlines: Deadlines
  readonly #lingerMs: number
  readonly #isComplete: (items: readonly Item[]) => boolean
  readonly #use: (items: readonly Item[]) => void
  #items: Item[] = []
  #deadline: Deadline | undefined

  constructor(
    deadlines: Deadlines,
    lingerMs: number,
    isComplete: (items: readonly Item[]) => boolean,
    use: (items: readonly Item[]) => void,
  ) {
    this.#deadlines = deadlines
    this.#lingerMs = lingerMs
    this.#isComplete = isComplete
    this.#use = use
  }

  add(item: Item, nowMs: number): void {
    this.#items.push(item)
    if (this.#isComplete(this.#items)) this.#flush()
    else this.#deadline ??= this.#deadlines.at(nowMs + this.#lingerMs, () => this.#flush())
  }

  /** Takes back what has not been used yet. */
  drain(): Item[] {
    const items = this.#items
    this.#items = []
    this.#deadline?.cancel()
    this.#deadline = undefined
    return items
  }

  #flush(): void {
    this.#use(this.drain())
  }
}
