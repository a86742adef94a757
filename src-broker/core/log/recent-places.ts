const remembered = 8

/**
 * Where the batches begin that were asked for last, in the active segment. Followers, tail readers and the high
 * watermark come back to the same few places, and find them here without an index.
 */
export class RecentPlaces {
  readonly #offsets = new Float64Array(remembered).fill(-1)
  readonly #positions = new Float64Array(remembered)
  #next = 0

  /** -1 where the offset is not among them. */
  find(offset: number): number {
    for (let index = 0; index < remembered; index++) {
      if (this.#offsets[index] === offset) return this.#positions[index]!
    }
    return -1
  }

  add(offset: number, position: number): void {
    this.#offsets[this.#next] = offset
    this.#positions[this.#next] = position
    this.#next = (this.#next + 1) % remembered
  }

  clear(): void {
    this.#offsets.fill(-1)
  }
}
