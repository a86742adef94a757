import { describe, expect, test } from 'vitest'
import { AssertionFailed } from '../../../src-broker/base/assert.ts'
import { Metadata } from '../../support/metadata.ts'

const idOf = (metadata: Metadata, topic: string) => metadata.image.topics.get(topic)!.id

describe('what changed since the last look', () => {
  test('partitions say how they stood before and how they stand now, however often they changed', () => {
    const metadata = new Metadata().brokers('1', '2').topic('orders', '1,2')
    metadata.image.takeDelta()
    const topicId = idOf(metadata, 'orders')
    metadata.replay([
      { type: 'PartitionChangeRecord', topicId, partitionId: 0, isr: [1] },
      { type: 'PartitionChangeRecord', topicId, partitionId: 0, leader: 1 },
    ])
    const [change] = metadata.image.takeDelta().partitions
    expect([change!.before, change!.after]).toMatchObject([
      { isr: [1, 2], partitionEpoch: 0, leaderEpoch: 0 },
      { isr: [1], partitionEpoch: 2, leaderEpoch: 1 },
    ])
    expect(metadata.image.takeDelta().partitions).toEqual([])
  })

  test('a topic created and deleted between two looks shows in neither list', () => {
    const metadata = new Metadata().brokers('1').topic('orders', '1')
    metadata.replay([{ type: 'RemoveTopicRecord', topicId: idOf(metadata, 'orders') }])
    const { topicsCreated, topicsDeleted, partitions } = metadata.image.takeDelta()
    expect({ topicsCreated, topicsDeleted, partitions }).toEqual({
      topicsCreated: [],
      topicsDeleted: [],
      partitions: [],
    })
  })

  test('a deleted topic takes its settings with it; one of the same name begins anew', () => {
    const metadata = new Metadata().brokers('1').topic('orders', '1')
    const setting = {
      type: 'ConfigRecord',
      resourceType: 2,
      resourceName: 'orders',
      name: 'retention.ms',
      value: '5',
    } as const
    metadata.replay([setting, { type: 'RemoveTopicRecord', topicId: idOf(metadata, 'orders') }])
    metadata.topic('orders', '1')
    expect(metadata.image.topicConfigs('orders').size).toBe(0)
  })
})

test('tells how far topics are concerned: brokers that come and go change nothing about thousands of them', () => {
  const metadata = new Metadata().brokers('1').topic('orders', '1')
  const { topicsEndOffset, endOffset } = metadata.image
  expect(topicsEndOffset).toBe(endOffset)
  metadata.brokers('2')
  expect([metadata.image.topicsEndOffset, metadata.image.endOffset]).toEqual([topicsEndOffset, endOffset + 1])
  metadata.replay([{ type: 'PartitionChangeRecord', topicId: idOf(metadata, 'orders'), partitionId: 0, leader: 1 }])
  expect(metadata.image.topicsEndOffset).toBe(metadata.image.endOffset)
})

test('thousands of partitions share what is alike', () => {
  const metadata = new Metadata().brokers('1', '2').topic('orders', '1,2', '1,2').topic('payments', '2,1')
  const [one, two] = [metadata.image.partition('orders', 0)!, metadata.image.partition('orders', 1)!]
  expect(one.replicas).toBe(two.replicas)
  expect(one.isr).toBe(one.replicas)
  metadata.replay([{ type: 'PartitionChangeRecord', topicId: idOf(metadata, 'orders'), partitionId: 0, isr: [2, 1] }])
  expect(metadata.image.partition('orders', 0)!.isr).toBe(metadata.image.partition('payments', 0)!.replicas)
  expect(two.isr).toEqual([1, 2])
})

test('an entry is a moment: who holds one does not see it change', () => {
  const metadata = new Metadata().brokers('1', '2').topic('orders', '1,2')
  const held = metadata.image.partition('orders', 0)!
  const change = { type: 'PartitionChangeRecord', topicId: held.topicId, partitionId: 0, leader: 2 } as const
  metadata.replay([change])
  expect([held.leader, metadata.image.partition('orders', 0)!.leader]).toEqual([1, 2])
})

test.each([
  [
    'a gap between partitions',
    {
      type: 'PartitionRecord',
      partitionId: 5,
      replicas: [1],
      isr: [1],
      removingReplicas: [],
      addingReplicas: [],
      leader: 1,
    },
  ],
  ['a change of a partition that is not there', { type: 'PartitionChangeRecord', partitionId: 3, leader: 1 }],
] as const)('%s stops the broker', (_, record) => {
  const metadata = new Metadata().brokers('1').topic('orders', '1')
  expect(() => metadata.replay([{ ...record, topicId: idOf(metadata, 'orders') }])).toThrow(AssertionFailed)
})
