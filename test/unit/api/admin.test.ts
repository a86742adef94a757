// Small APIs for tools, each asked with as much of a broker as it looks at.
import { expect, test } from 'vitest'
import { metadata } from '../../../src-broker/api/03-metadata.ts'
import { describeLogDirs } from '../../../src-broker/api/35-describe-log-dirs.ts'
import { describeCluster } from '../../../src-broker/api/60-describe-cluster.ts'
import { describeProducers } from '../../../src-broker/api/61-describe-producers.ts'
import { listConfigResources } from '../../../src-broker/api/74-list-config-resources.ts'
import type { Handler } from '../../../src-broker/api/handler.ts'
import type { Broker } from '../../../src-broker/core/broker.ts'
import { errors } from '../../../src-broker/protocol/errors.ts'

const producer = { producerId: 7, epoch: 1, lastSequence: 41, lastOffset: 99, offsetDelta: 3, timestamp: 1_700 }
const log = {
  sizeInBytes: 4_096,
  logEndOffset: 100,
  producerEntries: () => [{ ...producer, coordinatorEpoch: -1, transactionFirstOffset: 90 }],
}
const held = { topic: 'orders', index: 0, log, highWatermark: 103 }
const broker = {
  options: { brokerId: 2, directory: '/data/broker-2' },
  lostBrokers: { areUndecided: false, isStillNamed: () => false },
  replicas: {
    all: () => [held],
    get: (topic: string, index: number) => (topic === 'orders' && index === 0 ? held : undefined),
  },
  image: {
    topics: new Map([['orders', {}]]),
    partition: (topic: string, index: number) => (topic === 'orders' && index < 2 ? {} : undefined),
  },
  endpoints: () => [1, 2].map((nodeId) => ({ nodeId, host: '127.0.0.1', port: 9092, rack: null })),
} as unknown as Broker

const ask = <Request, Response>(handler: Handler<Request, Response>, request: Request, version = 0) =>
  handler(broker, request, { version } as never)

test('DescribeProducers tells of a replica what it remembers, and why it cannot tell of others', () => {
  const topics = [
    { name: 'orders', partitionIndexes: [0, 1, 2] },
    { name: 'parcels', partitionIndexes: [0] },
  ]
  const partitions = ask(describeProducers, { topics })?.topics.flatMap((topic) => topic.partitions)
  expect(partitions?.map(({ errorCode }) => errorCode)).toEqual([
    errors.NONE,
    errors.NOT_LEADER_OR_FOLLOWER,
    errors.UNKNOWN_TOPIC_OR_PARTITION,
    errors.UNKNOWN_TOPIC_OR_PARTITION,
  ])
  expect(partitions?.[0]?.activeProducers).toEqual([
    {
      producerId: 7,
      producerEpoch: 1,
      lastSequence: 41,
      lastTimestamp: 1_700,
      coordinatorEpoch: -1,
      currentTxnStartOffset: 90,
    },
  ])
})

test('ListConfigResources names topics and brokers, all kinds where none is asked for, client metrics alone in version 0', () => {
  const listed = (version: number, ...resourceTypes: number[]) => {
    const { errorCode, configResources } = ask(listConfigResources, { resourceTypes }, version)!
    return [errorCode, ...configResources.map(({ resourceType, resourceName }) => `${resourceType} ${resourceName}`)]
  }
  expect(listed(1)).toEqual([errors.NONE, '2 orders', '4 1', '4 2', '8 1', '8 2'])
  expect(listed(1, 4, 4, 32)).toEqual([errors.NONE, '4 1', '4 2'])
  expect(listed(0)).toEqual([errors.NONE])
  expect(listed(1, 3)).toEqual([errors.UNSUPPORTED_VERSION])
})

test('DescribeLogDirs gives the path of the directory and how far a replica is behind', () => {
  const partition = { partitionIndex: 0, partitionSize: 4_096, offsetLag: 3, isFutureKey: false }
  const all = ask(describeLogDirs, { topics: null }, 5)
  expect(all?.results).toEqual([
    { errorCode: errors.NONE, logDir: '/data/broker-2', topics: [{ name: 'orders', partitions: [partition] }] },
  ])
  expect(ask(describeLogDirs, { topics: [{ topic: 'orders', partitions: [1] }] }, 5)?.results[0]?.topics).toEqual([])
})

test('Metadata and DescribeCluster name a controller that clients can reach: any broker that is alive while none is elected', () => {
  const namedBy = (controllerId: number, ...alive: number[]) => {
    const brokers = new Map([1, 2, 3].map((id) => [id, { id, endPoints: [], rack: null, fenced: !alive.includes(id) }]))
    const asked = { ...broker, quorum: { controllerId }, image: { brokers } } as unknown as Broker
    const topics = metadata(asked, { topics: [] } as never, { version: 13 } as never)
    const cluster = describeCluster(asked, { endpointType: 1 } as never, { version: 2 } as never)
    expect(topics?.controllerId).toBe(cluster?.controllerId)
    return topics?.controllerId
  }
  expect([namedBy(3, 1, 2, 3), namedBy(-1, 1, 2, 3), namedBy(3, 1, 2), namedBy(3, 1), namedBy(-1)]).toEqual([
    3, 2, 2, 1, -1,
  ])
})
