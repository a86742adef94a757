/** Lists that are alike are one: thousands of partitions have the same few replicas, and most of their other lists are empty. */
export class SharedLists<Item extends number | string> {
  readonly #lists = new Map<string, readonly Item[]>()
  readonly #none: readonly Item[] = []

  of(list: readonly Item[]): readonly Item[] {
    if (list.length === 0) return this.#none
    const key = list.join()
    const known = this.#lists.get(key)
    if (known === undefined) this.#lists.set(key, list)
    return known ?? list
  }
}
