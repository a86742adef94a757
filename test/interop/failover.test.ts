import { Kafka, logLevel, type Producer } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callHost } from '../../src-main/control/call-host.ts'
import { type StartedHost, startHost } from '../support/start-host.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

let host: StartedHost
let kafka: Kafka
const { path: folder, remove } = temporaryFolder()

beforeAll(async () => {
  host = await startHost({ data: folder })
  kafka = newClient()
})
afterAll(async () => {
  await host.stop()
  remove()
})

const newClient = () =>
  new Kafka({
    clientId: 'failover',
    brokers: [...host.bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { retries: 20, initialRetryTime: 30, maxRetryTime: 300 },
  })

test('killing the leader loses nothing that was acknowledged, and order holds per key', async () => {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 1, replicationFactor: 3 }] })
  const leaderOf = async () => (await admin.fetchTopicMetadata({ topics: ['orders'] })).topics[0]!.partitions[0]!.leader

  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  const leader = await leaderOf()
  const acknowledged: string[] = []
  const sending = sendNumbered(producer, 400, acknowledged)
  await expect.poll(() => acknowledged.length).toBeGreaterThan(50)
  await callHost(folder, { command: 'kill', brokerId: leader })
  await sending
  await producer.disconnect()
  expect(acknowledged).toHaveLength(400)
  await expect.poll(leaderOf).not.toBe(leader)

  expect(await readAll('orders', 400)).toEqual(acknowledged)

  await callHost(folder, { command: 'start', brokerId: leader })
  await expect
    .poll(async () => (await admin.fetchTopicMetadata({ topics: ['orders'] })).topics[0]!.partitions[0]!.isr.length, {
      timeout: 10_000,
    })
    .toBe(3)
  await admin.disconnect()
})

test('everything is still there after a clean stop and a new start', async () => {
  expect(await host.stop()).toBe(0)
  host = await startHost({ data: folder })
  kafka = newClient()
  expect(await readAll('orders', 400)).toHaveLength(400)
})

async function sendNumbered(producer: Producer, count: number, acknowledged: string[]): Promise<void> {
  for (let index = 0; index < count; index++) {
    const value = `order-${index}`
    await producer.send({ topic: 'orders', acks: -1, messages: [{ key: 'one', value }] })
    acknowledged.push(value)
  }
}

async function readAll(topic: string, count: number): Promise<string[]> {
  const consumer = kafka.consumer({ groupId: `read-${Math.round(performance.now() * 1000)}`, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const values: string[] = []
  await consumer.run({
    eachMessage: async ({ message }) => {
      values.push(String(message.value))
    },
  })
  await expect.poll(() => values.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(count)
  await consumer.disconnect()
  return values
}
