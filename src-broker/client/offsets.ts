// Where logs begin and end, and where a time falls in them.
import { listOffsets } from '../protocol/messages/02-list-offsets.ts'
import type { ClusterClient, Outcome, TopicPartition } from './cluster-client.ts'

/** What ListOffsets takes for a timestamp. */
export const latest = -1
export const earliest = -2

export interface OffsetAtTime {
  /** -1 where no record is that late. */
  readonly offset: number
  /** Of the record found; -1 where it was not found by time. */
  readonly timestamp: number
}

/** What a consumer that reads everything could read now: offsets from the log start up to, and without, the high watermark. */
export interface LogRange {
  readonly logStartOffset: number
  readonly highWatermark: number
}

interface Options {
  readonly patienceMs?: number
}

/** The first offset at or after a time in each partition. Each partition at most once. */
export function offsetsAt(
  client: ClusterClient,
  wanted: readonly (TopicPartition & { readonly timestamp: number })[],
  options?: Options,
): Promise<Outcome<OffsetAtTime>[]> {
  return client.byLeader(
    wanted,
    async (connection, items) => {
      const topics = [...Map.groupBy(items, ({ topic }) => topic)].map(([name, partitions]) => ({
        name,
        partitions: partitions.map(({ partition, timestamp }) => ({ partitionIndex: partition, timestamp })),
      }))
      const answer = await connection.call(listOffsets, { replicaId: -1, topics })
      const find = finder(items)
      return answer.topics.flatMap(({ name, partitions }) =>
        partitions.flatMap(({ partitionIndex, errorCode, offset, timestamp }) => {
          const item = find(name, partitionIndex)
          return item === undefined ? [] : [{ item, errorCode, value: { offset, timestamp } }]
        }),
      )
    },
    options,
  )
}

/** Where each partition begins and ends: two requests a broker, however many partitions. */
export async function logRanges(
  client: ClusterClient,
  wanted: readonly TopicPartition[],
  options?: Options,
): Promise<Outcome<LogRange>[]> {
  const at = (timestamp: number) => wanted.map(({ topic, partition }) => ({ topic, partition, timestamp }))
  const [starts, ends] = await Promise.all([
    offsetsAt(client, at(earliest), options),
    offsetsAt(client, at(latest), options),
  ])
  return starts.map((start, index) => {
    const end = ends[index]!
    if (start.failure !== null) return start
    if (end.failure !== null) return end
    return { value: { logStartOffset: start.value.offset, highWatermark: end.value.offset }, failure: null }
  })
}

/** Finds the item that an answer is about. */
export function finder<Item extends TopicPartition>(items: readonly Item[]) {
  const byName = new Map(items.map((item) => [`${item.topic}/${item.partition}`, item]))
  return (topic: string, partition: number): Item | undefined => byName.get(`${topic}/${partition}`)
}
