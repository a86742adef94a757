// Kafka's own tools manage the cluster. Skipped by `npm test`, which needs no Java.
//
//   KAFKA_LIB=…/lib npx vitest run --project interop test/interop/java-tools.test.ts
//
// KAFKA_LIB is as in dump-log-segments.test.ts.
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type ClusterHost, startCluster } from '../../src-broker/runtime/cluster-host.ts'
import { freePorts } from '../support/free-ports.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const jars = process.env.KAFKA_LIB ?? ''
if (jars === '') console.log("Kafka's own tools: skipped, KAFKA_LIB is not set to a folder with their jars")

describe.skipIf(jars === '')("Kafka's own tools", () => {
  const folder = temporaryFolder()
  let cluster: ClusterHost
  beforeAll(async () => {
    cluster = await startCluster({
      brokerCount: 3,
      port: await freePorts(3),
      dataDirectory: join(folder.path, 'data'),
    })
  })
  afterAll(async () => {
    await cluster?.close()
    folder.remove()
  })

  /** What the tool says, of whichever stream. */
  async function tool(name: string, ...args: string[]): Promise<string> {
    const bootstrap = ['--bootstrap-server', cluster.bootstrap.join(',')]
    const command = ['-Xmx128m', '-XX:TieredStopAtLevel=1', '-cp', join(jars, '*'), name, ...bootstrap, ...args]
    const { stdout, stderr } = await promisify(execFile)('java', command)
    return stdout + stderr
  }
  const topics = (...args: string[]) => tool('org.apache.kafka.tools.TopicCommand', ...args)
  const configs = (...args: string[]) => tool('kafka.admin.ConfigCommand', ...args, '--entity-type', 'topics')
  const groups = (...args: string[]) => tool('org.apache.kafka.tools.consumer.group.ConsumerGroupCommand', ...args)

  test('topics are made and their settings changed', async () => {
    await topics('--create', '--topic', 'orders', '--partitions', '2')
    expect(await topics('--describe', '--topic', 'orders')).toMatch(/PartitionCount: 2\s+ReplicationFactor: 3/)
    await configs('--alter', '--entity-name', 'orders', '--add-config', 'retention.ms=5000')
    expect(await configs('--describe')).toContain('retention.ms=5000')
  }, 60_000)

  test('every broker names its directory and the size of what lies in it', async () => {
    const said = await tool('org.apache.kafka.tools.LogDirsCommand', '--describe', '--topic-list', 'orders')
    const { brokers } = JSON.parse(said.split('\n').find((line) => line.startsWith('{'))!)
    expect(brokers.map(({ logDirs }: { logDirs: { logDir: string }[] }) => logDirs[0]?.logDir)).toEqual(
      [1, 2, 3].map((id) => join(folder.path, 'data', `broker-${id}`)),
    )
  }, 60_000)

  test('offsets of a group are deleted for some partitions, and producers described', async () => {
    const kafka = new Kafka({ brokers: [...cluster.bootstrap], logLevel: logLevel.NOTHING })
    const producer = kafka.producer({ idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    await producer.send({ topic: 'orders', messages: [{ value: 'x', partition: 0 }] })
    await producer.disconnect()
    const admin = kafka.admin()
    await admin.connect()
    const partitions = [0, 1].map((partition) => ({ partition, offset: '0' }))
    await admin.setOffsets({ groupId: 'readers', topic: 'orders', partitions })
    expect(await groups('--delete-offsets', '--group', 'readers', '--topic', 'orders:1')).toMatch(
      /orders +1 +Successful/,
    )
    const [left] = await admin.fetchOffsets({ groupId: 'readers', topics: ['orders'] })
    await admin.disconnect()
    expect(left?.partitions.map(({ offset }) => offset)).toEqual(['0', '-1'])
    const said = await tool(
      'org.apache.kafka.tools.TransactionsCommand',
      ...['describe-producers', '--topic', 'orders', '--partition', '0'],
    )
    expect(said).toMatch(/^\d+\s+0\s+-1\s+0\s+\d+\s+None/m)
  }, 60_000)

  test('a partition moves, and its preferred leader leads', async () => {
    const plan = join(folder.path, 'plan.json')
    writeFileSync(plan, '{"version":1,"partitions":[{"topic":"orders","partition":0,"replicas":[3,1]}]}')
    const reassign = (step: string) =>
      tool('org.apache.kafka.tools.reassign.ReassignPartitionsCommand', '--reassignment-json-file', plan, step)
    expect(await reassign('--execute')).toContain('Successfully started')
    await expect.poll(() => reassign('--verify'), { timeout: 30_000 }).toContain('orders-0 is completed')
    const elect = 'org.apache.kafka.tools.LeaderElectionCommand'
    const said = await tool(elect, '--election-type', 'preferred', '--topic', 'orders', '--partition', '0')
    // The controller may have been first: it looks every five seconds.
    expect(said).toMatch(/Successfully completed leader election|Valid replica already elected/)
    expect(await topics('--describe', '--topic', 'orders')).toMatch(/Partition: 0\s+Leader: 3\s+Replicas: 3,1/)
  }, 90_000)
})
