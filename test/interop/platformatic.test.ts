import {
  Admin,
  Consumer,
  MessagesStreamModes,
  Producer,
  stringDeserializers,
  stringSerializers,
} from '@platformatic/kafka'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type StartedHost, startHost } from '../support/start-host.ts'

let host: StartedHost
beforeAll(async () => {
  host = await startHost()
})
afterAll(() => host.stop())

const base = () => ({ clientId: 'interop', bootstrapBrokers: [...host.bootstrap] })

test('@platformatic/kafka speaks the newest versions: flexible requests, topic ids, idempotence', async () => {
  const admin = new Admin(base())
  const [created] = await admin.createTopics({ topics: ['letters'], partitions: 2, replicas: 3 })
  expect(created?.partitions).toBe(2)

  const producer = new Producer({ ...base(), serializers: stringSerializers, idempotent: true, acks: -1 })
  const messages = Array.from({ length: 100 }, (_, index) => ({
    topic: 'letters',
    key: `k${index % 7}`,
    value: `v${index}`,
  }))
  await producer.send({ messages })
  await producer.close()

  const consumer = new Consumer({ ...base(), groupId: 'readers', deserializers: stringDeserializers })
  const stream = await consumer.consume({
    topics: ['letters'],
    mode: MessagesStreamModes.EARLIEST,
    autocommit: true,
    maxWaitTime: 200,
  })
  const seen: { key: string; value: string }[] = []
  for await (const { key, value } of stream) {
    seen.push({ key, value })
    if (seen.length === 100) break
  }
  await stream.close()
  await consumer.close()
  for (let key = 0; key < 7; key++) {
    expect(seen.filter((one) => one.key === `k${key}`).map(({ value }) => value)).toEqual(
      messages.filter((one) => one.key === `k${key}`).map(({ value }) => value),
    )
  }

  const groups = await admin.listGroups()
  expect([...groups.keys()]).toContain('readers')
  await admin.deleteTopics({ topics: ['letters'] })
  expect(await admin.listTopics()).not.toContain('letters')
  await admin.close()
})
