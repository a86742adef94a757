// A disk that is full when a partition has to be made costs that partition for a while, not the broker.
import { expect, test } from 'vitest'
import { createBrokerConfig, laptopSettings } from '../../../src-broker/core/config/broker-config.ts'
import { defaultLogConfig } from '../../../src-broker/core/log/log-config.ts'
import { LogDirectory } from '../../../src-broker/core/log/log-directory.ts'
import { MetadataApplier } from '../../../src-broker/core/metadata-applier.ts'
import type { Replicas } from '../../../src-broker/core/replica/replicas.ts'
import { TopicSettings } from '../../../src-broker/core/topic-settings.ts'
import { MemoryDisk } from '../../support/memory-disk.ts'
import { Metadata } from '../../support/metadata.ts'
import { envOn } from '../log/bench.ts'

function brokerOne() {
  const metadata = new Metadata().brokers('1', '2')
  const { image } = metadata
  const disk = new MemoryDisk()
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
    lead: ({ topic, index }: { topic: string; index: number }) => roles.set(`${topic}-${index}`, 'leads'),
    follow: ({ topic, index }: { topic: string; index: number }) => roles.set(`${topic}-${index}`, 'follows'),
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
