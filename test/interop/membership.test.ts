// Brokers that come and go while real clients write and read: whole brokers in threads, on real files.
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Kafka, logLevel } from 'kafkajs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import {
  type ClusterEvent,
  type ClusterHost,
  StartRefused,
  startCluster,
} from '../../src-broker/runtime/cluster-host.ts'
import { freePorts } from '../support/free-ports.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

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

test('a broker is added, another one removed with all that it held, and the next start has the same brokers', async () => {
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

test('a damaged vote file is refused in one line, and the host stays as it was', async () => {
  await start(3)
  await close()
  writeFileSync(join(folder.path, 'broker-2', '__cluster_metadata-0', 'quorum-state'), 'garbage')
  const refused = start(null)
  await expect(refused).rejects.toThrow(StartRefused)
  await expect(refused).rejects.toThrow(
    /^broker 2: __cluster_metadata-0\/quorum-state is damaged: .* restore .*broker-2 from a copy, or remove it: the other brokers have it all$/,
  )
}, 60_000)

test('a broker that its disk brings down is started again, later each time, until it stays up', async () => {
  const host = await start(3)
  const events: ClusterEvent[] = []
  host.onEvent((event) => events.push(event))
  // A file stands where the partition's directory has to be made.
  const obstacle = join(folder.path, 'broker-2', 'orders-0')
  writeFileSync(obstacle, '')
  const admin = clientOf(host).admin()
  await admin.connect()
  const topics = [{ topic: 'orders', numPartitions: 1, replicationFactor: 3 }]
  // The broker that falls over may be the one that is asked, or asked where the leaders are.
  await admin.createTopics({ topics, waitForLeaders: false }).catch(() => {})
  await admin.disconnect()
  const crashes = () => events.flatMap((event) => (event.kind === 'broker-crashed' ? event : []))
  await vi.waitUntil(() => crashes().length === 2, { timeout: 30_000 })
  rmSync(obstacle)
  await vi.waitUntil(() => host.brokers()[1]!.lifecycle === 'running', { timeout: 30_000 })
  expect(
    crashes()
      .map(({ brokerId, restartInMs }) => [brokerId, restartInMs])
      .slice(0, 2),
  ).toEqual([
    [2, 500],
    [2, 1_000],
  ])
  expect(crashes()[0]!.reason).toMatch(/^E\w+ on orders-0/)
}, 90_000)
