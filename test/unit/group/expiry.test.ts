import { expect, test } from 'vitest'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { consumerProtocolSubscription } from '../../../src-broker/protocol/stored/consumer-protocol.ts'
import { encodeVersioned } from '../../../src-broker/protocol/stored/stored.ts'
import { ClusterOfOne } from './cluster-of-one.ts'
import { Consumer, stabilize } from './consumer.ts'

const dayMs = 86_400_000
const weekMs = 7 * dayMs
const checkMs = 600_000

const subscriptionTo = (...topics: string[]) =>
  encodeVersioned(consumerProtocolSubscription, { topics, userData: null, ownedPartitions: [] }, 1)

/** Time passes while the consumer heartbeats. */
function live(cluster: ClusterOfOne, consumer: Consumer, ms: number): void {
  for (let passedMs = 0; passedMs < ms; passedMs += checkMs) {
    cluster.advance(checkMs)
    consumer.heartbeat()
  }
}

test('offsets expire a week after the group became empty, however old they are, and the group with them', () => {
  const cluster = new ClusterOfOne()
  const consumer = new Consumer(cluster, 'a', { sessionTimeoutMs: 1_800_000 })
  stabilize(cluster, consumer)
  consumer.commit('orders', 5)
  live(cluster, consumer, 2 * weekMs)
  consumer.leave()
  cluster.advance(weekMs - checkMs)
  expect([cluster.fetchOffset('orders').committedOffset, cluster.view()]).toEqual([5, 'Empty'])
  cluster.advance(2 * checkMs)
  expect([cluster.fetchOffset('orders').committedOffset, cluster.view()]).toEqual([-1, 'Dead'])
  cluster.failOver()
  expect([cluster.fetchOffset('orders').committedOffset, cluster.view()]).toEqual([-1, 'Dead'])
})

test('offsets of a simple consumer expire a week after the commit', () => {
  const cluster = new ClusterOfOne()
  const tool = new Consumer(cluster, 'tool')
  tool.commit('orders', 5)
  cluster.advance(dayMs)
  tool.commit('flights', 5)
  cluster.advance(weekMs - dayMs + checkMs)
  expect([cluster.fetchOffset('orders').committedOffset, cluster.fetchOffset('flights').committedOffset]).toEqual([
    -1, 5,
  ])
})

test('a stable group keeps the offsets of the topics it reads and loses those it left', () => {
  const cluster = new ClusterOfOne()
  const metadata = subscriptionTo('orders')
  const consumer = new Consumer(cluster, 'a', { metadata, sessionTimeoutMs: 1_800_000 })
  stabilize(cluster, consumer)
  consumer.commit('orders', 5)
  consumer.commit('flights', 5)
  live(cluster, consumer, weekMs + checkMs)
  expect([cluster.fetchOffset('orders').committedOffset, cluster.fetchOffset('flights').committedOffset]).toEqual([
    5, -1,
  ])
})

test('while it cannot be told what a group reads, everything is kept', () => {
  const cluster = new ClusterOfOne()
  const consumer = new Consumer(cluster, 'a', { metadata: new Uint8Array([1, 2, 3]), sessionTimeoutMs: 1_800_000 })
  stabilize(cluster, consumer)
  consumer.commit('orders', 5)
  live(cluster, consumer, weekMs + checkMs)
  expect(cluster.fetchOffset('orders').committedOffset).toBe(5)
})

test('a commit may name its own retention', () => {
  const cluster = new ClusterOfOne()
  const tool = new Consumer(cluster, 'tool')
  tool.commit('orders', 5, { retentionTimeMs: dayMs, version: 4 })
  tool.commit('flights', 5, { retentionTimeMs: 2 * weekMs, version: 4 })
  cluster.failOver()
  cluster.advance(dayMs + checkMs)
  const orders = cluster.fetchOffset('orders').committedOffset
  cluster.advance(weekMs)
  expect([orders, cluster.fetchOffset('flights').committedOffset]).toEqual([-1, 5])
})

test('an empty group without offsets is forgotten at the next check', () => {
  const cluster = new ClusterOfOne()
  const consumer = new Consumer(cluster, 'a')
  stabilize(cluster, consumer)
  consumer.leave()
  cluster.advance(checkMs)
  expect(cluster.groups.listGroups([], [])).toEqual([])
})

