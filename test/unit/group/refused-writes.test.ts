import { expect, test } from 'vitest'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { ClusterOfOne } from './cluster-of-one.ts'
import { assignmentIn, Consumer, stabilize } from './consumer.ts'

test.each([
  ['NOT_ENOUGH_REPLICAS', 'COORDINATOR_NOT_AVAILABLE'],
  ['NOT_ENOUGH_REPLICAS_AFTER_APPEND', 'COORDINATOR_NOT_AVAILABLE'],
  ['REQUEST_TIMED_OUT', 'COORDINATOR_NOT_AVAILABLE'],
  ['UNKNOWN_TOPIC_OR_PARTITION', 'COORDINATOR_NOT_AVAILABLE'],
  ['NOT_LEADER_OR_FOLLOWER', 'NOT_COORDINATOR'],
  ['KAFKA_STORAGE_ERROR', 'NOT_COORDINATOR'],
  ['MESSAGE_TOO_LARGE', 'UNKNOWN_SERVER_ERROR'],
  ['RECORD_LIST_TOO_LARGE', 'UNKNOWN_SERVER_ERROR'],
] as const)('a commit that the log refuses with %s is answered %s', (refusal, answer) => {
  const cluster = new ClusterOfOne()
  cluster.refusal = errors[refusal]
  expect(new Consumer(cluster, 'tool').commit('orders', 1).answer).toBe(errors[answer])
  expect(cluster.groups.listGroups([], [])).toEqual([])
})

test('an assignment that the log refuses sends everybody back to join', () => {
  const cluster = new ClusterOfOne({ groupInitialRebalanceDelayMs: 10 })
  const [leader, follower] = [new Consumer(cluster, 'a'), new Consumer(cluster, 'b')]
  for (const consumer of [leader, follower]) consumer.join()
  cluster.advance(20)
  const early = follower.sync()
  cluster.refusal = errors.NOT_ENOUGH_REPLICAS
  const sync = leader.sync()
  cluster.refusal = errors.NONE
  expect([early, sync].map(({ answer }) => answer?.errorCode)).toEqual(
    new Array(2).fill(errors.COORDINATOR_NOT_AVAILABLE),
  )
  leader.join()
  follower.join()
  leader.sync()
  expect(assignmentIn(follower.sync())).toBe('part1')
})

test('an assignment that is not committed in five seconds is given up, and one committed later is not handed out', () => {
  const cluster = new ClusterOfOne()
  const consumer = new Consumer(cluster, 'a')
  consumer.join()
  cluster.advance(0)
  cluster.holdCommits()
  const sync = consumer.sync(() => 'late')
  cluster.advance(5_000)
  expect([sync.answer?.errorCode, consumer.heartbeat()]).toEqual([
    errors.COORDINATOR_NOT_AVAILABLE,
    errors.REBALANCE_IN_PROGRESS,
  ])
  cluster.commit()
  expect(cluster.view()).toBe('PreparingRebalance a')
  stabilize(cluster, consumer)
  expect([consumer.generation, cluster.view()]).toEqual([2, 'Stable range a=part0'])
})

test('a commit that is not acknowledged in five seconds is answered, and kept all the same when it is committed', () => {
  const cluster = new ClusterOfOne()
  const tool = new Consumer(cluster, 'tool')
  cluster.holdCommits()
  const commit = tool.commit('orders', 7)
  cluster.advance(4_999)
  expect(commit.answer).toBeUndefined()
  cluster.advance(1)
  cluster.commit()
  expect([commit.answer, cluster.fetchOffset('orders').committedOffset]).toEqual([errors.COORDINATOR_NOT_AVAILABLE, 7])
})

test('a group that became empty while the log refused is empty all the same', () => {
  const cluster = new ClusterOfOne()
  const consumer = new Consumer(cluster, 'a')
  stabilize(cluster, consumer)
  cluster.refusal = errors.NOT_ENOUGH_REPLICAS
  consumer.leave()
  cluster.refusal = errors.NONE
  expect(cluster.view()).toBe('Empty')
  const next = new Consumer(cluster, 'b')
  stabilize(cluster, next)
  expect(next.generation).toBe(3)
})
