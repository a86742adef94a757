// Many partitions in one short phrase. The user's own come first; what the cluster keeps for itself is summed at the end.

const namedMax = 3

/** A topic whose name starts so is the cluster's own. */
export const isInternal = (topic: string): boolean => topic.startsWith('__')

/**
 * A few by name, more by topic: `orders-0, orders-1 and 13 of __consumer_offsets`, `6 of flights, 3 of orders, 9 more in 4 other
 * topics and 50 of __consumer_offsets`. Names are `topic-partition`.
 */
export function listed(partitions: readonly string[]): string {
  const own = partitions.filter((name) => !isInternal(name))
  const internal = partitions.filter(isInternal)
  if (own.length === 0 && internal.length <= namedMax + 1) return inWords(internal)
  return inWords([...(own.length <= namedMax + 1 ? own : summed(own)), ...summed(internal)])
}

function summed(partitions: readonly string[]): readonly string[] {
  const topics = [...Map.groupBy(partitions, topicOf)].toSorted(([, one], [, other]) => other.length - one.length)
  const named = topics.slice(0, topics.length > namedMax + 1 ? namedMax : undefined)
  const rest = topics.slice(named.length)
  const phrases = named.map(([topic, some]) => `${some.length} of ${topic}`)
  if (rest.length === 0) return phrases
  return [...phrases, `${rest.reduce((sum, [, some]) => sum + some.length, 0)} more in ${rest.length} other topics`]
}

const topicOf = (partition: string): string => partition.slice(0, partition.lastIndexOf('-'))

const inWords = (phrases: readonly string[]): string =>
  phrases.length < 2 ? phrases.join() : `${phrases.slice(0, -1).join(', ')} and ${phrases.at(-1)}`
