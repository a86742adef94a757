// Brokers that come and go while real clients write and read: whole brokers in threads, on real files.
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { viewOf } from '../../src-broker/protocol/reader.ts'
import * as batch from '../../src-broker/records/batch.ts'
import { buildBatch } from '../../src-broker/records/build.ts'
import {
  type ClusterEvent,
  type ClusterHost,
  StartRefused,
  startCluster,
} from '../../src-broker/runtime/cluster-host.ts'
import { freePorts } from '../support/free-ports.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { crc32c } from '../unit/records/samples.ts'

let folder: ReturnType<typeof temporaryFolder>
let port: number
let cluster: ClusterHost | undefined
beforeEach(async () => {
  folder = temporaryFolder()
  port = await freePorts(4)
})
afterEach(async () => {
  await cluster?.close()
  cluster = undefined
  folder.remove()
})

async function start(brokerCount: number | null): Promise<ClusterHost> {
  cluster = await startCluster({ brokerCount, port, dataDirectory: folder.path })
  return cluster
}

async function close(): Promise<void> {
  await cluster?.close()
  cluster = undefined
}

const clientOf = ({ bootstrap }: ClusterHost) => new Kafka({ brokers: [...bootstrap], logLevel: logLevel.NOTHING })

async function readAll(host: ClusterHost, count: number): Promise<string[]> {
  const consumer = clientOf(host).consumer({ groupId: `readers-${Math.random()}` })
  const values: string[] = []
  await consumer.connect()
  await consumer.subscribe({ topics: ['orders', 'lone'], fromBeginning: true })
  await new Promise<void>((resolve) => {
    void consumer.run({
      eachMessage: async ({ message }) => {
        if (values.push(String(message.value)) === count) resolve()
      },
    })
  })
  await consumer.disconnect()
  return values.sort()
}

async function written(host: ClusterHost): Promise<string[]> {
  const kafka = clientOf(host)
  const admin = kafka.admin()
  await admin.connect()
  const topics = [
    { topic: 'orders', numPartitions: 4, replicationFactor: 3 },
    { topic: 'lone', numPartitions: 3, replicationFactor: 1 },
  ]
  await admin.createTopics({ topics, waitForLeaders: true })
  await admin.disconnect()
  const producer = kafka.producer()
  await producer.connect()
  const values = Array.from({ length: 40 }, (_, index) => `value ${index}`)
  for (const [index, value] of values.entries()) {
    await producer.send({ topic: index % 2 === 0 ? 'orders' : 'lone', messages: [{ key: value, value }] })
  }
  await producer.disconnect()
  return values.sort()
}

async function copiesOfNewTopic(host: ClusterHost): Promise<number> {
  const admin = clientOf(host).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'new', replicationFactor: -1 }], waitForLeaders: true })
  const { topics } = await admin.fetchTopicMetadata({ topics: ['new'] })
  await admin.disconnect()
  return topics[0]!.partitions[0]!.replicas.length
}

test('a broker is added, others removed with all that they held, and the next start has the same brokers', async () => {
  const host = await start(3)
  const values = await written(host)
  expect(await host.addBroker()).toBe(4)
  await host.removeBroker(1)
  expect(host.brokers().map(({ brokerId, lifecycle }) => `${brokerId} ${lifecycle}`)).toEqual([
    '2 running',
    '3 running',
    '4 running',
  ])
  expect(readdirSync(folder.path)).not.toContain('broker-1')
  expect(await readAll(host, values.length)).toEqual(values)
  await close()
  await expect(start(4)).rejects.toThrow(/holds a cluster of 3 brokers; start it without --brokers/)
  const again = await start(null)
  expect(again.bootstrap).toEqual([2, 3, 4].map((id) => `127.0.0.1:${port + 2 * (id - 1)}`))
  expect(await readAll(again, values.length)).toEqual(values)
  await again.removeBroker(4)
  expect(await copiesOfNewTopic(again)).toBe(2)
}, 60_000)

