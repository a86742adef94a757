// Topics as an administrator sees them: made and deleted.
import { zeroUuid } from '../base/uuid.ts'
import { errors } from '../protocol/errors.ts'
import { createTopics } from '../protocol/messages/19-create-topics.ts'
import { deleteTopics } from '../protocol/messages/20-delete-topics.ts'
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

const commandTimeoutMs = 15_000

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
