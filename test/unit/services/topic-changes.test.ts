import { afterEach, beforeEach, expect, test } from 'vitest'
import { errors } from '../../../src-broker/protocol/errors.ts'
import {
  createPartitions,
  deleteRecords,
  describeConfigs,
  incrementalAlterConfigs,
} from '../../../src-broker/protocol/messages/index.ts'
import { EventBus } from '../../../src-main/services/event-bus.ts'
import { topicChangeHandlers } from '../../../src-main/services/topic-changes.ts'
import { Journal } from '../../../src-main/store/journal.ts'
import { FakeCluster, FakeLog } from '../client/fake-cluster.ts'

let cluster: FakeCluster
let journal: Journal
let handlers: ReturnType<typeof topicChangeHandlers>
/** What topic flights sets itself. */
let own: Map<string, string>
let logs: FakeLog[]

const logOf = (count: number): FakeLog => {
  const log = new FakeLog()
  for (let time = 0; time < count; time++) log.append([{ timestamp: time }])
  return log
}

beforeEach(async () => {
  logs = [logOf(10), logOf(4), logOf(0)]
  cluster = (await FakeCluster.start()).topic('flights', ...logs)
  own = new Map([['retention.ms', '60000']])
  const [broker] = cluster.brokers
  broker!.on(describeConfigs, ({ resources }) => ({
    throttleTimeMs: 0,
    results: resources.map(({ resourceType, resourceName, configurationKeys }) => ({
      errorCode: 0,
      resourceType,
      resourceName,
      configs: (configurationKeys ?? []).map((name) => ({
        name,
        value: own.get(name) ?? '5',
        configSource: own.has(name) ? 1 : 5,
        readOnly: false,
        isSensitive: false,
        synonyms: [],
      })),
    })),
  }))
  broker!.on(incrementalAlterConfigs, ({ resources, validateOnly }) => ({
    throttleTimeMs: 0,
    responses: resources.map(({ resourceType, resourceName, configs }) => {
      const isRefused = configs.some(({ value }) => value === 'nonsense')
      if (!isRefused && !validateOnly)
        for (const { name, value } of configs) value === null ? own.delete(name) : own.set(name, value)
      const errorMessage = isRefused ? 'Invalid value nonsense' : null
      return { errorCode: isRefused ? errors.INVALID_CONFIG : 0, errorMessage, resourceType, resourceName }
    }),
  }))
  broker!.on(createPartitions, ({ topics, validateOnly }) => ({
    throttleTimeMs: 0,
    results: topics.map(({ name, count }) => {
      const there = cluster.topics.get(name)!
      const isFewer = count <= there.length
      if (!isFewer && !validateOnly) while (there.length < count) there.push({ log: logOf(0), leader: 1 })
      return { name, errorCode: isFewer ? errors.INVALID_PARTITIONS : 0, errorMessage: null }
    }),
  }))
  broker!.on(deleteRecords, ({ topics }) => ({
    throttleTimeMs: 0,
    topics: topics.map(({ name, partitions }) => ({
      name,
      partitions: partitions.map(({ partitionIndex, offset }) => {
        if (partitionIndex === 1) return { partitionIndex, lowWatermark: -1, errorCode: errors.POLICY_VIOLATION }
        logs[partitionIndex]!.logStartOffset = offset
        return { partitionIndex, lowWatermark: offset, errorCode: 0 }
      }),
    })),
  }))
  journal = new Journal(':memory:', () => {})
  handlers = topicChangeHandlers(cluster.client, new EventBus(), journal)
})
afterEach(async () => {
  await journal.close()
  await cluster.stop()
})

const alter = async (from: string | null, to: string | null, isDryRun = false) =>
  handlers['topics.alterConfigs']({ topic: 'flights', changes: [{ name: 'retention.ms', from, to }], isDryRun })
const grow = async (from: number, to: number, isDryRun = false) =>
  handlers['topics.addPartitions']({ topic: 'flights', from, to, isDryRun })
const planned = async (before: number | null, partitions: readonly number[] | null = null) =>
  handlers['topics.planDeleteRecords']({ topic: 'flights', partitions, before })

test('a setting is tried, set, and taken away again; the journal keeps the way back', async () => {
  await alter('60000', '9000', true)
  expect(own.get('retention.ms')).toBe('60000')
  await alter('60000', '9000')
  expect(own.get('retention.ms')).toBe('9000')
  await alter('9000', null)
  expect(own.has('retention.ms')).toBe(false)
  const entries = await journal.read('topics.alterConfigs', 0, 10)
  expect(entries.map(({ payload }) => payload)).toMatchObject([
    { topic: 'flights', inverse: [{ name: 'retention.ms', from: '9000', to: '60000' }] },
    { topic: 'flights', inverse: [{ name: 'retention.ms', from: null, to: '9000' }] },
  ])
})

test('a setting that somebody else has changed meanwhile, or that the cluster does not take, stays', async () => {
  await expect(alter(null, '9000')).rejects.toMatchObject({ code: 'PLAN_OUT_OF_DATE' })
  await expect(alter('60000', 'nonsense', true)).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: 'Topic flights: Invalid value nonsense.',
  })
  await expect(alter('60000', 'nonsense')).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
  expect(own.get('retention.ms')).toBe('60000')
  expect(await journal.read('topics.alterConfigs', 0, 10)).toEqual([])
})

test('partitions are added to as many as were shown, or not at all', async () => {
  await grow(3, 6, true)
  expect(cluster.topics.get('flights')!.length).toBe(3)
  await expect(grow(2, 6)).rejects.toMatchObject({
    code: 'PLAN_OUT_OF_DATE',
    message: 'Topic flights has 3 partitions by now, not 2; look again.',
  })
  await expect(grow(3, 3)).rejects.toMatchObject({ code: 'INVALID_PARTITIONS' })
  await grow(3, 6)
  expect(cluster.topics.get('flights')!.length).toBe(6)
  expect((await journal.read('topics.addPartitions', 0, 10)).map(({ payload }) => payload)).toEqual([
    { topic: 'flights', from: 3, to: 6 },
  ])
})

test('what would be deleted is counted by partition, within what there is', async () => {
  const counts = ({ steps }: Awaited<ReturnType<typeof planned>>) =>
    steps.map(({ partition, beforeOffset, recordCount }) => [partition, beforeOffset, recordCount])
  logs[0]!.logStartOffset = 2
  expect(counts(await planned(null))).toEqual([
    [0, 10, 8],
    [1, 4, 4],
    [2, 0, 0],
  ])
  expect(counts(await planned(6))).toEqual([
    [0, 6, 4],
    [1, 4, 4],
    [2, 0, 0],
  ])
  expect(counts(await planned(1, [0]))).toEqual([[0, 2, 0]])
  await expect(planned(null, [9])).rejects.toMatchObject({ message: 'Topic flights has no partition 9.' })
})

test('exactly what was shown is deleted, although more has come; a partition that refuses says so', async () => {
  const plan = await planned(null)
  logs[0]!.append([{ timestamp: 99 }])
  const { steps } = await handlers['topics.deleteRecords']({ plan })
  expect(steps).toEqual([
    { partition: 0, logStartOffset: 10, error: null },
    { partition: 1, logStartOffset: 0, error: expect.stringContaining('Partition 1 of topic flights') },
  ])
  expect([logs[0]!.logStartOffset, logs[0]!.highWatermark]).toEqual([10, 11])
  await expect(handlers['topics.deleteRecords']({ plan })).rejects.toMatchObject({
    code: 'PLAN_OUT_OF_DATE',
    message: 'Partition 0 no longer begins at 0; look again.',
  })
})