test('a broker that does not run can be removed where others have all it had, and not where they lack something', async () => {
  const host = await start(3)
  await written(host)
  await host.kill(2)
  await expect(host.removeBroker(2)).rejects.toThrow(/broker 2 has what nobody else has of lone-\d, and does not run/)
  await host.start(2)
  await host.removeBroker(2)
  await host.removeBroker(3)
  await expect(host.removeBroker(1)).rejects.toThrow('broker 1 cannot be removed: no other broker runs')
}, 60_000)

test('a broker that is just starting is not removed, and one that is being removed is not started', async () => {
  const host = await start(3)
  await host.kill(3)
  const starting = host.start(3)
  await expect(host.removeBroker(3)).rejects.toThrow('broker 3 is just starting; remove it when that is done')
  await starting
  const removing = host.removeBroker(3)
  for (const deed of [host.start(3), host.stop(3), host.kill(3), host.pause(3)])
    await expect(deed).rejects.toThrow('broker 3 is being removed')
  await removing
  expect(host.brokers().map(({ brokerId }) => brokerId)).toEqual([1, 2])
  expect(readdirSync(folder.path).filter((name) => name.startsWith('broker'))).toEqual(['broker-1', 'broker-2'])
}, 60_000)

test('a broker whose directory is gone copies all from the others, and votes again', async () => {
  const values = await written(await start(3))
  await close()
  rmSync(join(folder.path, 'broker-2', '__cluster_metadata-0'), { recursive: true })
  const host = await start(null)
  await host.kill(1)
  await host.start(1)
  expect(host.brokers().map(({ lifecycle }) => lifecycle)).toEqual(['running', 'running', 'running'])
  expect((await readAll(host, values.length)).length).toBe(values.length)
}, 60_000)

/** Spoils what these brokers voted. */
function damageVotes(...brokerIds: readonly number[]): void {
  for (const id of brokerIds)
    writeFileSync(join(folder.path, `broker-${id}`, '__cluster_metadata-0', 'quorum-state'), 'garbage')
}
const damaged =
  /^broker \d: __cluster_metadata-0\/quorum-state is damaged: .* restore the whole of .*broker-\d from a copy, or remove the whole of it: what others have copies of comes back$/

test('a broker whose vote file is damaged stays down with its reason, and the others start without it', async () => {
  await start(3)
  await close()
  damageVotes(2)
  const host = await start(null)
  expect(host.brokers().map(({ lifecycle }) => lifecycle)).toEqual(['running', 'stopped', 'running'])
  expect(host.brokers()[1]!.reason).toMatch(damaged)
  const producer = clientOf(host).producer()
  await producer.connect()
  const [acknowledged] = await producer.send({ topic: 'orders', acks: -1, messages: [{ value: 'without broker 2' }] })
  expect(acknowledged).toMatchObject({ errorCode: 0 })
  await producer.disconnect()
  await expect(host.start(2)).rejects.toThrow(damaged)
  rmSync(join(folder.path, 'broker-2'), { recursive: true })
  await host.start(2)
  expect(host.brokers()[1]).toMatchObject({ lifecycle: 'running', reason: null })
}, 60_000)

test('damaged vote files of most brokers are refused in one line, and nothing runs', async () => {
  await start(3)
  await close()
  damageVotes(2, 3)
  const refused = start(null)
  await expect(refused).rejects.toThrow(StartRefused)
  await expect(refused).rejects.toThrow(damaged)
}, 60_000)

/** What a later release may have written: the log ends with a record of an id that there is none of. */
function writtenByLater(...brokerIds: readonly number[]): void {
  for (const id of brokerIds) {
    const path = join(folder.path, `broker-${id}`, '__cluster_metadata-0', `${'0'.repeat(20)}.log`)
    const log = readFileSync(path)
    const view = viewOf(log)
    let [at, baseOffset, partitionLeaderEpoch] = [0, 0, 0]
    for (; batch.isWhole(view, at, log.length); at += batch.sizeInBytes(view, at)) {
      baseOffset = batch.lastOffset(view, at) + 1
      partitionLeaderEpoch = batch.partitionLeaderEpoch(view, at)
    }
    const record = { key: null, value: Uint8Array.of(1, 0xc8, 1, 0, 0), timestamp: 0 }
    appendFileSync(path, buildBatch([record], crc32c, { baseOffset, partitionLeaderEpoch }))
  }
}

