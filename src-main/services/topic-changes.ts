// Changes to a topic that is there: settings, partitions, the beginning of its logs. Each says what it was made from, and is refused
// where that is so no longer; each is journalled, with its inverse where there is one.
import type { ClusterClient } from '../../src-broker/client/cluster-client.ts'
import { configSources, describeTopicConfigs } from '../../src-broker/client/configs.ts'
import { type LogRange, logRanges } from '../../src-broker/client/offsets.ts'
import { alterTopicConfigs, deleteRecordsBefore, setPartitionCount } from '../../src-broker/client/topic-changes.ts'
import type { Handlers } from '../contract/contract.ts'
import { RequestFailed } from '../contract/rpc.ts'
import type {
  ConfigChanges,
  DeleteRecordsOutcome,
  DeleteRecordsPlan,
  DeleteRecordsRequest,
  PartitionsChange,
} from '../contract/topics.ts'
import type { Journal } from '../store/journal.ts'
import type { EventBus } from './event-bus.ts'

type Names = 'topics.alterConfigs' | 'topics.addPartitions' | 'topics.planDeleteRecords' | 'topics.deleteRecords'

export function topicChangeHandlers(client: ClusterClient, events: EventBus, journal: Journal): Pick<Handlers, Names> {
  const record = async (kind: Names, payload: unknown) => {
    await journal.record({ atMs: Date.now(), kind, payload })
    events.emit('changed', { what: 'topics' })
  }

  return {
    async 'topics.alterConfigs'({ topic, changes, isDryRun }) {
      await expectUnchanged(client, topic, changes)
      const values = new Map(changes.map(({ name, to }) => [name, to]))
      await alterTopicConfigs(client, topic, values, { isDryRun })
      if (isDryRun) return null
      const inverse = changes.map(({ name, from, to }) => ({ name, from: to, to: from }))
      await record('topics.alterConfigs', { topic, changes, inverse })
      return null
    },

    async 'topics.addPartitions'({ topic, from, to, isDryRun }: PartitionsChange) {
      client.forgetTopic(topic)
      const { partitions } = await client.topic(topic)
      if (partitions.length !== from) {
        throw outOfDate(`Topic ${topic} has ${partitions.length} partitions by now, not ${from}; look again.`)
      }
      await setPartitionCount(client, topic, to, { isDryRun })
      if (!isDryRun) await record('topics.addPartitions', { topic, from, to })
      return null
    },

    'topics.planDeleteRecords': (request) => plan(client, request),

    async 'topics.deleteRecords'({ plan: { topic, steps } }) {
      const cuts = steps.filter(({ recordCount }) => recordCount > 0)
      if (cuts.length === 0) throw new RequestFailed('INVALID_REQUEST', 'The plan deletes nothing.')
      const ranges = await certainRanges(
        client,
        topic,
        cuts.map(({ partition }) => partition),
      )
      const moved = cuts.find(({ logStartOffset, beforeOffset }, index) => {
        const range = ranges[index]!
        return range.logStartOffset !== logStartOffset || range.highWatermark < beforeOffset
      })
      if (moved !== undefined) {
        throw outOfDate(`Partition ${moved.partition} no longer begins at ${moved.logStartOffset}; look again.`)
      }
      const outcomes = await deleteRecordsBefore(
        client,
        cuts.map(({ partition, beforeOffset }) => ({ topic, partition, offset: beforeOffset })),
      )
      const outcome: DeleteRecordsOutcome = {
        steps: cuts.map(({ partition, logStartOffset }, index) => {
          const { value, failure } = outcomes[index]!
          return { partition, logStartOffset: value ?? logStartOffset, error: failure?.message ?? null }
        }),
      }
      // There is no way back: the records are gone.
      await record('topics.deleteRecords', { topic, cuts, outcome })
      return outcome
    },
  }
}

/** The topic's own values must be those that the changes were made from. */
async function expectUnchanged(client: ClusterClient, topic: string, changes: ConfigChanges['changes']): Promise<void> {
  const configs = await describeTopicConfigs(
    client,
    [topic],
    changes.map(({ name }) => name),
  )
  const moved = changes.find(({ name, from }) => {
    const entry = configs.get(topic)?.find((candidate) => candidate.name === name)
    return (entry?.source === configSources.topic ? entry.value : null) !== from
  })
  if (moved !== undefined) throw outOfDate(`${moved.name} has been changed meanwhile; look again.`)
}

async function plan(client: ClusterClient, request: DeleteRecordsRequest): Promise<DeleteRecordsPlan> {
  const { topic, before } = request
  client.forgetTopic(topic)
  const there = (await client.topic(topic)).partitions.map(({ partition }) => partition)
  const missing = request.partitions?.find((partition) => !there.includes(partition))
  if (missing !== undefined) {
    throw new RequestFailed('UNKNOWN_TOPIC_OR_PARTITION', `Topic ${topic} has no partition ${missing}.`)
  }
  const partitions = [...new Set(request.partitions ?? there)].toSorted((one, other) => one - other)
  const ranges = await certainRanges(client, topic, partitions)
  return {
    topic,
    steps: partitions.map((partition, index) => {
      const { logStartOffset, highWatermark } = ranges[index]!
      const beforeOffset = Math.max(logStartOffset, Math.min(highWatermark, before ?? highWatermark))
      return { partition, logStartOffset, highWatermark, beforeOffset, recordCount: beforeOffset - logStartOffset }
    }),
  }
}

/** Of all of them, or a failure. */
async function certainRanges(client: ClusterClient, topic: string, partitions: readonly number[]): Promise<LogRange[]> {
  const wanted = partitions.map((partition) => ({ topic, partition }))
  return (await logRanges(client, wanted)).map(({ value, failure }) => {
    if (failure !== null) throw failure
    return value
  })
}

const outOfDate = (text: string) => new RequestFailed('PLAN_OUT_OF_DATE', text)
