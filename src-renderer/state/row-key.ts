/** A record's place, one text for sets and lists. */
export const rowKey = (row: { readonly partition: number; readonly offset: number }): string =>
  `${row.partition}:${row.offset}`
