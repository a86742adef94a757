/**
 * npm run rehearse: real records, real clients, a real loss. Loads the sample sets with kafkajs at acks=all, reads them in a
 * group of three, kills the broker that leads a partition in the middle of both, starts it again, and says whether every record
 * that was acknowledged was read at least once and in order for each key. Exit code 1 where not.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Consumer, Kafka, logLevel } from 'kafkajs'
import { startCluster } from '../src-broker/runtime/cluster-host.ts'
import { readSamples, sampleSources } from '../src-main/services/sample-sets.ts'
import { freePorts } from '../test/support/free-ports.ts'

const recordsPerRequest = 500
const groupSize = 3
const patienceMs = 120_000

process.removeAllListeners('warning') // kafkajs 2.2 hands setTimeout negative delays; Node says so for each.
const dataDirectory = mkdtempSync(join(tmpdir(), 'pressroom-rehearsal-'))
const cluster = await startCluster({ brokerCount: 3, port: await freePorts(3), dataDirectory })
const kafka = new Kafka({
  clientId: 'rehearsal',
  brokers: [...cluster.bootstrap],
  logLevel: logLevel.NOTHING,
  retry: { retries: 30, initialRetryTime: 30, maxRetryTime: 500 },
})
const startedMs = performance.now()
const say = (text: string) =>
  console.log(`${((performance.now() - startedMs) / 1000).toFixed(1).padStart(5)} s  ${text}`)

/** What was acknowledged, per topic and key, in order of sending; every value carries its number within its topic. */
const sent = new Map<string, number[]>()
const seen = new Map<string, number[]>()
let sentCount = 0
let seenCount = 0

const topics = sampleSources.map(({ topic }) => topic)
const admin = kafka.admin()
await admin.connect()
await admin.createTopics({
  waitForLeaders: true,
  topics: topics.map((topic) => ({ topic, numPartitions: 6, replicationFactor: 3 })),
})

const consumers = await Promise.all(Array.from({ length: groupSize }, joinGroup))
const wanted = sampleSources.reduce((sum, { recordCount }) => sum + recordCount, 0)
const loading = load()
await until(() => sentCount > wanted / 3 && seenCount > wanted / 10)
const victim = (await admin.fetchTopicMetadata({ topics: [topics[0]!] })).topics[0]!.partitions[0]!.leader
say(`${sentCount} acknowledged, ${seenCount} read: killing broker ${victim}, leader of ${topics[0]}-0`)
await cluster.kill(victim)
await until(() => sentCount > (wanted * 2) / 3)
await cluster.start(victim)
say(`broker ${victim} is back`)
await loading
say(`all ${sentCount} records acknowledged by every in-sync replica`)
await until(
  () => [...sent].every(([key, numbers]) => new Set(seen.get(key)).size === numbers.length),
  patienceMs,
).catch(() => {})
await Promise.all(consumers.map((consumer) => consumer.disconnect()))
await admin.disconnect()
const isFine = verdict()
await cluster.close()
rmSync(dataDirectory, { recursive: true, force: true })
process.exit(isFine ? 0 : 1)

async function load(): Promise<void> {
  // One request at a time and idempotent: the settings that promise order and no duplicates.
  const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  for (const source of sampleSources) {
    let number = 0
    let batch: { key: string; value: string }[] = []
    const flush = async () => {
      if (batch.length === 0) return
      await producer.send({ topic: source.topic, acks: -1, messages: batch })
      for (const { key, value } of batch)
        add(sent, `${source.topic}/${key}`, Number(value.slice(0, value.indexOf(' '))))
      sentCount += batch.length
      batch = []
    }
    for (const { key, value } of await readSamples(source)) {
      batch.push({ key: String(key), value: `${number++} ${value}` })
      if (batch.length === recordsPerRequest) await flush()
    }
    await flush()
    say(`${source.topic}: ${number} records sent`)
  }
  await producer.disconnect()
}

async function joinGroup(): Promise<Consumer> {
  const consumer = kafka.consumer({
    groupId: 'rehearsal',
    sessionTimeout: 10_000,
    heartbeatInterval: 500,
    maxWaitTimeInMs: 200,
  })
  await consumer.connect()
  await consumer.subscribe({ topics, fromBeginning: true })
  await consumer.run({
    eachBatch: async ({ batch, resolveOffset, heartbeat }) => {
      for (const { key, value, offset } of batch.messages) {
        const text = String(value)
        add(seen, `${batch.topic}/${key}`, Number(text.slice(0, text.indexOf(' '))))
        seenCount++
        resolveOffset(offset)
      }
      await heartbeat()
    },
  })
  return consumer
}

function add(to: Map<string, number[]>, key: string, number: number): void {
  const numbers = to.get(key)
  if (numbers === undefined) to.set(key, [number])
  else numbers.push(number)
}

function verdict(): boolean {
  let lost = 0
  let unordered = 0
  for (const [key, numbers] of sent) {
    const firstReads = [...new Set(seen.get(key))]
    lost += numbers.length - firstReads.length
    if (firstReads.some((number, index) => index > 0 && number < firstReads[index - 1]!)) unordered++
  }
  const again = seenCount - sentCount + lost
  say(`${lost} lost, ${again} read more than once, ${unordered} of ${sent.size} keys out of order`)
  return lost === 0 && unordered === 0
}

async function until(isTrue: () => boolean, forMs = patienceMs): Promise<void> {
  const deadlineMs = performance.now() + forMs
  while (!isTrue()) {
    if (performance.now() > deadlineMs) throw new Error('waited too long')
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
