import type { ClusterClient, Topic } from '../../src-broker/client/cluster-client.ts'
import {
  type ConfigEntry,
  configSources,
  describeTopicConfigs,
  withInherited,
} from '../../src-broker/client/configs.ts'
import { committedOffsets, describeAll, listAllGroups } from '../../src-broker/client/groups.ts'
import { type LogRange, logRanges } from '../../src-broker/client/offsets.ts'
import { createTopic, deleteTopic } from '../../src-broker/client/topics.ts'
import type { ClusterView, TopicMatrix } from '../contract/cluster.ts'
import type { Handlers } from '../contract/contract.ts'
import type { TopicConfig, TopicDetail, TopicPartition, TopicSummary } from '../contract/topics.ts'
import type { Journal } from '../store/journal.ts'
import type { EventBus } from './event-bus.ts'

/** A list does not wait for a broker that is paused or gone: what it leads is counted as far as is known. */
const listPatienceMs = 400

export function topicHandlers(
  client: ClusterClient,
  view: () => ClusterView,
  events: EventBus,
  journal: Journal,
): Pick<Handlers, 'topics.list' | 'topics.describe' | 'topics.create' | 'topics.delete'> {
  const owned = () => new Map(view().topics.map((topic) => [topic.topic, topic]))

  async function list(): Promise<TopicSummary[]> {
    const topics = await client.topics()
    const [ranges, policies] = await Promise.all([rangesOf(client, topics), cleanupPolicies(client, topics)])
    const matrices = owned()
    return topics.map((topic) =>
      summary(topic, ranges.get(topic.name)!, matrices.get(topic.name), policies.get(topic.name) ?? 'delete'),
    )
  }

  async function describe(name: string): Promise<TopicDetail> {
    client.forgetTopic(name)
    const topic = await client.topic(name)
    const [ranges, configs, groups] = await Promise.all([
      rangesOf(client, [topic]),
      describeTopicConfigs(client, [name], null),
      groupsOf(client, name).catch(() => []),
    ])
    const matrix = owned().get(name)
    const entries = await withInherited(client, configs.get(name) ?? [])
    const policy = entries.find((entry) => entry.name === 'cleanup.policy')?.value ?? 'delete'
    return {
      ...summary(topic, ranges.get(name)!, matrix, policy),
      partitions: topic.partitions.map((partition, index): TopicPartition => {
        const replicas = matrix?.partitions.find((candidate) => candidate.partition === partition.partition)?.replicas
        return {
          ...partition,
          leader: partition.leader < 0 ? null : partition.leader,
          logStartOffset: ranges.get(name)?.[index]?.logStartOffset ?? 0,
          highWatermark: ranges.get(name)?.[index]?.highWatermark ?? 0,
          logEndOffsets: (replicas ?? []).map(({ brokerId, logEndOffset }) => ({ brokerId, logEndOffset })),
        }
      }),
      configs: entries.map(configOf),
      groups,
    }
  }

  return {
    'topics.list': list,
    'topics.describe': ({ topic }) => describe(topic),
    async 'topics.create'({ topic, partitionCount, replicationFactor, configs }) {
      const topicId = await createTopic(client, {
        name: topic,
        partitionCount: partitionCount ?? -1,
        replicationFactor: replicationFactor ?? -1,
        configs,
      })
      const payload = { topic, topicId, partitionCount, replicationFactor, configs }
      await journal.record({ atMs: Date.now(), kind: 'topics.create', payload })
      events.emit('changed', { what: 'topics' })
      return { topicId }
    },
    async 'topics.delete'({ topic }) {
      // Its records do not come back, its shape can: what it takes to make it again is kept.
      const before = await describe(topic)
      await deleteTopic(client, topic)
      const { topicId, replicationFactor, partitionCount, recordCount } = before
      const own = before.configs.filter(({ source }) => source === 'topic').map(({ name, value }) => [name, value])
      const payload = {
        topic,
        topicId,
        partitionCount,
        replicationFactor,
        recordCount,
        configs: Object.fromEntries(own),
      }
      await journal.record({ atMs: Date.now(), kind: 'topics.delete', payload })
      events.emit('changed', { what: 'topics' })
      return null
    },
  }
}

/** By topic, in the order of its partitions; null where nobody could say. */
async function rangesOf(
  client: ClusterClient,
  topics: readonly Topic[],
): Promise<ReadonlyMap<string, readonly (LogRange | null)[]>> {
  const wanted = topics.flatMap(({ name, partitions }) =>
    partitions.map(({ partition }) => ({ topic: name, partition })),
  )
  const outcomes = await logRanges(client, wanted, { patienceMs: listPatienceMs })
  const ranges = new Map<string, (LogRange | null)[]>(topics.map(({ name }) => [name, []]))
  wanted.forEach(({ topic }, index) => {
    ranges.get(topic)!.push(outcomes[index]!.value)
  })
  return ranges
}

async function cleanupPolicies(client: ClusterClient, topics: readonly Topic[]): Promise<ReadonlyMap<string, string>> {
  const names = topics.map(({ name }) => name)
  if (names.length === 0) return new Map()
  const configs = await describeTopicConfigs(client, names, ['cleanup.policy'])
  return new Map([...configs].map(([name, entries]) => [name, entries[0]?.value ?? 'delete']))
}

/** Groups that committed an offset of the topic, or have a member that reads it. */
async function groupsOf(client: ClusterClient, topic: string): Promise<string[]> {
  const groupIds = (await listAllGroups(client)).map(({ groupId }) => groupId)
  const [offsets, groups] = await Promise.all([committedOffsets(client, groupIds), describeAll(client, groupIds)])
  return groupIds
    .filter((_, index) => {
      const hasOffset = offsets[index]?.value?.some((offset) => offset.topic === topic)
      const isRead = groups[index]?.value?.members.some(({ assignment }) =>
        assignment.some((held) => held.topic === topic),
      )
      return hasOffset || isRead
    })
    .sort()
}

function summary(
  topic: Topic,
  ranges: readonly (LogRange | null)[],
  matrix: TopicMatrix | undefined,
  cleanupPolicy: string,
): TopicSummary {
  // Where the leader does not answer at present, the owned cluster knows what it last said.
  const lastSaid = (index: number) => matrix?.partitions[index]?.replicas ?? []
  const count = (range: LogRange | null, index: number) =>
    range === null
      ? Math.max(0, ...lastSaid(index).map(({ highWatermark, logStartOffset }) => highWatermark - logStartOffset))
      : range.highWatermark - range.logStartOffset
  return {
    topic: topic.name,
    topicId: topic.topicId,
    isInternal: topic.isInternal,
    partitionCount: topic.partitions.length,
    replicationFactor: topic.partitions[0]?.replicas.length ?? 0,
    recordCount: ranges.reduce((sum, range, index) => sum + count(range, index), 0),
    sizeBytes: matrix?.sizeBytes ?? null,
    cleanupPolicy,
    underReplicatedCount:
      matrix === undefined
        ? topic.partitions.filter(({ isr, replicas }) => isr.length < replicas.length).length
        : matrix.partitions.filter(({ health }) => health !== 'ok').length,
  }
}

function configOf(entry: ConfigEntry): TopicConfig {
  const { name, value, source, defaultValue, inheritedValue, isReadOnly, documentation } = entry
  return {
    name,
    value,
    source: source === configSources.topic ? 'topic' : source === configSources.default ? 'default' : 'broker',
    kafkaDefault: defaultValue,
    clusterDefault: inheritedValue,
    isReadOnly,
    documentation,
  }
}
