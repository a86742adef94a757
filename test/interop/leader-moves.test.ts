// Why leaders move and how long it took, as the pulse is told: whole brokers in threads, on real files.
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ClusterEvent, type ClusterHost, startCluster } from '../../src-broker/runtime/cluster-host.ts'
import { freePorts } from '../support/free-ports.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

let folder: ReturnType<typeof temporaryFolder>
let cluster: ClusterHost
const events: ClusterEvent[] = []
beforeAll(async () => {
  folder = temporaryFolder()
  cluster = await startCluster({ brokerCount: 3, port: await freePorts(3), dataDirectory: folder.path })
  cluster.onEvent((event) => events.push(event))
  const admin = new Kafka({ brokers: [...cluster.bootstrap], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'orders', numPartitions: 6, replicationFactor: 3 }] })
  await admin.disconnect()
})
afterAll(async () => {
  await cluster?.close()
  folder?.remove()
})

const leaderMoves = () => events.filter((event) => event.kind === 'leader-changed')
/** Resolves with what moved away from a broker, or back to it, once it owns or lacks its two leaders. */
async function moved(by: 'from' | 'brokerId', brokerId: number) {
  const moves = () => leaderMoves().filter((move) => move[by] === brokerId)
  await expect.poll(() => moves().flatMap(({ partitions }) => partitions).length, { timeout: 30_000 }).toBe(2)
  return moves()
}

test('a broker that stops in order hands its leaders over: nothing is lost, and nothing took any time', async () => {
  await cluster.stop(1)
  for (const { cause, tookMs } of await moved('from', 1)) expect([cause, tookMs]).toEqual(['shut-down', null])
})

test('once it is back its leaders return to it as the preferred one', async () => {
  events.length = 0
  await cluster.start(1)
  for (const { cause, tookMs } of await moved('brokerId', 1)) expect([cause, tookMs]).toEqual(['preferred', null])
})

test('leaders that move because theirs was killed say how long they were without; those that return afterwards do not', async () => {
  events.length = 0
  await cluster.kill(2)
  for (const { cause, tookMs } of await moved('from', 2)) {
    expect(cause).toBe('lost')
    expect(tookMs).toBeLessThan(10_000)
  }
  await cluster.start(2)
  for (const { cause, tookMs } of await moved('brokerId', 2)) expect([cause, tookMs]).toEqual(['preferred', null])
})
