// Places in a log as they are typed: `orders-1`, `orders@42` (every partition), `orders-1@42`, `orders 1 42`, `orders-1:16,042`.
import { plural } from '../../lib/format.ts'

export interface Place {
  readonly topic: string
  /** Null means all. */
  readonly partition: number | null
  readonly offset: number | null
}

const offsetDigits = String.raw`(?<offset>\d[\d,]{0,17})`
const partitionDigits = String.raw`[\s\-/]+(?<partition>\d{1,6})`
const forms = [
  new RegExp(String.raw`^(?<topic>.+?)${partitionDigits}(?:\s*[@:]\s*|\s+)${offsetDigits}$`),
  new RegExp(String.raw`^(?<topic>.+?)\s*[@:]\s*${offsetDigits}$`),
  new RegExp(`^(?<topic>.+?)${partitionDigits}$`),
]

/** Every place that what was typed may mean, and what is wrong with those that are none. */
export function placesIn(
  typed: string,
  partitionCount: (topic: string) => number | undefined,
): { readonly places: readonly Place[]; readonly problem: string | null } {
  const read = forms.flatMap((form) => {
    const { topic, partition, offset } = form.exec(typed.trim())?.groups ?? {}
    const count = topic === undefined ? undefined : partitionCount(topic.trim())
    return topic === undefined || count === undefined ? [] : [{ place: placeOf(topic, partition, offset), count }]
  })
  const isThere = ({ place, count }: (typeof read)[number]): boolean => (place.partition ?? 0) < count
  const missing = read.find((candidate) => !isThere(candidate))
  return {
    places: read.filter(isThere).map(({ place }) => place),
    problem: missing === undefined ? null : tooHigh(missing.place.topic, missing.count),
  }
}

const placeOf = (topic: string, partition: string | undefined, offset: string | undefined): Place => ({
  topic: topic.trim(),
  partition: partition === undefined ? null : Number(partition),
  offset: offset === undefined ? null : Number(offset.replaceAll(',', '')),
})

const tooHigh = (topic: string, count: number): string =>
  `${topic} has ${plural(count, 'partition')}: ${count === 1 ? '0' : `0 to ${count - 1}`}.`
