import { beforeEach, expect, test } from 'vitest'
import type { MetadataRecordInput } from '../../../src-broker/core/quorum/records.ts'
import { type TopicEvent, TopicNews } from '../../../src-broker/core/topic-news.ts'
import { Metadata } from '../../support/metadata.ts'

let metadata: Metadata
let news: TopicNews
let told: TopicEvent[]
beforeEach(() => {
  metadata = new Metadata().brokers('1', '2')
  told = []
  news = new TopicNews(metadata.image, (event) => told.push(event))
})

/** What is told of the records since the last look. */
function heard(isController = true): readonly TopicEvent[] {
  told = []
  news.observe(metadata.image.takeDelta(), isController)
  return told
}
const config = (name: string, value: string | null): MetadataRecordInput => ({
  ...{ type: 'ConfigRecord', resourceType: 2, resourceName: 'orders' },
  ...{ name, value },
})
const secondPartition = (): MetadataRecordInput => ({
  ...{ type: 'PartitionRecord', partitionId: 1, topicId: metadata.image.topics.get('orders')!.id },
  ...{ replicas: [1], isr: [1], removingReplicas: [], addingReplicas: [] },
  ...{ leader: 1, leaderEpoch: 0, partitionEpoch: 0 },
})

test('what a topic is created with belongs to its creation', () => {
  metadata.topic('orders', '1').replay([config('retention.ms', '5000')])
  expect(heard()).toEqual([{ kind: 'topic-created', topic: 'orders', partitions: 1 }])
})

test('partitions and configurations that change later are told, with what was before', () => {
  metadata.topic('orders', '1').replay([config('retention.ms', '5000')])
  heard()
  metadata.replay([secondPartition(), config('retention.ms', null), config('cleanup.policy', 'compact')])
  expect(heard()).toEqual([
    { kind: 'partitions-added', topic: 'orders', partitions: 2, added: 1 },
    {
      kind: 'topic-configs-changed',
      topic: 'orders',
      changes: [
        { name: 'retention.ms', from: '5000', to: null },
        { name: 'cleanup.policy', from: null, to: 'compact' },
      ],
    },
  ])
  metadata.replay([config('cleanup.policy', 'compact')])
  expect(heard()).toEqual([])
})

test('who is not the controller says nothing, and knows what was when it becomes one', () => {
  metadata.topic('orders', '1').replay([config('retention.ms', '5000')])
  expect(heard(false)).toEqual([])
  metadata.replay([config('retention.ms', '7000')])
  expect(heard()).toMatchObject([{ changes: [{ from: '5000', to: '7000' }] }])
})

test('a topic that is deleted takes its configuration along: the next of its name starts anew', () => {
  metadata.topic('orders', '1').replay([config('retention.ms', '5000')])
  heard()
  metadata.replay([{ type: 'RemoveTopicRecord', topicId: metadata.image.topics.get('orders')!.id }])
  expect(heard()).toEqual([{ kind: 'topic-deleted', topic: 'orders', partitions: 1 }])
  metadata.topic('orders', '1')
  heard()
  metadata.replay([config('retention.ms', '5000')])
  expect(heard()).toMatchObject([{ kind: 'topic-configs-changed', changes: [{ from: null, to: '5000' }] }])
})
