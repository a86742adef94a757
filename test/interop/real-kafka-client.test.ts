// Our client and services against an Apache Kafka that we did not write. Skipped by `npm test`, which needs no Java.
//
//   REAL_KAFKA=127.0.0.1:19092 [KAFKA_LIB=/tmp/kafka/lib] npx vitest run --project interop test/interop/real-kafka-client.test.ts
//
// How to get such a Kafka: see the reference on real Kafka. KAFKA_LIB, its jars, lets Kafka's own producer write every codec.
// Topics are named `pressroom-check-*` and deleted in the end.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, describe, test } from 'vitest'
import type { ClusterHost } from '../../src-broker/runtime/cluster-host.ts'
import type { Events } from '../../src-main/contract/contract.ts'
import type { MessagePage, MessageQuery } from '../../src-main/contract/messages.ts'
import { createServices } from '../../src-main/services/services.ts'

const bootstrap = process.env.REAL_KAFKA ?? ''
if (bootstrap === '') console.log('real Kafka: skipped, REAL_KAFKA is not set to the address of one')

const nothing = async () => {}
const host: ClusterHost = {
  clusterId: 'attached',
  bootstrap: [bootstrap],
  brokers: () => [],
  kill: nothing,
  pause: nothing,
  resume: nothing,
  start: nothing,
  stop: nothing,
  addBroker: async () => 0,
  removeBroker: nothing,
  onEvent: () => () => {},
  onChange: () => () => {},
  close: nothing,
}
const { handlers, events, close } = createServices(host, {
  host: 'headless',
  version: 'check',
  dataDirectory: '',
  isEphemeral: true,
})
const kafka = new Kafka({ brokers: [bootstrap], clientId: 'check', logLevel: logLevel.NOTHING })

const run = Date.now().toString(36)
const made: string[] = []
async function newTopic(name: string, partitionCount: number, configs: Record<string, string> = {}): Promise<string> {
  const topic = `pressroom-check-${name}-${run}`
  await handlers['topics.create']({ topic, partitionCount, replicationFactor: 1, configs })
  made.push(topic)
  // A leader takes office a moment after the topic is born. kafkajs, in that moment, writes twice.
  for (let attempt = 0; attempt < 50 && (await page(topic).catch(() => null)) === null; attempt++) await sleep(100)
  return topic
}

const page = (topic: string, query: Partial<MessageQuery> = {}) =>
  handlers['messages.page']({
    topic,
    partitions: null,
    from: { kind: 'newest' },
    limit: 100,
    contains: '',
    ...query,
  }) as Promise<MessagePage>

async function everyRow(topic: string, query: Partial<MessageQuery> = {}) {
  const pages = [await page(topic, query)]
  for (let last = pages[0]!; last.nextCursor !== null; last = pages.at(-1)!) {
    pages.push(await page(topic, { ...query, from: { kind: 'cursor', cursor: last.nextCursor } }))
  }
  return pages.flatMap(({ rows }) => rows)
}

const textOf = (payload: { kind: string }) => ('text' in payload ? String(payload.text) : payload.kind)

/** Prints what the check tells of itself. */
function check(name: string, body: () => Promise<string>): void {
  test(name, { timeout: 300_000 }, async () => console.log(`${name}: ${await body()}`))
}

