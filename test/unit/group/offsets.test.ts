import { expect, test } from 'vitest'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { ClusterOfOne } from './cluster-of-one.ts'
import { Consumer, stabilize } from './consumer.ts'

const unknown = {
  partitionIndex: 0,
  committedOffset: -1,
  committedLeaderEpoch: -1,
  metadata: '',
  errorCode: errors.NONE,
}

test('a commit comes back with its metadata and leader epoch, after a failover too', () => {
  const cluster = new ClusterOfOne()
  const consumer = new Consumer(cluster, 'a')
  stabilize(cluster, consumer)
  consumer.commit('orders', 42, { metadata: 'stopped at Łódź', leaderEpoch: 7 })
  const expected = {
    partitionIndex: 0,
    committedOffset: 42,
    committedLeaderEpoch: 7,
    metadata: 'stopped at Łódź',
    errorCode: errors.NONE,
  }
  expect(cluster.fetchOffset('orders')).toEqual(expected)
  cluster.failOver()
  expect(cluster.fetchOffset('orders')).toEqual(expected)
})

test('null metadata reads back as empty', () => {
  const cluster = new ClusterOfOne()
  new Consumer(cluster, 'tool').commit('orders', 1, { metadata: null })
  expect(cluster.fetchOffset('orders').metadata).toBe('')
})

test('metadata of more than 4,096 characters is refused, and only there', () => {
  const cluster = new ClusterOfOne()
  const tool = new Consumer(cluster, 'tool')
  const codes = [4_096, 4_097].map(
    (length, partition) => tool.commit('orders', 1, { partition, metadata: 'x'.repeat(length) }).answer,
  )
  expect(codes).toEqual([errors.NONE, errors.OFFSET_METADATA_TOO_LARGE])
  expect(cluster.fetchOffset('orders', { partition: 1 }).committedOffset).toBe(-1)
})

test('an offset, a topic or a group that nobody committed is -1 without an error', () => {
  const cluster = new ClusterOfOne()
  new Consumer(cluster, 'tool').commit('orders', 1, { partition: 1 })
  expect([cluster.fetchOffset('orders'), cluster.fetchOffset('flights')]).toEqual([unknown, unknown])
  expect(cluster.fetchOffset('orders', { groupId: 'unheard of' })).toEqual(unknown)
})

test('null topics ask for everything the group has', () => {
  const cluster = new ClusterOfOne()
  const tool = new Consumer(cluster, 'tool')
  tool.commit('orders', 1, { partition: 2 })
  tool.commit('flights', 3)
  const fetchAll = (groupId: string) => cluster.fetch({ groupId, topics: null }).answer
  expect(fetchAll('readers')?.topics).toEqual([
    { name: 'orders', partitions: [{ ...unknown, partitionIndex: 2, committedOffset: 1 }] },
    { name: 'flights', partitions: [{ ...unknown, committedOffset: 3 }] },
  ])
  expect(fetchAll('unheard of')).toEqual({ groupId: 'unheard of', errorCode: errors.NONE, topics: [] })
})

test('a simple consumer commits without a group, and a tool to a group without members', () => {
  const cluster = new ClusterOfOne()
  const tool = new Consumer(cluster, 'tool')
  const consumer = new Consumer(cluster, 'a')
  const simple = tool.commit('orders', 1).answer
  const isListed = cluster.groups.listGroups([], [])
  stabilize(cluster, consumer)
  const whileStable = tool.commit('orders', 2).answer
  consumer.leave()
  expect([simple, whileStable, tool.commit('orders', 3).answer]).toEqual([
    errors.NONE,
    errors.UNKNOWN_MEMBER_ID,
    errors.NONE,
  ])
  expect(isListed).toEqual([{ groupId: 'readers', protocolType: '', groupState: 'Empty', groupType: 'classic' }])
  expect(cluster.fetchOffset('orders').committedOffset).toBe(3)
})

test('only the members of the present generation commit', () => {
  const cluster = new ClusterOfOne()
  const consumer = new Consumer(cluster, 'a')
  stabilize(cluster, consumer)
  const commitAs = (memberId: string, generation: number) => {
    const other = new Consumer(cluster, 'b')
    return Object.assign(other, { memberId, generation }).commit('orders', 9).answer
  }
  expect([
    commitAs(consumer.memberId, 1),
    commitAs(consumer.memberId, 0),
    commitAs(consumer.memberId, 2),
    commitAs(consumer.memberId, -1),
    commitAs('stranger', 1),
  ]).toEqual([
    errors.NONE,
    errors.ILLEGAL_GENERATION,
    errors.ILLEGAL_GENERATION,
    errors.ILLEGAL_GENERATION,
    errors.UNKNOWN_MEMBER_ID,
  ])
})