/** What is in the brokers' directories, byte by byte, without what every opening of a log makes anew. */
const content = () =>
  readdirSync(folder.path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.parentPath.includes('broker-') && !entry.name.endsWith('.snapshot'))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
    .map((path) => [path, readFileSync(path, 'latin1')])

test('what a later version has written is refused in one line, and nothing of it is touched', async () => {
  await written(await start(3))
  await close()
  writtenByLater(1, 2, 3)
  const before = content()
  const refused = start(null)
  await expect(refused).rejects.toThrow(StartRefused)
  await expect(refused).rejects.toThrow(
    /^broker \d: .*broker-\d\/__cluster_metadata-0 has a record of id 200, which this version does not know; start the version that wrote it$/,
  )
  expect(content()).toEqual(before)
}, 60_000)

test('a broker that could have started, had the others not been refused, still counts as stopped in an orderly way', async () => {
  await written(await start(3))
  await close()
  const marker = () => readFileSync(join(folder.path, 'broker-1', '.kafka_cleanshutdown'), 'utf8')
  const before = marker()
  writtenByLater(2, 3)
  await expect(start(null)).rejects.toThrow(StartRefused)
  expect(marker()).toBe(before)
}, 60_000)

test('a partition whose directory cannot be made is offline there until it can, and the broker stays up', async () => {
  const host = await start(3)
  const events: ClusterEvent[] = []
  host.onEvent((event) => events.push(event))
  const obstacle = join(folder.path, 'broker-2', 'orders-0')
  writeFileSync(obstacle, '')
  const holders = () =>
    host.brokers().flatMap(({ brokerId, report }) => (report?.replicas.some(isOrders) ? brokerId : []))
  const isOrders = ({ topic }: { topic: string }) => topic === 'orders'
  const admin = clientOf(host).admin()
  await admin.connect()
  const topics = [{ topic: 'orders', numPartitions: 1, replicationFactor: 3 }]
  await admin.createTopics({ topics, waitForLeaders: false })
  await admin.disconnect()
  await vi.waitUntil(() => holders().length === 2, { timeout: 30_000 })
  rmSync(obstacle)
  await vi.waitUntil(() => holders().length === 3, { timeout: 30_000 })
  expect(events.filter(({ kind }) => kind === 'broker-crashed')).toEqual([])
}, 60_000)

test('a broker that its disk brings down is started again, later each time, until it stays up', async () => {
  const host = await start(3)
  const events: ClusterEvent[] = []
  host.onEvent((event) => events.push(event))
  await written(host)
  await host.kill(2)
  // A directory stands where a segment was.
  const [partition] = readdirSync(join(folder.path, 'broker-2')).filter((name) => /^(?!__).*-\d$/.test(name))
  const obstacle = join(folder.path, 'broker-2', partition!, '00000000000000000000.log')
  rmSync(obstacle)
  mkdirSync(obstacle)
  await expect(host.start(2)).rejects.toThrow('EISDIR')
  const crashes = () => events.flatMap((event) => (event.kind === 'broker-crashed' ? event : []))
  await vi.waitUntil(() => crashes().length === 2, { timeout: 30_000 })
  rmSync(obstacle, { recursive: true })
  await vi.waitUntil(() => host.brokers()[1]!.lifecycle === 'running', { timeout: 30_000 })
  expect(
    crashes()
      .map(({ brokerId, restartInMs }) => [brokerId, restartInMs])
      .slice(0, 2),
  ).toEqual([
    [2, 500],
    [2, 1_000],
  ])
  expect(crashes()[0]!.reason).toMatch(/^EISDIR on \w+-\d\//)
}, 90_000)
