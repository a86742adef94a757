import { expect, test } from 'vitest'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { ClusterOfOne } from './cluster-of-one.ts'
import { assignmentIn, Consumer, type ConsumerOptions } from './consumer.ts'

const instance = (cluster: ClusterOfOne, groupInstanceId: string, options: Partial<ConsumerOptions> = {}) =>
  new Consumer(cluster, 'app', { groupInstanceId, sessionTimeoutMs: 30_000, ...options })

/** A stable group of two static members; the first leads. */
function group(options: Partial<ConsumerOptions> = {}) {
  const cluster = new ClusterOfOne({ groupInitialRebalanceDelayMs: 10 })
  const [leader, follower] = [instance(cluster, 'press-1', options), instance(cluster, 'press-2', options)]
  for (const consumer of [leader, follower]) consumer.join()
  cluster.advance(20)
  for (const consumer of [leader, follower]) consumer.sync()
  return { cluster, leader, follower }
}

test('a static member gets an id at once, made of its instance', () => {
  const cluster = new ClusterOfOne()
  const join = instance(cluster, 'press-1').askToJoin()
  cluster.advance(0)
  expect(join.answer).toMatchObject({
    errorCode: errors.NONE,
    memberId: expect.stringMatching(/^press-1-[0-9a-f]{8}-/),
    members: [{ groupInstanceId: 'press-1' }],
  })
})

test('a static member that comes back gets its old part under a new id, and nobody rebalances', () => {
  const { cluster, leader, follower } = group()
  const restarted = instance(cluster, 'press-2')
  expect(restarted.askToJoin().answer).toMatchObject({
    errorCode: errors.NONE,
    generationId: 1,
    leader: leader.memberId,
    skipAssignment: false,
    members: [],
  })
  expect(restarted.memberId).not.toBe(follower.memberId)
  expect([assignmentIn(restarted.sync()), leader.heartbeat(), restarted.heartbeat()]).toEqual([
    'part1',
    errors.NONE,
    errors.NONE,
  ])
})

test('whoever goes on under the old id is fenced, wherever it asks', () => {
  const { cluster, follower } = group()
  instance(cluster, 'press-2').join()
  expect([
    follower.heartbeat(),
    follower.askToJoin().answer?.errorCode,
    follower.sync().answer?.errorCode,
    follower.commit('orders', 5).answer,
    follower.leave(),
  ]).toEqual(new Array(5).fill(errors.FENCED_INSTANCE_ID))
})

test('a static leader that comes back leads on and is told to skip the assignment', () => {
  const { cluster } = group()
  const restarted = instance(cluster, 'press-1')
  const { answer } = restarted.askToJoin()
  expect(answer).toMatchObject({ leader: restarted.memberId, skipAssignment: true, members: { length: 2 } })
  expect(assignmentIn(restarted.sync())).toBe('part0')
})

test('before version 9 a leader cannot skip, so it is told that its old self leads', () => {
  const { cluster, leader } = group({ version: 8 })
  const { answer } = instance(cluster, 'press-1', { version: 8 }).askToJoin()
  expect(answer).toMatchObject({ leader: leader.memberId, skipAssignment: false, members: [] })
})

test('a static member that comes back with protocols that change the election starts a rebalance', () => {
  const cluster = new ClusterOfOne({ groupInitialRebalanceDelayMs: 10 })
  const protocols = ['range', 'sticky']
  const consumers = [instance(cluster, 'press-1', { protocols }), instance(cluster, 'press-2', { protocols })]
  for (const consumer of consumers) consumer.join()
  cluster.advance(20)
  for (const consumer of consumers) consumer.sync()
  const upgraded = instance(cluster, 'press-2', { protocols: ['sticky'] })
  const join = upgraded.askToJoin()
  expect([join.answer, consumers[0]!.heartbeat()]).toEqual([undefined, errors.REBALANCE_IN_PROGRESS])
  consumers[0]!.join()
  expect(join.answer).toMatchObject({ generationId: 2, protocolName: 'sticky' })
})

test('a static member that comes back while an assignment is made starts over, for the assignment names its old id', () => {
  const { cluster, leader, follower } = group()
  leader.join()
  follower.join()
  const sync = follower.sync()
  const restarted = instance(cluster, 'press-2')
  const join = restarted.askToJoin()
  expect([sync.answer?.errorCode, leader.sync().answer?.errorCode]).toEqual([
    errors.FENCED_INSTANCE_ID,
    errors.REBALANCE_IN_PROGRESS,
  ])
  leader.join()
  expect(join.answer).toMatchObject({ errorCode: errors.NONE, generationId: 3 })
})

test('a static member that comes back while others rejoin takes the place of its old self', () => {
  const { cluster, leader, follower } = group()
  leader.join()
  const old = follower.askToJoin({ protocols: [{ name: 'range', metadata: new Uint8Array([1]) }] })
  expect(old.answer).toMatchObject({ generationId: 2 })
  follower.askToJoin({ protocols: [{ name: 'range', metadata: new Uint8Array([2]) }] })
  const restarted = instance(cluster, 'press-2')
  const join = restarted.askToJoin()
  leader.join()
  expect(join.answer).toMatchObject({ errorCode: errors.NONE, generationId: 3 })
  expect(follower.heartbeat()).toBe(errors.FENCED_INSTANCE_ID)
})