describe.skipIf(bootstrap === '')('a real Kafka', () => {
  check('records of kafkajs come back newest first, merged by time, each once', async () => {
    const topic = await newTopic('merge', 4)
    const producer = kafka.producer()
    await producer.connect()
    const now = Date.now()
    for (let first = 0; first < 5_000; first += 250) {
      const messages = Array.from({ length: 250 }, (_, i) => ({
        key: `key ${(first + i) % 97}`,
        value: JSON.stringify({ n: first + i }),
        timestamp: String(now + first + i),
      }))
      await producer.send({ topic, messages })
    }
    await producer.disconnect()
    const numbers = (await everyRow(topic)).map(({ value }) => JSON.parse(textOf(value)).n)
    assert.deepEqual(
      numbers,
      Array.from({ length: 5_000 }, (_, i) => 4_999 - i),
    )
    const onward = (await everyRow(topic, { from: { kind: 'timestamp', timestampMs: now + 4_000 } })).map(
      ({ value }) => JSON.parse(textOf(value)).n,
    )
    assert.deepEqual(
      onward,
      Array.from({ length: 1_000 }, (_, i) => 4_000 + i),
    )
    const found = await page(topic, { contains: '"N":4321}' })
    assert.equal(textOf(found.rows[0]!.value), '{"n":4321}')
    assert.deepEqual([found.stopped, found.scannedRecords], ['end', 5_000])
    return `${numbers.length} rows`
  })

  check('every codec that Kafka writes can be read', async () => {
    const lib = process.env.KAFKA_LIB
    if (lib === undefined) return 'skipped: KAFKA_LIB is not set'
    const told: string[] = []
    for (const codec of ['none', 'gzip', 'snappy', 'lz4', 'zstd']) {
      const topic = await newTopic(codec, 1)
      const args = ['-cp', `${lib}/*`, 'org.apache.kafka.tools.ProducerPerformance', '--topic', topic]
      const size = ['--num-records', '20000', '--record-size', '200', '--throughput', '-1']
      const settings = [
        '--producer-props',
        `bootstrap.servers=${bootstrap}`,
        `compression.type=${codec}`,
        'batch.size=65536',
      ]
      await promisify(execFile)('java', [...args, ...size, ...settings])
      const { rows, scannedBytes } = await page(topic, { limit: 1_000 })
      assert.equal(rows.length, 1_000)
      assert.ok(rows.every(({ value }) => 'sizeBytes' in value && value.sizeBytes === 200))
      const { batch } = await handlers['messages.detail']({ topic, partition: 0, offset: rows[0]!.offset })
      assert.equal(batch.compression, codec)
      const all = await page(topic, { contains: 'not in there' })
      assert.deepEqual([all.stopped, all.scannedRecords], ['end', 20_000])
      told.push(`${codec} ${scannedBytes} B`)
    }
    return told.join(', ')
  })

  check('a compacted topic with most of its offsets gone is read to the end, both ways', async () => {
    const configs = { 'cleanup.policy': 'compact', 'min.cleanable.dirty.ratio': '0.01', 'segment.ms': '100' }
    const topic = await newTopic('compact', 1, { ...configs, 'min.compaction.lag.ms': '0', 'segment.bytes': '1048576' })
    const producer = kafka.producer()
    await producer.connect()
    for (let round = 0; round < 40; round++) {
      const messages = Array.from({ length: 500 }, (_, i) => ({
        key: `k${i % 5}`,
        value: `${round} `.padEnd(200, 'x'),
      }))
      await producer.send({ topic, messages })
    }
    await sleep(300)
    await producer.send({ topic, messages: [{ key: 'last', value: 'roll' }] })
    await producer.disconnect()
    const offsets = (list: typeof rows) => list.map(({ offset }) => offset)
    let rows = await everyRow(topic)
    let onward: typeof rows = []
    // The cleaner is at work meanwhile, perhaps between the two readings.
    for (let attempt = 0; attempt < 60 && (rows.length > 10_000 || rows.length !== onward.length); attempt++) {
      await sleep(500)
      rows = await everyRow(topic)
      onward = await everyRow(topic, { from: { kind: 'oldest' } })
    }
    assert.deepEqual(offsets(rows), offsets(onward).reverse())
    assert.equal(rows[0]!.offset, 20_000)
    return `${rows.length} of 20001 offsets left`
  })

  check('transaction markers are rows, and hide nothing', async () => {
    const topic = await newTopic('txn', 1)
    const producer = kafka.producer({ transactionalId: `check-${run}`, idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    for (const end of ['commit', 'abort'] as const) {
      const transaction = await producer.transaction()
      await transaction.send({ topic, messages: [{ value: end }] })
      await transaction[end]()
    }
    await producer.disconnect()
    let rows = await everyRow(topic, { from: { kind: 'oldest' } })
    for (let attempt = 0; attempt < 20 && rows.length < 4; attempt++) {
      await sleep(100)
      rows = await everyRow(topic, { from: { kind: 'oldest' } })
    }
    const kinds = rows.map(({ kind }) => kind)
    assert.deepEqual(kinds, ['record', 'transaction-commit', 'record', 'transaction-abort'])
    return kinds.join(' ')
  })

  check('a hundred empty partitions', async () => {
    const topic = await newTopic('empty', 100)
    const startedMs = performance.now()
    assert.deepEqual((await page(topic)).rows, [])
    return `answered in ${(performance.now() - startedMs).toFixed(1)} ms`
  })

  check('what we produce is what kafkajs reads, on the partition of its key', async () => {
    const topic = await newTopic('produce', 6)
    const producer = kafka.producer()
    await producer.connect()
    for (const key of ['DTW', 'LAS', 'Zürich', '']) {
      const [theirs] = await producer.send({ topic, messages: [{ key, value: 'theirs' }] })
      const ours = await handlers['messages.produce']({
        topic,
        partition: null,
        key: key === '' ? { kind: 'empty' } : { kind: 'text', text: key },
        value: { kind: 'hex', hex: 'cafe00' },
        headers: [{ key: 'trace', value: { kind: 'text', text: 'a1' } }],
      })
      assert.equal(ours.partition, theirs!.partition)
      assert.equal(ours.offset, Number(theirs!.baseOffset) + 1)
    }
    await producer.disconnect()
    const consumer = kafka.consumer({ groupId: `check-read-${run}` })
    await consumer.connect()
    await consumer.subscribe({ topic, fromBeginning: true })
    const read: string[] = []
    await consumer.run({
      eachMessage: async ({ message }) => {
        if (message.headers?.trace)
          read.push(`${message.key} ${message.value?.toString('hex')} ${message.headers.trace}`)
      },
    })
    for (let attempt = 0; attempt < 100 && read.length < 4; attempt++) await sleep(50)
    await consumer.disconnect()
    assert.deepEqual(read.sort(), [' cafe00 a1', 'DTW cafe00 a1', 'LAS cafe00 a1', 'Zürich cafe00 a1'])
    return read.join(', ')
  })

  check('a tail shows what is written while it runs, and says what it skipped', async () => {
    const topic = await newTopic('tail', 3)
    const seen = new Set<string>()
    let skipped = 0
    const leave = events.on('tail', (batch: Events['tail']) => {
      for (const { partition, offset } of batch.rows) seen.add(`${partition}@${offset}`)
      skipped += batch.skipped
    })
    const { tailId } = await handlers['tail.start']({ topic, partitions: null, contains: '' })
    const producer = kafka.producer()
    await producer.connect()
    const startedMs = performance.now()
    await producer.send({ topic, messages: [{ value: 'first' }] })
    while (seen.size === 0 && performance.now() - startedMs < 5_000) await sleep(5)
    const firstMs = performance.now() - startedMs
    for (let i = 0; i < 20; i++) {
      await producer.send({ topic, messages: Array.from({ length: 1_000 }, (_, n) => ({ value: `burst ${n}` })) })
    }
    for (let attempt = 0; attempt < 60 && seen.size + skipped < 20_001; attempt++) await sleep(50)
    await handlers['tail.stop']({ tailId })
    leave()
    await producer.disconnect()
    assert.equal(seen.size + skipped, 20_001)
    return `first row after ${firstMs.toFixed(0)} ms; of 20,001 written ${seen.size} shown, ${skipped} skipped`
  })

  check(
    'offsets of a group: refused while it has members, then planned, applied, refused when out of date',
    async () => {
      const topic = await newTopic('reset', 3)
      const groupId = `check-reset-${run}`
      const producer = kafka.producer()
      await producer.connect()
      const big = '9007199254740993'
      const messages = Array.from({ length: 300 }, (_, i) => ({
        partition: i % 3,
        key: `k${i}`,
        value: `{"id":${big},"n":${i}}`,
      }))
      await producer.send({ topic, messages })
      await producer.disconnect()
      const consumer = kafka.consumer({ groupId })
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: true })
      let count = 0
      await consumer.run({ eachMessage: async () => void count++ })
      for (let attempt = 0; attempt < 200 && count < 300; attempt++) await sleep(50)
      await consumer.commitOffsets([0, 1, 2].map((partition) => ({ topic, partition, offset: '100' })))

      const live = await handlers['groups.describe']({ groupId })
      assert.deepEqual([live.state, live.members.length, live.totalLag, live.topics], ['Stable', 1, 0, [topic]])
      assert.deepEqual(live.members[0]!.assignments, [{ topic, partitions: [0, 1, 2] }])
      const request = { groupId, topic, partitions: null, target: { kind: 'earliest' } } as const
      const refused = await handlers['groups.planReset'](request)
      assert.match(refused.refusal ?? '', /is Stable with 1 member/)
      await assert.rejects(async () => handlers['groups.applyReset']({ plan: refused }), { code: 'NON_EMPTY_GROUP' })

      await consumer.disconnect()
      const plan = await handlers['groups.planReset'](request)
      assert.equal(plan.refusal, null)
      assert.deepEqual(
        plan.steps.map(({ partition, fromOffset, toOffset, recordsAgain }) => [
          partition,
          fromOffset,
          toOffset,
          recordsAgain,
        ]),
        [0, 1, 2].map((partition) => [partition, 100, 0, 100]),
      )
      assert.equal(textOf(plan.steps[1]!.firstRecord!.value), `{"id":${big},"n":1}`)
      const outcome = await handlers['groups.applyReset']({ plan })
      assert.deepEqual(
        outcome.steps.map(({ error }) => error),
        [null, null, null],
      )
      const after = await handlers['groups.describe']({ groupId })
      assert.deepEqual([after.state, after.totalLag], ['Empty', 300])
      await assert.rejects(async () => handlers['groups.applyReset']({ plan }), { code: 'PLAN_OUT_OF_DATE' })
      const listed = (await handlers['groups.list']()).find((group) => group.groupId === groupId)
      assert.deepEqual([listed?.state, listed?.totalLag], ['Empty', 300])
      assert.ok((await handlers['topics.describe']({ topic })).groups.includes(groupId))
      await handlers['groups.delete']({ groupId })
      await assert.rejects(async () => handlers['groups.describe']({ groupId }), { code: 'GROUP_ID_NOT_FOUND' })
      return refused.refusal ?? ''
    },
  )

  check('errors keep the name that Kafka gives them', async () => {
    const codes: string[] = []
    const code = async (body: () => unknown) =>
      codes.push(
        await Promise.resolve(body()).then(
          () => 'none',
          (error) => `${error.code}: ${error.message}`,
        ),
      )
    const topic = made[0]!
    await code(() => handlers['topics.create']({ topic, partitionCount: 1, replicationFactor: 1, configs: {} }))
    await code(() => handlers['topics.create']({ topic: '../x', partitionCount: 1, replicationFactor: 1, configs: {} }))
    await code(() =>
      handlers['topics.create']({ topic: 'pressroom-check-rf', partitionCount: 1, replicationFactor: 9, configs: {} }),
    )
    await code(() => handlers['topics.describe']({ topic: 'pressroom-check-none' }))
    await code(() => handlers['groups.delete']({ groupId: 'pressroom-check-none' }))
    assert.deepEqual(
      codes.map((text) => text.split(':')[0]),
      [
        'TOPIC_ALREADY_EXISTS',
        'INVALID_TOPIC_EXCEPTION',
        'INVALID_REPLICATION_FACTOR',
        'UNKNOWN_TOPIC_OR_PARTITION',
        'GROUP_ID_NOT_FOUND',
      ],
    )
    return `\n        ${codes.join('\n        ')}`
  })

  afterAll(async () => {
    for (const topic of made) await handlers['topics.delete']({ topic })
    await close()
  })
})
