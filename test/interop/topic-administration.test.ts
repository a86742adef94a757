// What a window changes of a topic, on a real cluster, looked at with kafkajs.
import { type Admin, ConfigResourceTypes, Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ClusterHost, startCluster } from '../../src-broker/runtime/cluster-host.ts'
import { createServices } from '../../src-main/services/services.ts'
import type { Services } from '../../src-main/services-contract.ts'
import { freePorts } from '../support/free-ports.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const topic = 'orders'
let folder: ReturnType<typeof temporaryFolder>
let cluster: ClusterHost
let services: Services
let admin: Admin
let kafka: Kafka

beforeAll(async () => {
  folder = temporaryFolder()
  cluster = await startCluster({ brokerCount: 3, port: await freePorts(3), dataDirectory: folder.path })
  services = createServices(cluster, { version: '0', host: 'headless', dataDirectory: folder.path, isEphemeral: true })
  kafka = new Kafka({ brokers: [...cluster.bootstrap], logLevel: logLevel.NOTHING })
  admin = kafka.admin()
  await admin.connect()
  await services.handlers['topics.create']({ topic, partitionCount: 2, replicationFactor: 3, configs: {} })
})
afterAll(async () => {
  await admin?.disconnect()
  await services?.close()
  await cluster?.close()
  folder?.remove()
})

async function configOf(name: string) {
  const wanted = { type: ConfigResourceTypes.TOPIC, name: topic, configNames: [name] }
  const { resources } = await admin.describeConfigs({ resources: [wanted], includeSynonyms: false })
  return resources[0]!.configEntries.find((entry) => entry.configName === name)!.configValue
}

const alter = async (from: string | null, to: string | null, isDryRun = false) =>
  services.handlers['topics.alterConfigs']({ topic, changes: [{ name: 'retention.ms', from, to }], isDryRun })

test('a config is tried, set and taken back; what the cluster refuses it refuses when tried', async () => {
  const before = await configOf('retention.ms')
  await alter(null, '3600000', true)
  expect(await configOf('retention.ms')).toBe(before)
  await alter(null, '3600000')
  expect(await configOf('retention.ms')).toBe('3600000')
  const detail = await services.handlers['topics.describe']({ topic })
  expect(detail.configs.find(({ name }) => name === 'retention.ms')).toMatchObject({
    value: '3600000',
    source: 'topic',
    clusterDefault: before,
    kafkaDefault: '604800000',
  })
  await expect(alter('3600000', 'an hour', true)).rejects.toMatchObject({ code: 'INVALID_CONFIG' })
  await alter('3600000', null)
  expect(await configOf('retention.ms')).toBe(before)
})

test('partitions are added when told, not when tried', async () => {
  const count = async () => (await admin.fetchTopicMetadata({ topics: [topic] })).topics[0]!.partitions.length
  await services.handlers['topics.addPartitions']({ topic, from: 2, to: 4, isDryRun: true })
  expect(await count()).toBe(2)
  const toFewer = async () => services.handlers['topics.addPartitions']({ topic, from: 2, to: 1, isDryRun: true })
  await expect(toFewer()).rejects.toMatchObject({ code: 'INVALID_PARTITIONS' })
  await services.handlers['topics.addPartitions']({ topic, from: 2, to: 4, isDryRun: false })
  await expect.poll(count).toBe(4)
})

test('records before an offset are gone, as many as were shown, and the rest stays', async () => {
  const producer = kafka.producer()
  await producer.connect()
  const messages = Array.from({ length: 10 }, (_, n) => ({ value: `${n}`, partition: 1 }))
  await producer.send({ topic, messages, acks: -1 })
  await producer.disconnect()
  const plan = await services.handlers['topics.planDeleteRecords']({ topic, partitions: null, before: 6 })
  expect(plan.steps.map(({ partition, recordCount }) => [partition, recordCount])).toEqual([
    [0, 0],
    [1, 6],
    [2, 0],
    [3, 0],
  ])
  const { steps } = await services.handlers['topics.deleteRecords']({ plan })
  expect(steps).toEqual([{ partition: 1, logStartOffset: 6, error: null }])
  const offsets = await admin.fetchTopicOffsets(topic)
  expect(offsets.find(({ partition }) => partition === 1)).toMatchObject({ low: '6', high: '10' })
})