test('a commit to a group that does not exist is refused as its version knows to', () => {
  const cluster = new ClusterOfOne()
  const consumer = Object.assign(new Consumer(cluster, 'a'), { memberId: 'a-1', generation: 1 })
  expect([8, 9].map((version) => consumer.commit('orders', 1, { version }).answer)).toEqual([
    errors.ILLEGAL_GENERATION,
    errors.GROUP_ID_NOT_FOUND,
  ])
})

test('members commit what they had while others rejoin, but not before they know their new part', () => {
  const cluster = new ClusterOfOne()
  const consumer = new Consumer(cluster, 'a')
  stabilize(cluster, consumer)
  const newcomer = new Consumer(cluster, 'b')
  newcomer.join()
  const whileRejoining = consumer.commit('orders', 5).answer
  consumer.join()
  expect([whileRejoining, consumer.commit('orders', 6).answer]).toEqual([errors.NONE, errors.REBALANCE_IN_PROGRESS])
})

test('a paused member that comes back after its session cannot put the offset back', () => {
  const cluster = new ClusterOfOne()
  const paused = new Consumer(cluster, 'a')
  stabilize(cluster, paused)
  cluster.advance(10_000)
  const next = new Consumer(cluster, 'b')
  stabilize(cluster, next)
  next.commit('orders', 20)
  expect([paused.commit('orders', 10).answer, cluster.fetchOffset('orders').committedOffset]).toEqual([
    errors.UNKNOWN_MEMBER_ID,
    20,
  ])
})

test('an offset is readable once it is committed, and a reader that wants stable offsets waits for that', () => {
  const cluster = new ClusterOfOne()
  const tool = new Consumer(cluster, 'tool')
  tool.commit('orders', 1)
  cluster.holdCommits()
  const commit = tool.commit('orders', 2)
  const topics = [{ name: 'orders', partitionIndexes: [0] }]
  const stable = cluster.fetch({ groupId: 'readers', topics }, true)
  tool.commit('orders', 3)
  expect([commit.answer, stable.answer, cluster.fetchOffset('orders').committedOffset]).toEqual([
    undefined,
    undefined,
    1,
  ])
  cluster.commit(1)
  expect([commit.answer, stable.answer?.topics[0]?.partitions[0]?.committedOffset]).toEqual([errors.NONE, 2])
})

test('a reader of stable offsets is sent to look for another coordinator when the log is stuck', () => {
  const cluster = new ClusterOfOne()
  const tool = new Consumer(cluster, 'tool')
  cluster.holdCommits()
  const commit = tool.commit('orders', 2)
  const stable = cluster.fetch({ groupId: 'readers', topics: null }, true)
  cluster.advance(5_000)
  expect([commit.answer, stable.answer?.errorCode]).toEqual([errors.COORDINATOR_NOT_AVAILABLE, errors.NOT_COORDINATOR])
})

test('commits are kept in the order of the log', () => {
  const cluster = new ClusterOfOne()
  const tool = new Consumer(cluster, 'tool')
  cluster.holdCommits()
  const commits = [1, 2, 3].map((offset) => tool.commit('orders', offset))
  const seen: number[] = []
  for (let count = 0; count < 3; count++) {
    cluster.commit(1)
    seen.push(cluster.fetchOffset('orders').committedOffset)
  }
  expect([seen, commits.map(({ answer }) => answer)]).toEqual([[1, 2, 3], new Array(3).fill(errors.NONE)])
})

test('offsets that a tool moves are told of; those of members and of groups without any are not', () => {
  const cluster = new ClusterOfOne()
  const member = new Consumer(cluster, 'a')
  stabilize(cluster, member)
  member.commit('orders', 42)
  member.leave()
  const told = () => cluster.events.filter(({ kind }) => kind === 'offsets-set')
  expect(told()).toEqual([])
  const tool = new Consumer(cluster, 'tool')
  tool.commit('orders', 42)
  tool.commit('orders', 7)
  expect(told()).toEqual([{ kind: 'offsets-set', groupId: 'readers', clientId: 'tool', partitions: ['orders-0'] }])
})
