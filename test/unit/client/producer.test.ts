import { afterEach, beforeEach, expect, test } from 'vitest'
import { Producer } from '../../../src-broker/client/producer.ts'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { produce } from '../../../src-broker/protocol/messages/index.ts'
import { readRecords } from '../../../src-broker/records/read.ts'
import { FakeCluster, FakeLog } from './fake-cluster.ts'

let cluster: FakeCluster
let producer: Producer
/** `partition key=value header`, in the order of arrival. */
let written: string[]
let answer: { errorCode: number; errorMessage?: string; logAppendTimeMs?: number } | 'hang up'
beforeEach(async () => {
  cluster = (await FakeCluster.start(2)).topic('flights', new FakeLog(), new FakeLog(), new FakeLog())
  producer = new Producer(cluster.client)
  written = []
  answer = { errorCode: 0 }
  for (const broker of cluster.brokers) {
    broker.on(produce, ({ acks, topicData }) => {
      expect(acks).toBe(-1)
      const [{ index, records }] = topicData[0]!.partitionData as [{ index: number; records: Uint8Array }]
      const view = new DataView(records.buffer, records.byteOffset, records.length)
      for (const { key, value, headers } of readRecords(records, view, 0, (_, block) => block)) {
        const [header] = headers
        written.push(`${index} ${key && Buffer.from(key)}=${value && Buffer.from(value)} ${header?.key ?? '-'}`)
      }
      if (answer === 'hang up') return answer
      const { errorMessage = null, ...rest } = answer
      return {
        responses: [{ name: 'flights', partitionResponses: [{ index, baseOffset: 41, errorMessage, ...rest }] }],
      }
    })
  }
})
afterEach(() => cluster.stop())

const record = (key: string | null, value: string | null = 'v', headers: { key: string; value: null }[] = []) => ({
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  timestamp: 1_000,
  headers,
})

test('keyed records go where the Java client puts them, others round the partitions', async () => {
  for (const key of ['DTW', 'DTW', 'LAS', null, null, null, null]) await producer.send('flights', null, record(key))
  expect(written).toMatchInlineSnapshot(`
    [
      "2 DTW=v -",
      "2 DTW=v -",
      "2 LAS=v -",
      "0 null=v -",
      "1 null=v -",
      "2 null=v -",
      "0 null=v -",
    ]
  `)
})

test('a chosen partition, a tombstone and a header arrive as they are', async () => {
  const produced = await producer.send('flights', 2, record('', null, [{ key: 'trace', value: null }]))
  expect([produced, written]).toEqual([{ partition: 2, offset: 41, timestamp: 1_000 }, ['2 =null trace']])
})

test('the time is the one of the broker where the topic says so', async () => {
  answer = { errorCode: 0, logAppendTimeMs: 7_000 }
  expect((await producer.send('flights', 0, record('a'))).timestamp).toBe(7_000)
})

test('a leader that moved is found; nothing was written before', async () => {
  answer = { errorCode: errors.NOT_LEADER_OR_FOLLOWER }
  const sent = producer.send('flights', 0, record('a'))
  setTimeout(() => {
    answer = { errorCode: 0 }
  }, 50)
  expect((await sent).offset).toBe(41)
})

test('what the broker says of a refused record is what the user reads', async () => {
  answer = { errorCode: errors.INVALID_RECORD, errorMessage: 'Compacted topic cannot accept message without key' }
  await expect(producer.send('flights', 0, record(null))).rejects.toMatchObject({
    code: 'INVALID_RECORD',
    message: 'Partition 0 of topic flights: Compacted topic cannot accept message without key.',
  })
})

test('where the connection breaks after the record left, it is not written again', async () => {
  answer = 'hang up'
  await expect(producer.send('flights', 0, record('a'))).rejects.toMatchObject({
    code: 'NETWORK_EXCEPTION',
    wasSent: true,
  })
  expect(written).toHaveLength(1)
})
