import { fetch } from '../protocol/messages/01-fetch.ts'
import type { ClusterClient, Outcome, TopicPartition } from './cluster-client.ts'
import type { Connection } from './connection.ts'
import { type FetchedBatch, splitBatches } from './fetched-batch.ts'
import { finder } from './offsets.ts'

export interface FetchWanted extends TopicPartition {
  readonly offset: number
  /** The first batch comes whole, even where it is larger. */
  readonly bytesMax: number
}

export interface Fetched {
  /** From the one that holds the wanted offset on. None means that there is nothing from there up to the high watermark. */
  readonly batches: readonly FetchedBatch[]
  readonly highWatermark: number
  readonly logStartOffset: number
}

/** The last version that names topics, which the asker knows, rather than their ids. */
export const fetchVersionMax = 12

/** One fetch from each leader, answered at once. Each partition at most once. */
export function fetchBatches(
  client: ClusterClient,
  wanted: readonly FetchWanted[],
  options?: { readonly patienceMs?: number },
): Promise<Outcome<Fetched>[]> {
  return client.byLeader(wanted, (connection, items) => fetchFrom(connection, items), options)
}

async function fetchFrom(connection: Connection, items: readonly FetchWanted[]) {
  const answers = await fetchOnce(connection, items, { maxWaitMs: 0, minBytes: 0 })
  if (items.length === 1) return answers
  // A partition may have come away empty because those before it used up the answer. Only alone does empty mean empty.
  return Promise.all(
    answers.map(async (answer) => {
      const { item, errorCode, value } = answer
      const isDoubtful = errorCode === 0 && value.batches.length === 0 && item.offset < value.highWatermark
      return isDoubtful ? (await fetchOnce(connection, [item], { maxWaitMs: 0, minBytes: 0 }))[0]! : answer
    }),
  )
}

/** Asks one connection; waits up to `maxWaitMs` until `minBytes` are there. */
export async function fetchOnce<Item extends FetchWanted>(
  connection: Connection,
  items: readonly Item[],
  wait: { readonly maxWaitMs: number; readonly minBytes: number; readonly timeoutMs?: number },
) {
  const topics = [...Map.groupBy(items, ({ topic }) => topic)].map(([topic, partitions]) => ({
    topic,
    partitions: partitions.map(({ partition, offset, bytesMax }) => ({
      partition,
      fetchOffset: offset,
      partitionMaxBytes: bytesMax,
    })),
  }))
  const { maxWaitMs, minBytes, ...call } = wait
  const maxBytes = Math.min(
    0x7fff_ffff,
    items.reduce((sum, { bytesMax }) => sum + bytesMax, 0),
  )
  const answer = await connection.call(
    fetch,
    { maxWaitMs, minBytes, maxBytes, topics },
    { ...call, versionMax: fetchVersionMax },
  )
  const find = finder(items)
  return answer.responses.flatMap(({ topic, partitions }) =>
    partitions.flatMap(({ partitionIndex, errorCode, records, highWatermark, logStartOffset }) => {
      const item = find(topic, partitionIndex)
      const batches = records === null ? [] : splitBatches(records)
      return item === undefined ? [] : [{ item, errorCode, value: { batches, highWatermark, logStartOffset } }]
    }),
  )
}
