import { expect, test } from 'vitest'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { ClusterOfOne } from './cluster-of-one.ts'
import { assignmentIn, Consumer, stabilize } from './consumer.ts'

function group() {
  const cluster = new ClusterOfOne({ groupInitialRebalanceDelayMs: 10 })
  const [leader, follower] = [new Consumer(cluster, 'a'), new Consumer(cluster, 'b')]
  for (const consumer of [leader, follower]) consumer.join()
  cluster.advance(20)
  for (const consumer of [leader, follower]) consumer.sync()
  return { cluster, leader, follower }
}

test('a new coordinator knows the members, their parts and the generation', () => {
  const { cluster, leader, follower } = group()
  cluster.failOver()
  expect([leader.heartbeat(), follower.heartbeat(), cluster.view()]).toEqual([
    errors.NONE,
    errors.NONE,
    'Stable range a=part0 b=part1',
  ])
  expect([assignmentIn(follower.sync()), leader.commit('orders', 3).answer]).toEqual(['part1', errors.NONE])
})

test('members have one session to show themselves to a new coordinator', () => {
  const { cluster, leader, follower } = group()
  cluster.advance(9_000)
  cluster.failOver()
  cluster.advance(9_000)
  leader.heartbeat()
  cluster.advance(1_000)
  expect([leader.heartbeat(), follower.heartbeat()]).toEqual([errors.REBALANCE_IN_PROGRESS, errors.UNKNOWN_MEMBER_ID])
})

test('who waits when the coordinator goes is sent to look for the next one', () => {
  const { cluster, leader, follower } = group()
  const join = leader.join()
  cluster.holdCommits()
  const commit = follower.commit('orders', 1)
  const stable = cluster.fetch({ groupId: 'readers', topics: null }, true)
  const deleted = new Consumer(cluster, 'tool', { groupId: 'simple' }).commit('orders', 1)
  const deletion = cluster.deleteGroup('simple')
  cluster.failOver()
  expect([join.answer?.errorCode, commit.answer, stable.answer?.errorCode, deleted.answer, deletion.answer]).toEqual(
    new Array(5).fill(errors.NOT_COORDINATOR),
  )
})

test('who waits for its assignment when the coordinator goes joins again at the next one', () => {
  const { cluster, leader, follower } = group()
  leader.join()
  follower.join()
  cluster.holdCommits()
  const syncs = [follower.sync(), leader.sync()]
  cluster.failOver()
  cluster.commit()
  expect(syncs.map(({ answer }) => answer?.errorCode)).toEqual([errors.NOT_COORDINATOR, errors.NOT_COORDINATOR])
  expect([follower.heartbeat(), cluster.view()]).toEqual([
    errors.ILLEGAL_GENERATION,
    'Stable range a=part0 b=part1', // Of the generation before, whose members are the same.
  ])
  leader.join()
  follower.join({ protocols: [{ name: 'range', metadata: new Uint8Array([1]) }] })
  expect([leader.generation, follower.generation]).toEqual([2, 2])
})

test('an assignment that reached the new coordinator holds, although nobody was told', () => {
  const { cluster, leader, follower } = group()
  leader.join()
  follower.join()
  cluster.holdCommits()
  leader.sync((_, index) => `new${index}`)
  cluster.failOver(1)
  expect([assignmentIn(follower.sync()), leader.heartbeat(), cluster.view()]).toEqual([
    'new1',
    errors.NONE,
    'Stable range a=new0 b=new1',
  ])
})

test('a commit without an answer may have been kept; one that was answered always is', () => {
  const { cluster, leader } = group()
  leader.commit('orders', 1)
  cluster.holdCommits()
  leader.commit('orders', 2)
  leader.commit('orders', 3)
  cluster.failOver(1)
  expect(cluster.fetchOffset('orders').committedOffset).toBe(2)
})

test('members that were joining are unknown to the next coordinator, those of the last generation are not', () => {
  const { cluster, leader, follower } = group()
  const newcomer = new Consumer(cluster, 'c')
  newcomer.join()
  cluster.failOver()
  expect([newcomer.join().answer?.errorCode, leader.heartbeat(), follower.heartbeat()]).toEqual([
    errors.UNKNOWN_MEMBER_ID,
    errors.NONE,
    errors.NONE,
  ])
})

