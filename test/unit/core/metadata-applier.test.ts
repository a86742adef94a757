// What is here becomes what the metadata says. A disk that is full when a partition has to be made costs that partition for a while,
// not the broker.
import { afterEach, expect, test, vi } from 'vitest'
import { uuidToBase64 } from '../../../src-broker/base/uuid.ts'
import { createBrokerConfig, laptopSettings } from '../../../src-broker/core/config/broker-config.ts'
import { defaultLogConfig } from '../../../src-broker/core/log/log-config.ts'
import { LogDirectory } from '../../../src-broker/core/log/log-directory.ts'
import { MetadataApplier } from '../../../src-broker/core/metadata-applier.ts'
import type { Replicas } from '../../../src-broker/core/replica/replicas.ts'
import { TopicSettings } from '../../../src-broker/core/topic-settings.ts'
import { MemoryDisk } from '../../support/memory-disk.ts'
import { Metadata } from '../../support/metadata.ts'
import { append, envOn } from '../log/bench.ts'

interface FakePartition {
  readonly topic: string
  readonly index: number
  role: { readonly kind: string; readonly leaderId?: number }
}

afterEach(() => vi.restoreAllMocks())

function brokerOne(disk = new MemoryDisk()) {
  const metadata = new Metadata().brokers('1', '2')
  const { image } = metadata
  const logs = new LogDirectory(envOn(disk), defaultLogConfig)
  /** `orders-0 leads` */
  const roles = new Map<string, string>()
  const replicas = {
    getById: (topicId: string, index: number) => partitions.get(`${topicId} ${index}`),
    add(topic: string, topicId: string, index: number, log: unknown) {
      const partition = { topic, topicId, index, log }
      partitions.set(`${topicId} ${index}`, partition)
      return partition
    },
    remove(partition: { topic: string; topicId: string; index: number }) {
      partitions.delete(`${partition.topicId} ${partition.index}`)
      roles.delete(`${partition.topic}-${partition.index}`)
    },
    lead(partition: FakePartition) {
      partition.role = { kind: 'leader' }
      roles.set(`${partition.topic}-${partition.index}`, 'leads')
    },
    follow(partition: FakePartition, leaderId: number) {
      partition.role = { kind: 'follower', leaderId }
      roles.set(`${partition.topic}-${partition.index}`, leaderId < 0 ? 'waits' : 'follows')
    },
  }
  const partitions = new Map<string, unknown>()
  const settings = new TopicSettings(image, createBrokerConfig(laptopSettings(2)), 1)
  const applier = new MetadataApplier(1, image, replicas as unknown as Replicas, logs, settings, () => true)
  const apply = () => applier.apply(image.takeDelta())
  const offline = (name: string) => {
    const topic = image.topics.get(name)
    return topic?.partitions.filter(({ partition }) => applier.isOffline(topic.id, partition)).length ?? 0
  }
  return { metadata, disk, applier, roles, apply, offline, logs }
}

test('a partition for which there is no room is offline until there is', () => {
  const { metadata, disk, applier, roles, apply, offline } = brokerOne()
  disk.isFull = true
  metadata.topic('orders', '1,2', '2,1')
  apply()
  expect([[...roles], offline('orders')]).toEqual([[], 2])
  applier.retryOffline()
  expect(offline('orders')).toBe(2)
  disk.isFull = false
  applier.retryOffline()
  expect([Object.fromEntries(roles), offline('orders')]).toEqual([{ 'orders-0': 'leads', 'orders-1': 'follows' }, 0])
})

test('what became of the partition meanwhile counts, not what it was to be', () => {
  const { metadata, disk, applier, roles, apply, offline, logs } = brokerOne()
  disk.isFull = true
  metadata.topic('orders', '1,2').topic('flights', '1,2')
  apply()
  metadata.replay([{ type: 'RemoveTopicRecord', topicId: metadata.image.topics.get('flights')!.id }])
  const { id } = metadata.image.topics.get('orders')!
  metadata.replay([{ type: 'PartitionChangeRecord', topicId: id, partitionId: 0, isr: [2], leader: 2 }])
  apply()
  disk.isFull = false
  applier.retryOffline()
  expect([Object.fromEntries(roles), offline('orders')]).toEqual([{ 'orders-0': 'follows' }, 0])
  expect([...logs.all()].map(({ topic }) => topic)).toEqual(['orders'])
})

