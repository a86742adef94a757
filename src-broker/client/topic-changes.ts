// What an administrator changes of a topic that is there. Each can be tried first: the cluster says what it thinks and changes nothing.
import { errors } from '../protocol/errors.ts'
import { deleteRecords } from '../protocol/messages/21-delete-records.ts'
import { createPartitions } from '../protocol/messages/37-create-partitions.ts'
import { incrementalAlterConfigs } from '../protocol/messages/44-incremental-alter-configs.ts'
import type { ClusterClient, Outcome } from './cluster-client.ts'
import { expectNoError } from './failures.ts'
import { finder } from './offsets.ts'

const commandTimeoutMs = 15_000
const callOptions = { timeoutMs: commandTimeoutMs + 1_000 }
const topicResource = 2
const operations = { set: 0, delete: 1 } as const

/** Settings by name; null takes the topic's own value away. All of them or none. */
export async function alterTopicConfigs(
  client: ClusterClient,
  topic: string,
  changes: ReadonlyMap<string, string | null>,
  { isDryRun }: { readonly isDryRun: boolean },
): Promise<void> {
  const configs = [...changes].map(([name, value]) => ({
    name,
    configOperation: value === null ? operations.delete : operations.set,
    value,
  }))
  const resources = [{ resourceType: topicResource, resourceName: topic, configs }]
  const answer = await client.command(incrementalAlterConfigs, { resources, validateOnly: isDryRun }, callOptions)
  const altered = answer.responses[0]
  expectNoError(altered?.errorCode ?? errors.UNKNOWN_SERVER_ERROR, `Topic ${topic}`, altered?.errorMessage)
}

/** Where the new partitions go is the controller's to say. */
export async function setPartitionCount(
  client: ClusterClient,
  topic: string,
  count: number,
  { isDryRun }: { readonly isDryRun: boolean },
): Promise<void> {
  const answer = await client.command(
    createPartitions,
    { topics: [{ name: topic, count, assignments: null }], timeoutMs: commandTimeoutMs, validateOnly: isDryRun },
    callOptions,
  )
  const grown = answer.results[0]
  expectNoError(grown?.errorCode ?? errors.UNKNOWN_SERVER_ERROR, `Topic ${topic}`, grown?.errorMessage)
  client.forgetTopic(topic)
}

interface Cut {
  readonly topic: string
  readonly partition: number
  /** Everything before it goes. */
  readonly offset: number
}

/** Moves log starts forward. What is gone already stays gone, so that asking twice does no harm. Values: the new log starts. */
export function deleteRecordsBefore(client: ClusterClient, cuts: readonly Cut[]): Promise<Outcome<number>[]> {
  return client.byLeader(cuts, async (connection, items) => {
    const topics = [...Map.groupBy(items, ({ topic }) => topic)].map(([name, partitions]) => ({
      name,
      partitions: partitions.map(({ partition, offset }) => ({ partitionIndex: partition, offset })),
    }))
    const answer = await connection.call(deleteRecords, { topics, timeoutMs: commandTimeoutMs }, callOptions)
    const find = finder(items)
    return answer.topics.flatMap(({ name, partitions }) =>
      partitions.flatMap(({ partitionIndex, errorCode, lowWatermark }) => {
        const item = find(name, partitionIndex)
        return item === undefined ? [] : [{ item, errorCode, value: lowWatermark }]
      }),
    )
  })
}
