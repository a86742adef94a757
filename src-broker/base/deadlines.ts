/** As often as the clock is looked at for gaps (`ClockGap`), which is as often as anything recurs. */
export const beatMs = 250

/**
 * What is to happen later, without a timer: the host asks `nextMs`, sleeps or jumps, and calls `run`. Times are monotonic
 * milliseconds. Most deadlines are cancelled long before they are due (sessions, long polls), so the cancelled ones are
 * swept out whenever they outnumber the living.
 */
export class Deadlines {
  /** The first beat; undefined until somebody asks for one. */
  #beatOriginMs: number | undefined
  #heap: Deadline[] = []
  #sequence = 0
  #cancelled = 0

  /** Milliseconds of the earliest deadline, or Infinity. */
  get nextMs(): number {
    this.#dropCancelled()
    return this.#heap[0]?.atMs ?? Infinity
  }

  at(atMs: number, action: () => void): Deadline {
    const deadline = new Deadline(atMs, this.#sequence++, action, this.#countCancelled)
    this.#push(deadline)
    return deadline
  }

  /**
   * After about so long, up to a beat early: for what comes again and again. All of it falls due on the same beats, as every
   * time that a thread is woken costs more than what it then does. Delays of less than a beat are kept as they are.
   */
  atBeat(nowMs: number, delayMs: number, action: () => void): Deadline {
    this.#beatOriginMs ??= Math.floor(nowMs)
    const atMs = nowMs + delayMs
    return this.at(delayMs < beatMs ? atMs : atMs - ((atMs - this.#beatOriginMs) % beatMs), action)
  }

  /** Runs everything due by `nowMs`, earliest first, equal times in the order they were asked for. */
  run(nowMs: number): void {
    for (;;) {
      this.#dropCancelled()
      const first = this.#heap[0]
      if (first === undefined || first.atMs > nowMs) return
      this.#pop()
      first.fire()
    }
  }

  readonly #countCancelled = (): void => {
    this.#cancelled++
    if (this.#cancelled < 64 || this.#cancelled * 2 < this.#heap.length) return
    const living = this.#heap.filter((deadline) => !deadline.isOver)
    this.#heap = []
    this.#cancelled = 0
    for (const deadline of living) this.#push(deadline)
  }

  #dropCancelled(): void {
    while (this.#heap.length > 0 && this.#heap[0]!.isOver) {
      this.#pop()
      this.#cancelled--
    }
  }

  #push(deadline: Deadline): void {
    this.#heap.push(deadline)
    this.#siftUp(this.#heap.length - 1)
  }

  #pop(): void {
    const last = this.#heap.pop()!
    if (this.#heap.length === 0) return
    this.#heap[0] = last
    let index = 0
    for (;;) {
      const left = 2 * index + 1
      if (left >= this.#heap.length) return
      const right = left + 1
      const child = right < this.#heap.length && this.#heap[right]!.isBefore(this.#heap[left]!) ? right : left
      if (!this.#heap[child]!.isBefore(this.#heap[index]!)) return
      this.#swap(index, child)
      index = child
    }
  }

  #siftUp(from: number): void {
    let index = from
    while (index > 0) {
      const parent = (index - 1) >> 1
      if (!this.#heap[index]!.isBefore(this.#heap[parent]!)) return
      this.#swap(index, parent)
      index = parent
    }
  }

  #swap(a: number, b: number): void {
    const held = this.#heap[a]!
    this.#heap[a] = this.#heap[b]!
    this.#heap[b] = held
  }
}

export class Deadline {
  readonly atMs: number
  readonly #sequence: number
  readonly #onCancel: () => void
  #action: (() => void) | undefined

  constructor(atMs: number, sequence: number, action: () => void, onCancel: () => void) {
    this.atMs = atMs
    this.#sequence = sequence
    this.#action = action
    this.#onCancel = onCancel
  }

  /** Cancelled or already run. */
  get isOver(): boolean {
    return this.#action === undefined
  }

  /** Cancelling twice, or after it ran, does nothing. */
  cancel(): void {
    if (this.#action === undefined) return
    this.#action = undefined
    this.#onCancel()
  }

  /** For `Deadlines.run` only. */
  fire(): void {
    const action = this.#action
    this.#action = undefined
    action?.()
  }

  isBefore(other: Deadline): boolean {
    return this.atMs < other.atMs || (this.atMs === other.atMs && this.#sequence < other.#sequence)
  }
}
