// kafkajs moves a partition to other brokers while it writes to it.
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type StartedHost, startHost } from '../support/start-host.ts'

let host: StartedHost
let kafka: Kafka

beforeAll(async () => {
  host = await startHost({ brokers: 5 })
  kafka = new Kafka({
    clientId: 'mover',
    brokers: [...host.bootstrap],
    logLevel: logLevel.NOTHING,
    retry: { retries: 20, initialRetryTime: 30, maxRetryTime: 300 },
  })
})
afterAll(() => host.stop())

test('a partition moves from brokers 1, 2, 3 to 4, 5, 1 and on to 2 alone under writes; each record is there once and in order', async () => {
  const admin = kafka.admin()
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await Promise.all([admin.connect(), producer.connect()])
  const assignment = { partition: 0, replicas: [1, 2, 3] }
  await admin.createTopics({ topics: [{ topic: 'orders', replicaAssignment: [assignment] }] })

  const acknowledged: string[] = []
  let isDone = false
  const sending = (async () => {
    for (let index = 0; !isDone; index++) {
      const value = `order-${index}`
      await producer.send({ topic: 'orders', acks: -1, messages: [{ key: 'one', value }] })
      acknowledged.push(value)
    }
  })()
  const partition = async () => {
    const [found] = (await admin.fetchTopicMetadata({ topics: ['orders'] })).topics[0]!.partitions
    return { leader: found!.leader, replicas: found!.replicas, isr: found!.isr.toSorted() }
  }
  const moveTo = async (replicas: number[]) => {
    const before = acknowledged.length
    await expect.poll(() => acknowledged.length, { timeout: 20_000 }).toBeGreaterThan(before + 20)
    await admin.alterPartitionReassignments({
      topics: [{ topic: 'orders', partitionAssignment: [{ partition: 0, replicas }] }],
    })
    const underWay = async () => (await admin.listPartitionReassignments({})).topics
    await expect.poll(underWay, { timeout: 20_000 }).toEqual([])
    await expect.poll(partition, { timeout: 20_000 }).toMatchObject({ replicas, isr: replicas.toSorted() })
  }
  await moveTo([4, 5, 1])
  await moveTo([2])
  expect((await partition()).leader).toBe(2)
  isDone = true
  await sending
  await Promise.all([admin.disconnect(), producer.disconnect()])

  const consumer = kafka.consumer({ groupId: 'readers', maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic: 'orders', fromBeginning: true })
  const values: string[] = []
  await consumer.run({
    eachMessage: async ({ message }) => {
      values.push(String(message.value))
    },
  })
  await expect.poll(() => values.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(acknowledged.length)
  await consumer.disconnect()
  expect(values).toEqual(acknowledged)
}, 90_000)
