// Topics as an administrator sees them: made, deleted, configured.
import { zeroUuid } from '../base/uuid.ts'
import { errors } from '../protocol/errors.ts'
import { createTopics } from '../protocol/messages/19-create-topics.ts'
import { deleteTopics } from '../protocol/messages/20-delete-topics.ts'
import { describeConfigs } from '../protocol/messages/32-describe-configs.ts'
import type { ClusterClient } from './cluster-client.ts'
import { expectNoError } from './failures.ts'

export interface NewTopic {
  readonly name: string
  /** -1 for the cluster's default. */
  readonly partitionCount: number
  /** -1 for the cluster's default. */
  readonly replicationFactor: number
  readonly configs: Readonly<Record<string, string>>
}

export interface ConfigEntry {
  readonly name: string
  /** Null where sensitive. */
  readonly value: string | null
  readonly isReadOnly: boolean
  /** 1 topic, 2 to 4 one or all brokers, 5 default. */
  readonly source: number
  /** What would hold if nobody had set anything; null where the broker does not say. */
  readonly defaultValue: string | null
  readonly documentation: string | null
}

const commandTimeoutMs = 15_000
const topicResource = 2
const defaultSource = 5

/** Returns the id of the new topic. */
export async function createTopic(client: ClusterClient, topic: NewTopic): Promise<string> {
  const { name, partitionCount, replicationFactor } = topic
  const configs = Object.entries(topic.configs).map(([key, value]) => ({ name: key, value }))
  const answer = await client.command(
    createTopics,
    {
      topics: [{ name, numPartitions: partitionCount, replicationFactor, assignments: [], configs }],
      timeoutMs: commandTimeoutMs,
    },
    { timeoutMs: commandTimeoutMs + 1_000 },
  )
  const created = answer.topics[0]
  expectNoError(created?.errorCode ?? errors.UNKNOWN_SERVER_ERROR, `Topic ${name}`, created?.errorMessage)
  return created!.topicId
}

export async function deleteTopic(client: ClusterClient, name: string): Promise<void> {
  const answer = await client.command(
    deleteTopics,
    // Up to version 5 topics are named in a list of their own.
    { topics: [{ name, topicId: zeroUuid }], topicNames: [name], timeoutMs: commandTimeoutMs },
    { timeoutMs: commandTimeoutMs + 1_000 },
  )
  const deleted = answer.responses[0]
  expectNoError(deleted?.errorCode ?? errors.UNKNOWN_SERVER_ERROR, `Topic ${name}`, deleted?.errorMessage)
  client.forgetTopic(name)
}

/** The configurations of some topics by name, all of them or those that are named; topics that are gone are left out. */
export async function describeTopicConfigs(
  client: ClusterClient,
  topics: readonly string[],
  names: readonly string[] | null,
): Promise<ReadonlyMap<string, readonly ConfigEntry[]>> {
  const resources = topics.map((name) => ({
    resourceType: topicResource,
    resourceName: name,
    configurationKeys: names,
  }))
  const isDetailed = names === null
  const { results } = await client.ask(describeConfigs, {
    resources,
    includeSynonyms: isDetailed,
    includeDocumentation: isDetailed,
  })
  const present = results.filter(({ errorCode }) => errorCode === 0)
  return new Map(present.map(({ resourceName, configs }) => [resourceName, configs.map(entryOf)]))
}

function entryOf(config: {
  readonly name: string
  readonly value: string | null
  readonly readOnly: boolean
  readonly configSource: number
  readonly synonyms: readonly { readonly value: string | null; readonly source: number }[]
  readonly documentation: string | null
}): ConfigEntry {
  const { name, value, readOnly, configSource: source, synonyms, documentation } = config
  const fallback = synonyms.find((synonym) => synonym.source === defaultSource)
  const defaultValue = fallback?.value ?? (source === defaultSource ? value : null)
  return { name, value, isReadOnly: readOnly, source, defaultValue, documentation }
}