test('a static member may be away for its session without anybody noticing', () => {
  const { cluster, leader } = group()
  for (let second = 0; second < 29; second++) {
    cluster.advance(1_000)
    leader.heartbeat()
  }
  expect([leader.heartbeat(), cluster.view()]).toEqual([errors.NONE, 'Stable range app=part0 app=part1'])
  cluster.advance(1_000)
  expect([leader.heartbeat(), cluster.view()]).toEqual([errors.REBALANCE_IN_PROGRESS, 'PreparingRebalance app'])
})

test('a static member that misses a rebalance keeps its place until its session ends', () => {
  const { cluster, leader } = group({ rebalanceTimeoutMs: 10_000 })
  const join = leader.join()
  cluster.advance(10_000)
  expect(join.answer).toMatchObject({ generationId: 2, members: { length: 2 } })
})

test('an administrator removes static members by instance alone', () => {
  const { cluster, leader, follower } = group()
  const byInstance = (groupInstanceId: string | null, memberId = '') => ({ memberId, groupInstanceId, reason: null })
  const members = [byInstance('press-2'), byInstance('press-9'), byInstance(null), byInstance('press-1', 'not it')]
  const answer = cluster.groups.leaveGroup({ groupId: 'readers', members })
  expect(answer).toEqual({
    errorCode: errors.NONE,
    members: [
      { memberId: '', groupInstanceId: 'press-2', errorCode: errors.NONE },
      { memberId: '', groupInstanceId: 'press-9', errorCode: errors.UNKNOWN_MEMBER_ID },
      { memberId: '', groupInstanceId: null, errorCode: errors.UNKNOWN_MEMBER_ID },
      { memberId: 'not it', groupInstanceId: 'press-1', errorCode: errors.FENCED_INSTANCE_ID },
    ],
  })
  expect([leader.heartbeat(), follower.heartbeat()]).toEqual([errors.REBALANCE_IN_PROGRESS, errors.UNKNOWN_MEMBER_ID])
})

test('the old id holds until the new one is committed', () => {
  const { cluster, follower } = group()
  cluster.holdCommits()
  const join = instance(cluster, 'press-2').askToJoin()
  const before = follower.heartbeat()
  cluster.commit()
  expect([before, join.answer?.errorCode, follower.heartbeat()]).toEqual([
    errors.NONE,
    errors.NONE,
    errors.FENCED_INSTANCE_ID,
  ])
})

test('a new id that cannot be committed changes nothing', () => {
  const { cluster, follower } = group()
  cluster.refusal = errors.NOT_ENOUGH_REPLICAS
  const join = instance(cluster, 'press-2').askToJoin()
  cluster.refusal = errors.NONE
  expect([join.answer?.errorCode, follower.heartbeat()]).toEqual([errors.COORDINATOR_NOT_AVAILABLE, errors.NONE])
})

test('two static members that come back at once both keep their parts', () => {
  const { cluster } = group()
  cluster.holdCommits()
  const [first, second] = [instance(cluster, 'press-1'), instance(cluster, 'press-2')]
  for (const consumer of [first, second]) consumer.askToJoin()
  cluster.commit()
  expect([assignmentIn(first.sync()), assignmentIn(second.sync())]).toEqual(['part0', 'part1'])
  cluster.failOver()
  expect([assignmentIn(first.sync()), assignmentIn(second.sync())]).toEqual(['part0', 'part1'])
})

test('a rebalance that overtakes the return of a static member takes it along', () => {
  const { cluster, leader, follower } = group()
  cluster.holdCommits()
  const restarted = instance(cluster, 'press-2')
  const join = restarted.askToJoin()
  leader.join()
  cluster.commit()
  expect(join.answer).toMatchObject({ errorCode: errors.NONE, generationId: 2, memberId: restarted.memberId })
  expect([follower.heartbeat(), restarted.heartbeat()]).toEqual([errors.FENCED_INSTANCE_ID, errors.NONE])
})

test.each([
  ['the group stays as it is', false],
  ['a rebalance overtakes them', true],
])('of two processes of one instance that come back at once the later wins: %s', (_, isOvertaken) => {
  const { cluster, leader } = group()
  cluster.holdCommits()
  const [earlier, later] = [instance(cluster, 'press-2'), instance(cluster, 'press-2')]
  const joins = [earlier.askToJoin(), later.askToJoin()]
  if (isOvertaken) leader.join()
  cluster.commit()
  expect(joins.map(({ answer }) => answer?.errorCode)).toEqual([errors.FENCED_INSTANCE_ID, errors.NONE])
  expect(later.heartbeat()).toBe(errors.NONE)
})

test('a process that joins the rebalance wins over one that came back before it', () => {
  const { cluster, leader } = group()
  cluster.holdCommits()
  const [earlier, later] = [instance(cluster, 'press-2'), instance(cluster, 'press-2')]
  const first = earlier.askToJoin()
  leader.join()
  const second = later.askToJoin()
  cluster.commit()
  expect([first, second].map(({ answer }) => answer?.errorCode)).toEqual([errors.FENCED_INSTANCE_ID, errors.NONE])
})

test('a return that is committed after its answer was given up still fences the old id', () => {
  const { cluster, leader, follower } = group({ sessionTimeoutMs: 60_000 })
  cluster.holdCommits()
  const join = instance(cluster, 'press-2').askToJoin()
  cluster.advance(5_000)
  expect(join.answer?.errorCode).toBe(errors.COORDINATOR_NOT_AVAILABLE)
  cluster.commit()
  expect([follower.heartbeat(), leader.heartbeat()]).toEqual([errors.FENCED_INSTANCE_ID, errors.NONE])
  const again = instance(cluster, 'press-2')
  again.askToJoin()
  expect(assignmentIn(again.sync())).toBe('part1')
})
