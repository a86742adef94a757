export interface Sorting {
  readonly by: string
  readonly descending: boolean
}

export type SortValue = string | number | null

/** A sorted copy: numbers by size, names as people count them (orders-2 before orders-10), null last either way. */
export function sorted<T>(items: readonly T[], value: (item: T) => SortValue, descending: boolean): readonly T[] {
  const sign = descending ? -1 : 1
  return items.toSorted((a, b) => {
    const x = value(a)
    const y = value(b)
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1
    if (typeof x === 'number' && typeof y === 'number') return sign * (x - y)
    return sign * names.compare(String(x), String(y))
  })
}

const names = new Intl.Collator('en', { numeric: true })

/** orders-2 before orders-10. */
export const byName = (a: string, b: string): number => names.compare(a, b)

/** The other direction when the same column is clicked again. */
export const toggled = (sorting: Sorting, by: string): Sorting => ({
  by,
  descending: sorting.by === by && !sorting.descending,
})
