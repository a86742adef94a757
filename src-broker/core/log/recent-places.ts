const remembered = 8

/**
 * Where the batches begin that were asked for last, in the active segment. Followers, tail readers and the high
 * watermark come back to the same few places, and find them here without an index.
 */
export class RecentPlaces {
  /** Offsets and positions in turn; short until so many were asked for. */
  readonly #places: number[] = []
  #next = 0

  /** -1 where the offset is not among them. */
  find(offset: number): number {
    const places = this.#places
    for (let at = 0; at < places.length; at += 2) if (places[at] === offset) return places[at + 1]!
    return -1
  }

  add(offset: number, position: number): void {
    this.#places[this.#next] = offset
    this.#places[this.#next + 1] = position
    this.#next = (this.#next + 2) % (2 * remembered)
  }

  clear(): void {
    this.#places.length = 0
    this.#next = 0
  }
}
