// What the log promises, asked for by a client that we did not write.
import { globSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Admin, ConfigResourceTypes, Kafka, logLevel, type Producer } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ClusterHost, startCluster } from '../../src-broker/runtime/cluster-host.ts'
import { freePorts } from '../support/free-ports.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const folder = temporaryFolder()
const data = join(folder.path, 'data')
let cluster: ClusterHost
let kafka: Kafka
let admin: Admin
let producer: Producer

beforeAll(async () => {
  cluster = await startCluster({ brokerCount: 3, port: await freePorts(3), dataDirectory: data })
  kafka = new Kafka({ clientId: 'storage', brokers: [...cluster.bootstrap], logLevel: logLevel.NOTHING })
  admin = kafka.admin()
  producer = kafka.producer()
  await admin.connect()
  await producer.connect()
})
afterAll(async () => {
  await producer.disconnect()
  await admin.disconnect()
  await cluster.close()
  folder.remove()
})

async function newTopic(topic: string, configs: Record<string, string> = {}): Promise<void> {
  const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }))
  await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 3, configEntries }] })
}

/** kafkajs asks for a topic's leaders only when it is asked for its offsets. */
async function deleteBefore(topic: string, offset: string): Promise<void> {
  await admin.fetchTopicOffsets(topic)
  await admin.deleteTopicRecords({ topic, partitions: [{ partition: 0, offset }] })
}

const logStarts = (topic: string): (number | undefined)[] =>
  cluster.brokers().map(({ report }) => report?.replicas.find((replica) => replica.topic === topic)?.logStartOffset)

/** Of the segments of a partition, on each broker. */
const logBytes = (partition: string): number[] =>
  globSync(`broker-*/${partition}`, { cwd: data }).map((directory) =>
    globSync('*.log', { cwd: join(data, directory) }).reduce(
      (sum, name) => sum + (statSync(join(data, directory, name), { throwIfNoEntry: false })?.size ?? 0),
      0,
    ),
  )

/** Every record that a reader gets who begins at the start, as `offset key=value`. */
async function readAll(topic: string, groupId: string, lastOffset: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const seen: string[] = []
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ message: { offset, key, value } }) => {
        seen.push(`${offset} ${key}=${value?.toString().slice(0, 8)}`)
        if (Number(offset) >= lastOffset) resolve()
      },
    })
  })
  await consumer.disconnect()
  return seen
}

test('deleted records are gone for every reader and on every replica', async () => {
  await newTopic('letters')
  const messages = Array.from({ length: 10 }, (_, index) => ({ key: 'k', value: `v${index}` }))
  await producer.send({ topic: 'letters', acks: -1, messages })
  await deleteBefore('letters', '7')
  expect(await admin.fetchTopicOffsets('letters')).toMatchObject([{ low: '7', high: '10' }])
  await expect.poll(() => logStarts('letters')).toEqual([7, 7, 7])
  expect(await readAll('letters', 'letter-readers', 9)).toEqual(['7 k=v7', '8 k=v8', '9 k=v9'])
  const tooFar = deleteBefore('letters', '11')
  await expect(tooFar).rejects.toMatchObject({ cause: { partitions: [{ error: { type: 'OFFSET_OUT_OF_RANGE' } }] } })
  await deleteBefore('letters', '-1')
  expect(await admin.fetchTopicOffsets('letters')).toMatchObject([{ low: '10', high: '10' }])
})

test('records that may not be deleted stay', async () => {
  await newTopic('prices', { 'cleanup.policy': 'compact' })
  await producer.send({ topic: 'prices', acks: -1, messages: [{ key: 'a', value: '1' }] })
  await expect(deleteBefore('prices', '1')).rejects.toMatchObject({
    cause: { partitions: [{ error: { type: 'POLICY_VIOLATION' } }] },
  })
  await expect(producer.send({ topic: 'prices', acks: -1, messages: [{ value: 'without a key' }] })).rejects.toThrow(
    /validation/i,
  )
  expect(await admin.fetchTopicOffsets('prices')).toMatchObject([{ low: '0', high: '1' }])
})

test('a compacted topic keeps the last value of every key, for whoever begins at the start', {
  timeout: 150_000,
}, async () => {
  const configEntries = [{ name: 'log.cleaner.backoff.ms', value: '200' }]
  const resources = ['1', '2', '3'].map((name) => ({ type: ConfigResourceTypes.BROKER, name, configEntries }))
  await admin.alterConfigs({ validateOnly: false, resources })
  await newTopic('rates', { 'cleanup.policy': 'compact', 'segment.bytes': '1048576' })
  const padding = '.'.repeat(10_000)
  for (let round = 0; round < 12; round++) {
    const messages = Array.from({ length: 40 }, (_, key) => ({ key: `k${key}`, value: `r${round} ${padding}` }))
    await producer.send({ topic: 'rates', acks: -1, messages })
  }
  expect(Math.min(...logBytes('rates-0'))).toBeGreaterThan(4_000_000)
  // The cleaner's first rest is 15 seconds long, and it waits for a flush before it begins.
  await expect.poll(() => Math.max(...logBytes('rates-0')), { timeout: 120_000, interval: 500 }).toBeLessThan(2_500_000)
  const seen = await readAll('rates', 'rate-readers', 479)
  expect(seen.length).toBeLessThan(250)
  expect(seen.slice(-40)).toEqual(Array.from({ length: 40 }, (_, key) => `${440 + key} k${key}=r11 ....`))
})