test('static members keep their instance through a failover', () => {
  const cluster = new ClusterOfOne()
  const old = new Consumer(cluster, 'a', { groupInstanceId: 'press-1' })
  stabilize(cluster, old)
  cluster.failOver()
  const restarted = new Consumer(cluster, 'a', { groupInstanceId: 'press-1' })
  restarted.askToJoin()
  expect([assignmentIn(restarted.sync()), old.heartbeat()]).toEqual(['part0', errors.FENCED_INSTANCE_ID])
})

test('a group that was empty stays empty, and its generations go on from there', () => {
  const cluster = new ClusterOfOne()
  const consumer = new Consumer(cluster, 'a')
  stabilize(cluster, consumer)
  consumer.leave()
  cluster.failOver()
  expect(cluster.view()).toBe('Empty')
  const next = new Consumer(cluster, 'b')
  stabilize(cluster, next)
  expect(next.generation).toBe(3)
})

test('while a coordinator loads, it asks for patience in the words that each request has for it', () => {
  const cluster = new ClusterOfOne()
  const consumer = new Consumer(cluster, 'a')
  stabilize(cluster, consumer)
  cluster.groups.becomeLeader(0, 9)
  expect({
    join: consumer.askToJoin().answer?.errorCode,
    sync: consumer.sync().answer?.errorCode,
    heartbeat: consumer.heartbeat(),
    leave: cluster.groups.leaveGroup({ groupId: 'readers', members: [] }).errorCode,
    commit: consumer.commit('orders', 1).answer,
    fetch: cluster.fetch({ groupId: 'readers', topics: null }, true).answer?.errorCode,
    describe: cluster.groups.describeGroup('readers').errorCode,
    list: cluster.groups.listGroups([], []),
    delete: cluster.deleteGroup().answer,
  }).toEqual({
    join: errors.COORDINATOR_LOAD_IN_PROGRESS,
    sync: errors.REBALANCE_IN_PROGRESS,
    heartbeat: errors.NONE,
    leave: errors.COORDINATOR_LOAD_IN_PROGRESS,
    commit: errors.COORDINATOR_LOAD_IN_PROGRESS,
    fetch: errors.COORDINATOR_LOAD_IN_PROGRESS,
    describe: errors.COORDINATOR_LOAD_IN_PROGRESS,
    list: errors.COORDINATOR_LOAD_IN_PROGRESS,
    delete: errors.COORDINATOR_LOAD_IN_PROGRESS,
  })
})

test('a broker that does not lead the partition of a group is not its coordinator', () => {
  const cluster = new ClusterOfOne()
  const consumer = new Consumer(cluster, 'a')
  stabilize(cluster, consumer)
  cluster.groups.resign(0)
  expect([
    consumer.askToJoin().answer?.errorCode,
    consumer.sync().answer?.errorCode,
    consumer.heartbeat(),
    consumer.commit('orders', 1).answer,
    cluster.groups.describeGroup('readers').errorCode,
    cluster.deleteGroup().answer,
  ]).toEqual(new Array(6).fill(errors.NOT_COORDINATOR))
  expect(cluster.groups.listGroups([], [])).toEqual([])
})

test('a partition that is loaded twice at once, or loaded by a stale epoch, loads once', () => {
  const cluster = new ClusterOfOne()
  const tool = new Consumer(cluster, 'tool')
  for (const offset of [1, 2]) tool.commit('orders', offset)
  const replay = (offset: number) => {
    const { key, value } = cluster.log[offset]!
    cluster.groups.replay(0, key, value, offset)
  }
  cluster.groups.becomeLeader(0, 9)
  for (const offset of [0, 1, 0]) replay(offset)
  cluster.groups.loaded(0, 8)
  expect(cluster.groups.describeGroup('readers').errorCode).toBe(errors.COORDINATOR_LOAD_IN_PROGRESS)
  cluster.groups.becomeLeader(0, 9)
  cluster.groups.loaded(0, 9)
  replay(0)
  expect(cluster.fetchOffset('orders').committedOffset).toBe(2)
})

test('nothing of a coordinator that resigned happens later', () => {
  const { cluster, leader } = group()
  leader.join()
  new Consumer(cluster, 'c', { groupId: 'others' }).askToJoin()
  cluster.groups.resign(0)
  const before = cluster.events.length
  cluster.advance(599_000)
  expect([cluster.events.length - before, cluster.uncommitted]).toEqual([0, 0])
})
