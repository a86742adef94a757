import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type StartedHost, startHost } from '../support/start-host.ts'

let host: StartedHost
let kafka: Kafka

beforeAll(async () => {
  host = await startHost()
  kafka = new Kafka({ clientId: 'interop', brokers: [...host.bootstrap], logLevel: logLevel.NOTHING })
})
afterAll(() => host.stop())

test('kafkajs creates a topic, produces with acks=all and reads everything back in order', async () => {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'letters', numPartitions: 3, replicationFactor: 3 }] })
  const { topics } = await admin.fetchTopicMetadata({ topics: ['letters'] })
  expect(topics[0]?.partitions.map(({ replicas, isr }) => [replicas.length, isr.length])).toEqual([
    [3, 3],
    [3, 3],
    [3, 3],
  ])

  const producer = kafka.producer()
  await producer.connect()
  const messages = Array.from({ length: 300 }, (_, index) => ({ key: `key-${index % 10}`, value: `value-${index}` }))
  await producer.send({ topic: 'letters', acks: -1, messages })
  await producer.disconnect()

  const seen = await consumeAll('readers', 'letters', 300)
  for (let key = 0; key < 10; key++) {
    const values = seen.filter((message) => message.key === `key-${key}`).map(({ value }) => value)
    expect(values).toEqual(messages.filter((message) => message.key === `key-${key}`).map(({ value }) => value))
  }

  const offsets = await admin.fetchOffsets({ groupId: 'readers', topics: ['letters'] })
  const committed = offsets[0]?.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0)
  expect(committed).toBe(300)
  await admin.disconnect()
})

test('headers, null values and gzip survive the round trip', async () => {
  const producer = kafka.producer({ idempotent: true })
  await producer.connect()
  await producer.send({
    topic: 'parcels', // Created on first use.
    compression: 1,
    messages: [
      { key: 'a', value: 'with a header', headers: { trace: 'abc', empty: '' } },
      { key: 'a', value: null },
      { key: 'a', value: '' },
    ],
  })
  await producer.disconnect()
  const seen = await consumeAll('parcel-readers', 'parcels', 3)
  expect(seen.map(({ value, headers }) => [value, headers])).toEqual([
    ['with a header', { trace: 'abc', empty: '' }],
    [null, {}],
    ['', {}],
  ])
})

test('three members of a group share the partitions and hand over when one leaves', async () => {
  const admin = kafka.admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'shared', numPartitions: 6 }] })
  const members = await Promise.all([1, 2, 3].map(async () => joinGroup('sharers', 'shared')))
  await expect.poll(() => members.flatMap((member) => member.owned()).length, { timeout: 20_000 }).toBe(6)
  await expect.poll(() => members.map((member) => member.owned().length), { timeout: 20_000 }).toEqual([2, 2, 2])
  const described = await admin.describeGroups(['sharers'])
  expect(described.groups[0]?.state).toBe('Stable')
  expect(described.groups[0]?.members).toHaveLength(3)

  await members[0]!.leave()
  await expect
    .poll(() => [members[1]!, members[2]!].map((member) => member.owned().length), { timeout: 20_000 })
    .toEqual([3, 3])
  await Promise.all([members[1]!.leave(), members[2]!.leave()])
  await admin.deleteGroups(['sharers'])
  expect((await admin.listGroups()).groups.map(({ groupId }) => groupId)).not.toContain('sharers')
  await admin.disconnect()
})

async function joinGroup(groupId: string, topic: string) {
  const consumer = kafka.consumer({ groupId, rebalanceTimeout: 5_000, heartbeatInterval: 300, maxWaitTimeInMs: 100 })
  let owned: number[] = []
  consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
    owned = payload.memberAssignment[topic] ?? []
  })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await consumer.run({ eachMessage: async () => {} })
  return { owned: () => owned, leave: () => consumer.disconnect() }
}

interface Seen {
  readonly key: string | undefined
  readonly value: string | null
  readonly headers: Record<string, string>
}

async function consumeAll(groupId: string, topic: string, count: number): Promise<Seen[]> {
  const consumer = kafka.consumer({ groupId, maxWaitTimeInMs: 100 })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  const seen: Seen[] = []
  await new Promise<void>((resolve, reject) => {
    const tooLong = setTimeout(() => reject(new Error(`only ${seen.length} of ${count} came`)), 30_000)
    consumer
      .run({
        eachMessage: async ({ message }) => {
          const headers = Object.fromEntries(
            Object.entries(message.headers ?? {}).map(([key, value]) => [key, String(value)]),
          )
          seen.push({ key: message.key?.toString(), value: message.value?.toString() ?? null, headers })
          if (seen.length < count) return
          clearTimeout(tooLong)
          resolve()
        },
      })
      .catch(reject)
  })
  await consumer.disconnect()
  return seen
}
