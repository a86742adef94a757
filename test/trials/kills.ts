/**
 * Real kills under load from a client that is not ours (idempotent, acks=all, replication factor 3):
 *
 *   node test/trials/kills.ts [--rounds 200] [--whom leader|controller] [--how kill|stop] [--client kafkajs|librdkafka] [--per-second 500]
 *     [--retries 100]
 *
 * Each round ends the thread of a broker where it stands (or stops it cleanly), waits for the next acknowledgement, starts it again and
 * waits until it is in sync. Then everything is read: nothing acknowledged may be missing, nothing may be there twice or out of order.
 * Exit code 1 where it is. Needs `npm run build`.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Kafka, logLevel } from 'kafkajs'
import { callHost } from '../../src-main/control/call-host.ts'
import { startHost } from '../support/start-host.ts'
import { type TrialClient, trialClients, type Writing } from './trial-client.ts'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '200' },
    whom: { type: 'string', default: 'leader' },
    how: { type: 'string', default: 'kill' },
    client: { type: 'string', default: 'kafkajs' },
    'per-second': { type: 'string', default: '500' },
    retries: { type: 'string', default: '100' },
  },
})
const rounds = Number(values.rounds)
const topic = 'trial'
const patienceMs = 60_000

process.removeAllListeners('warning') // kafkajs 2.2 hands setTimeout negative delays; Node says so for each.
const host = await startHost()
const client =
  trialClients[values.client]?.(host.bootstrap, Number(values.retries)) ?? `there is no client ${values.client}`
if (typeof client === 'string') {
  console.log(`not run: ${client}`)
  process.exit(await host.stop())
}
const kafka = new Kafka({ brokers: [...host.bootstrap], logLevel: logLevel.NOTHING, retry: { initialRetryTime: 20 } })
const admin = kafka.admin()
await admin.connect()
await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 1, replicationFactor: 3 }] })

const writing = await client.write(topic, Number(values['per-second']))
await until(() => writing.acknowledged.size > 100)
const firstWriteMs: number[] = []
const firstChangeMs: number[] = []
for (let round = 0; round < rounds; round++) {
  const victim = values.whom === 'controller' ? await controller() : (await place()).leader
  const beganMs = Date.now()
  await command(values.how === 'stop' ? 'stop' : 'kill', victim)
  const changing = values.whom === 'controller' ? changeMetadata(round) : undefined
  await until(() => writing.latest.sentMs > beganMs)
  firstWriteMs.push(writing.latest.acknowledgedMs - beganMs)
  if (changing !== undefined) firstChangeMs.push((await changing) - beganMs)
  await command('start', victim)
  await until(areAllInSync)
  if ((round + 1) % 20 === 0) console.log(`${round + 1} rounds, ${writing.acknowledged.size} acknowledged`)
}
await writing.stop()
const isFine = await verdict(client, writing)
console.log(`first acknowledged write after each: ${quantiles(firstWriteMs)}`)
if (firstChangeMs.length > 0) console.log(`first metadata change after each: ${quantiles(firstChangeMs)}`)
await admin.disconnect()
await host.stop()
process.exit(isFine ? 0 : 1)

async function verdict(client: TrialClient, { acknowledged, failed }: Writing): Promise<boolean> {
  const offsets = new Map<number, number>()
  let twice = 0
  let unordered = 0
  let before = -1
  await client.read(topic, (number, offset) => {
    if (offsets.has(number)) twice++
    else if (number < before) unordered++
    before = number
    offsets.set(number, offset)
  })
  const lost = [...acknowledged.keys()].filter((number) => !offsets.has(number)).length
  // An acknowledgement of what had been written before its connection broke may not say where.
  const isElsewhere = ([number, offset]: [number, number]) =>
    offset >= 0 && offsets.has(number) && offsets.get(number) !== offset
  const elsewhere = [...acknowledged].filter(isElsewhere).length
  const counts = `${lost} lost, ${twice} twice, ${unordered} out of order, ${elsewhere} at another offset than acknowledged`
  console.log(
    `${rounds} × ${values.how} ${values.whom}, ${values.client}: ${acknowledged.size} acknowledged, ${failed} given up`,
  )
  console.log(`${offsets.size} read: ${counts}`)
  return lost + twice + unordered + elsewhere === 0
}

async function place(): Promise<{ leader: number; isr: number[] }> {
  const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
  const { leader, isr } = topics[0]!.partitions[0]!
  return leader >= 0 ? { leader, isr } : sleep(20).then(place)
}

/** The topics that were made on the way, too: kafkajs makes no other where the only replica of one that was in sync is killed next. */
async function areAllInSync(): Promise<boolean> {
  const { topics } = await admin.fetchTopicMetadata()
  return topics.every(({ partitions }) => partitions.every(({ isr, replicas }) => isr.length === replicas.length))
}

async function controller(): Promise<number> {
  const reply = await callHost(host.dataDirectory, { command: 'status' })
  const id = reply.kind === 'status' ? reply.status.controllerId : null
  return id ?? sleep(20).then(controller)
}

/** When the cluster first agreed to one more topic. */
async function changeMetadata(round: number): Promise<number> {
  for (;;) {
    // Two replicas, which any two brokers can hold: kafkajs loses its way where a topic has no leader.
    const topics = [{ topic: `after-${round}`, numPartitions: 1, replicationFactor: 2 }]
    // False where it is there already: an answer to an earlier attempt was lost.
    const isDone = await admin.createTopics({ topics, waitForLeaders: false }).then(
      () => true,
      () => false,
    )
    if (isDone) return Date.now()
    await sleep(10)
  }
}

async function command(what: 'kill' | 'stop' | 'start', brokerId: number): Promise<void> {
  const reply = await callHost(host.dataDirectory, { command: what, brokerId })
  if (reply.kind !== 'status') throw new Error(`${what} ${brokerId}: ${reply.reason}`)
}

async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + patienceMs
  while (!(await isTrue())) {
    if (Date.now() > deadlineMs) throw new Error('waited too long')
    await sleep(2)
  }
}

function quantiles(all: readonly number[]): string {
  const sorted = all.toSorted((a, b) => a - b)
  const at = (share: number) => Math.round(sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))]!)
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, slowest ${at(1)} ms`
}