test('who is named as leader and fenced leads nothing; once it is not, it does, and nothing need be said of the partitions', () => {
  const { metadata, roles, apply } = brokerOne()
  metadata.topic('orders', '1,2', '2,1')
  apply()
  const fenced = (brokerId: number, change: 1 | -1) => {
    const brokerEpoch = metadata.image.brokers.get(brokerId)!.epoch
    metadata.replay([{ type: 'BrokerRegistrationChangeRecord', brokerId, brokerEpoch, fenced: change }])
    apply()
    return [...roles.values()]
  }
  expect([...roles.values()]).toEqual(['leads', 'follows'])
  expect(fenced(1, 1)).toEqual(['waits', 'follows'])
  expect(fenced(2, 1)).toEqual(['waits', 'waits'])
  expect(fenced(1, -1)).toEqual(['leads', 'waits'])
  expect(fenced(2, -1)).toEqual(['leads', 'follows'])
})

test('a setting of all brokers reaches the topics that were there; new ones, all of them at a start, are given theirs once', () => {
  const { metadata, apply } = brokerOne()
  const given = vi.spyOn(TopicSettings.prototype, 'logConfig')
  const set = (value: string) =>
    metadata.replay([{ type: 'ConfigRecord', resourceType: 4, resourceName: '', name: 'log.retention.ms', value }])
  set('60000').topic('orders', '1,2').topic('flights', '1,2')
  apply()
  expect(given.mock.calls.flat()).toEqual(['orders', 'flights'])
  set('70000').topic('payments', '1,2')
  apply()
  expect(given.mock.calls.flat().slice(2).sort()).toEqual(['flights', 'orders', 'payments'])
})

test('records of which nobody can tell whose they are are kept under another name; what is known to be another topic’s goes', () => {
  const before = brokerOne()
  before.metadata.topic('orders', '1,2', '1,2', '1,2')
  before.apply()
  for (const index of [0, 1]) append(before.logs.get('orders', index)!, ['a record'])
  const { disk } = before
  disk.remove('orders-0/partition.metadata')
  disk.remove('orders-2/partition.metadata')
  const now = brokerOne(disk)
  now.metadata.topic('another', '1,2')
  const [topicId, another] = ['orders', 'another'].map((name) => Buffer.from(name.padEnd(16, '-')).toString('hex'))
  now.metadata.replay([{ type: 'RemoveTopicRecord', topicId: another! }])
  disk.tamper('orders-1/partition.metadata', () => Buffer.from(`version: 0\ntopic_id: ${uuidToBase64(another!)}`))
  now.metadata.topic('orders', '1,2', '1,2', '1,2')
  now.apply()
  expect([0, 1, 2].map((index) => now.logs.get('orders', index)!.logEndOffset)).toEqual([0, 0, 0])
  expect([0, 1, 2].map((index) => now.logs.get('orders', index)!.topicId)).toEqual([topicId, topicId, topicId])
  const strays = disk.list('').filter((name) => name.endsWith('-stray'))
  expect(strays).toEqual(['orders-0.unknown-stray'])
  expect(disk.read(`${strays[0]}/${'0'.repeat(20)}.log`)!.length).toBeGreaterThan(61)
})

test('logs that no topic has are put aside, and those with records are told', () => {
  const disk = new MemoryDisk()
  const { logs: before } = brokerOne(disk)
  const topicId = '7'.repeat(32)
  append(before.create('unknown', 0, topicId, defaultLogConfig), ['x'])
  before.create('unknown', 1, topicId, defaultLogConfig)
  before.close(1)
  const { applier, logs } = brokerOne(disk)
  expect(applier.putStraysAside().map(({ topic, partition }) => `${topic}-${partition}`)).toEqual(['unknown-0'])
  expect([...logs.all()]).toEqual([])
  expect(disk.list('').filter((name) => name.endsWith('-stray'))).toHaveLength(2)
})
