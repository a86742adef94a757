import { count, plural } from './format.ts'

interface Lag {
  readonly totalLag: number
  /** Partitions with records and without an offset; of those no lag is known. */
  readonly uncommittedCount: number
}

/** `lag 12`, `lag 0, 2 partitions without offset` */
export const lagText = ({ totalLag, uncommittedCount }: Lag): string =>
  `lag ${count(totalLag)}${uncommittedCount === 0 ? '' : `, ${plural(uncommittedCount, 'partition')} without offset`}`

/** The number alone, where there is little room: `0, 2 unset` */
export const lagNumber = ({ totalLag, uncommittedCount }: Lag): string =>
  `${count(totalLag)}${uncommittedCount === 0 ? '' : `, ${count(uncommittedCount)} unset`}`