test('offsets of a deleted topic go, and a group that has no other with them', () => {
  const cluster = new ClusterOfOne()
  const tool = new Consumer(cluster, 'tool')
  tool.commit('orders', 1)
  tool.commit('flights', 1)
  cluster.groups.topicsDeleted(new Set(['flights']))
  expect([cluster.fetchOffset('orders').committedOffset, cluster.fetchOffset('flights').committedOffset]).toEqual([
    1, -1,
  ])
  cluster.groups.topicsDeleted(new Set(['orders']))
  expect(cluster.groups.listGroups([], [])).toEqual([])
})

test.each([
  [
    'while the log refused its tombstones',
    (cluster: ClusterOfOne) => {
      cluster.refusal = errors.NOT_ENOUGH_REPLICAS
      cluster.groups.topicsDeleted(new Set(['orders']))
      cluster.refusal = errors.NONE
    },
  ],
  ['while nobody led', (cluster: ClusterOfOne) => cluster.failOver()],
])('a topic that was deleted %s leaves no offset to the next one of its name', (_, miss) => {
  const cluster = new ClusterOfOne()
  const tool = new Consumer(cluster, 'tool')
  const fetchAll = () => cluster.fetch({ groupId: 'readers', topics: null }).answer?.topics.map(({ name }) => name)
  cluster.topicIds.set('orders', '1'.repeat(32)).set('flights', '3'.repeat(32))
  tool.commit('orders', 500)
  tool.commit('flights', 7)
  cluster.topicIds.delete('orders')
  miss(cluster)
  cluster.topicIds.set('orders', '2'.repeat(32))
  expect([cluster.fetchOffset('orders').committedOffset, fetchAll()]).toEqual([-1, ['flights']])
  const written = cluster.log.length
  cluster.advance(checkMs)
  expect(cluster.log.slice(written)).toMatchObject([{ value: null }])
  tool.commit('orders', 3)
  expect([cluster.fetchOffset('orders').committedOffset, fetchAll()]).toEqual([3, ['flights', 'orders']])
})

test('a group with members cannot be deleted, an unknown one not either, an empty one goes with its offsets', () => {
  const cluster = new ClusterOfOne()
  const consumer = new Consumer(cluster, 'a')
  stabilize(cluster, consumer)
  consumer.commit('orders', 5)
  const whileStable = cluster.deleteGroup().answer
  consumer.leave()
  expect([whileStable, cluster.deleteGroup('unheard of').answer, cluster.deleteGroup().answer]).toEqual([
    errors.NON_EMPTY_GROUP,
    errors.GROUP_ID_NOT_FOUND,
    errors.NONE,
  ])
  cluster.failOver()
  expect([cluster.fetchOffset('orders').committedOffset, cluster.deleteGroup().answer]).toEqual([
    -1,
    errors.GROUP_ID_NOT_FOUND,
  ])
})

test('a deletion covers the commits that were on their way before it', () => {
  const cluster = new ClusterOfOne()
  const tool = new Consumer(cluster, 'tool')
  cluster.holdCommits()
  tool.commit('orders', 1)
  const deleted = cluster.deleteGroup()
  cluster.commit()
  expect([deleted.answer, cluster.groups.listGroups([], [])]).toEqual([errors.NONE, []])
  cluster.failOver()
  expect(cluster.fetchOffset('orders').committedOffset).toBe(-1)
})

test('who joins while its group is being deleted starts in a new one', () => {
  const cluster = new ClusterOfOne()
  const first = new Consumer(cluster, 'a')
  stabilize(cluster, first)
  first.commit('orders', 5)
  first.leave()
  cluster.holdCommits()
  const deleted = cluster.deleteGroup()
  const second = new Consumer(cluster, 'b')
  const join = second.join()
  cluster.commit()
  cluster.advance(0)
  second.sync()
  expect([deleted.answer, join.answer?.errorCode, cluster.view()]).toEqual([
    errors.NONE,
    errors.NONE,
    'Stable range b=part0',
  ])
  expect(cluster.fetchOffset('orders').committedOffset).toBe(-1)
})
