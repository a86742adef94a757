import { expect, test } from 'vitest'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { ClusterOfOne } from './cluster-of-one.ts'
import { assignmentIn, Consumer, type ConsumerOptions, stabilize } from './consumer.ts'

/** A stable group; its first consumer leads. */
function group(clientIds: readonly string[], options: Partial<ConsumerOptions> = {}) {
  const cluster = new ClusterOfOne({ groupInitialRebalanceDelayMs: 10 })
  const consumers = clientIds.map((clientId) => new Consumer(cluster, clientId, options))
  for (const consumer of consumers) consumer.join()
  cluster.advance(20)
  for (const consumer of consumers) consumer.sync()
  return { cluster, consumers }
}

test('followers that ask before the leader has assigned wait for it', () => {
  const cluster = new ClusterOfOne({ groupInitialRebalanceDelayMs: 10 })
  const [leader, follower] = [new Consumer(cluster, 'a'), new Consumer(cluster, 'b')]
  for (const consumer of [leader, follower]) consumer.join()
  cluster.advance(20)
  const early = follower.sync()
  expect([early.answer, cluster.view()]).toEqual([undefined, 'CompletingRebalance a b'])
  const own = leader.sync()
  expect([assignmentIn(own), assignmentIn(early)]).toEqual(['part0', 'part1'])
  expect(cluster.view()).toBe('Stable range a=part0 b=part1')
})

test('nobody has its assignment before it is committed', () => {
  const cluster = new ClusterOfOne()
  const consumer = new Consumer(cluster, 'a')
  consumer.join()
  cluster.advance(0)
  cluster.holdCommits()
  const sync = consumer.sync()
  expect([sync.answer, cluster.view()]).toEqual([undefined, 'CompletingRebalance a'])
  cluster.commit()
  expect([assignmentIn(sync), cluster.view()]).toEqual(['part0', 'Stable range a=part0'])
})

test('members that the leader left out get an assignment of no bytes', () => {
  const cluster = new ClusterOfOne({ groupInitialRebalanceDelayMs: 10 })
  const [leader, follower] = [new Consumer(cluster, 'a'), new Consumer(cluster, 'b')]
  for (const consumer of [leader, follower]) consumer.join()
  cluster.advance(20)
  leader.followers = [leader.memberId]
  leader.sync()
  expect(follower.sync().answer).toMatchObject({ errorCode: errors.NONE, assignment: new Uint8Array(0) })
})

test('a sync of an old generation, of a stranger or with another protocol is refused', () => {
  const { cluster, consumers } = group(['a'])
  const [consumer] = consumers as [Consumer]
  const request = {
    ...{ groupId: 'readers', memberId: consumer.memberId, groupInstanceId: null, assignments: [] },
    ...{ generationId: 1, protocolType: 'consumer', protocolName: 'range' },
  }
  const codes = [
    {},
    { generationId: 0 },
    { memberId: 'stranger' },
    { groupId: 'unheard of' },
    { protocolType: 'connect' },
    { protocolName: 'sticky' },
    { protocolType: null, protocolName: null },
  ].map((change) => cluster.groups.syncGroup({ ...request, ...change }, () => {})?.errorCode)
  expect(codes).toEqual([
    errors.NONE,
    errors.ILLEGAL_GENERATION,
    errors.UNKNOWN_MEMBER_ID,
    errors.UNKNOWN_MEMBER_ID,
    errors.INCONSISTENT_GROUP_PROTOCOL,
    errors.INCONSISTENT_GROUP_PROTOCOL,
    errors.NONE,
  ])
})

test('heartbeats tell members to rejoin while a rebalance goes on, and keep them alive', () => {
  const { cluster, consumers } = group(['a', 'b'])
  const [leader, follower] = consumers as [Consumer, Consumer]
  leader.join()
  cluster.advance(9_000)
  const during = follower.heartbeat()
  cluster.advance(9_000)
  follower.join()
  expect([during, leader.heartbeat(), follower.heartbeat()]).toEqual([
    errors.REBALANCE_IN_PROGRESS,
    errors.NONE,
    errors.NONE,
  ])
})

test('heartbeats of strangers and of old generations are refused', () => {
  const { cluster, consumers } = group(['a'])
  const [consumer] = consumers as [Consumer]
  const stranger = new Consumer(cluster, 'b')
  const elsewhere = new Consumer(cluster, 'c', { groupId: 'unheard of' })
  expect([stranger.heartbeat(1), elsewhere.heartbeat(1), consumer.heartbeat(0), consumer.heartbeat(2)]).toEqual([
    errors.UNKNOWN_MEMBER_ID,
    errors.UNKNOWN_MEMBER_ID,
    errors.ILLEGAL_GENERATION,
    errors.ILLEGAL_GENERATION,
  ])
})

test('a rebalance ends as soon as every known member has rejoined', () => {
  const { cluster, consumers } = group(['a', 'b', 'c'])
  const [a, b, c] = consumers as [Consumer, Consumer, Consumer]
  const joins = [b, a].map((consumer) => consumer.join())
  expect(joins.map(({ answer }) => answer?.generationId)).toEqual([1, undefined]) // b follows and had nothing new.
  const rest = [b, c].map((consumer) => consumer.join())
  expect([joins[1], ...rest].map((join) => join?.answer?.generationId)).toEqual([2, 2, 2])
  expect(cluster.view()).toBe('CompletingRebalance a b c')
})

test('who has not rejoined after the longest rebalance timeout is left behind', () => {
  const { cluster, consumers } = group(['a', 'b'], { sessionTimeoutMs: 100_000, rebalanceTimeoutMs: 20_000 })
  const [a, b] = consumers as [Consumer, Consumer]
  b.options = { ...b.options, rebalanceTimeoutMs: 30_000 }
  a.join()
  b.join()
  for (const consumer of [a, b]) consumer.sync()

  const join = a.join()
  cluster.advance(29_999)
  expect(join.answer).toBeUndefined()
  cluster.advance(1)
  expect(join.answer).toMatchObject({ generationId: 3, members: { length: 1 } })
  expect([b.heartbeat(), b.join().answer?.errorCode]).toEqual([errors.UNKNOWN_MEMBER_ID, errors.UNKNOWN_MEMBER_ID])
})

test('another member leads when the leader does not come back in time', () => {
  const { cluster, consumers } = group(['a', 'b', 'c'], { sessionTimeoutMs: 100_000, rebalanceTimeoutMs: 20_000 })
  const [a, b, c] = consumers as [Consumer, Consumer, Consumer]
  b.leave()
  const join = c.join()
  cluster.advance(20_000)
  expect(join.answer).toMatchObject({ leader: c.memberId, members: [{ memberId: c.memberId }] })
  expect(a.heartbeat()).toBe(errors.UNKNOWN_MEMBER_ID)
})

test('a member whose session ends makes the others rebalance', () => {
  const { cluster, consumers } = group(['a', 'b'])
  const [a, b] = consumers as [Consumer, Consumer]
  cluster.advance(6_000)
  a.heartbeat()
  cluster.advance(4_000)
  expect([a.heartbeat(), b.heartbeat(), cluster.view()]).toEqual([
    errors.REBALANCE_IN_PROGRESS,
    errors.UNKNOWN_MEMBER_ID,
    'PreparingRebalance a',
  ])
  expect(cluster.events.at(-1)).toMatchObject({ kind: 'member-expired', clientId: 'b' })
})

test('a commit keeps a member alive as a heartbeat does', () => {
  const { cluster, consumers } = group(['a'])
  cluster.advance(9_000)
  consumers[0]!.commit('orders', 1)
  cluster.advance(9_000)
  expect(consumers[0]!.heartbeat()).toBe(errors.NONE)
})

test('waiting for the others is no silence: nobody is expired while its join or sync is parked', () => {
  const { cluster, consumers } = group(['a', 'b'], { sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 60_000 })
  const [a, b] = consumers as [Consumer, Consumer]
  const join = a.join()
  for (let second = 0; second < 30; second++) {
    cluster.advance(1_000)
    b.heartbeat()
  }
  b.join()
  expect(join.answer).toMatchObject({ generationId: 2 })

  const sync = b.sync()
  for (let second = 0; second < 30; second++) {
    cluster.advance(1_000)
    a.heartbeat()
  }
  a.sync()
  expect(assignmentIn(sync)).toBe('part1')
})

test('members that joined and never ask for their assignment hold the group up no longer than a rebalance', () => {
  const { cluster, consumers } = group(['a', 'b'], { rebalanceTimeoutMs: 20_000, sessionTimeoutMs: 100_000 })
  const [a, b] = consumers as [Consumer, Consumer]
  a.join()
  b.join()
  const sync = b.sync()
  cluster.advance(19_999)
  expect(sync.answer).toBeUndefined()
  cluster.advance(1)
  expect([sync.answer?.errorCode, a.heartbeat(), b.heartbeat()]).toEqual([
    errors.REBALANCE_IN_PROGRESS,
    errors.UNKNOWN_MEMBER_ID,
    errors.REBALANCE_IN_PROGRESS,
  ])
})

test('a newcomer during the assignment sends everybody back to join', () => {
  const { cluster, consumers } = group(['a', 'b'])
  const [a, b] = consumers as [Consumer, Consumer]
  a.join()
  b.join()
  const sync = b.sync()
  const newcomer = new Consumer(cluster, 'c')
  const join = newcomer.join()
  expect([sync.answer?.errorCode, a.sync().answer?.errorCode]).toEqual([
    errors.REBALANCE_IN_PROGRESS,
    errors.REBALANCE_IN_PROGRESS,
  ])
  a.join()
  b.join()
  expect([join.answer?.generationId, cluster.view()]).toEqual([3, 'CompletingRebalance a b c'])
})

test('an assignment that is overtaken by a rebalance while it is written is kept in the log and told to nobody', () => {
  const { cluster, consumers } = group(['a'])
  const [a] = consumers as [Consumer]
  a.join()
  cluster.holdCommits()
  const sync = a.sync()
  const newcomer = new Consumer(cluster, 'b')
  newcomer.join()
  cluster.commit()
  expect([sync.answer?.errorCode, cluster.view()]).toEqual([errors.REBALANCE_IN_PROGRESS, 'PreparingRebalance a b'])
  a.join()
  for (const consumer of [a, newcomer]) consumer.sync()
  expect(cluster.view()).toBe('Stable range a=part0 b=part1')
})

test('an assignment that is committed when the next generation already waits for its own stabilizes nothing', () => {
  const { cluster, consumers } = group(['a'])
  const [a] = consumers as [Consumer]
  a.join()
  cluster.holdCommits()
  a.sync(() => 'old')
  const newcomer = new Consumer(cluster, 'b')
  newcomer.join()
  a.join()
  const sync = newcomer.sync()
  cluster.commit()
  expect([sync.answer, cluster.view()]).toEqual([undefined, 'CompletingRebalance a b'])
  a.sync()
  expect(assignmentIn(sync)).toBe('part1')
})

test('a leader that sends its assignment twice assigns once', () => {
  const cluster = new ClusterOfOne()
  const consumer = new Consumer(cluster, 'a')
  consumer.join()
  cluster.advance(0)
  cluster.holdCommits()
  const lost = consumer.sync(() => 'first')
  const again = consumer.sync(() => 'second')
  cluster.commit()
  expect([lost.answer?.errorCode, assignmentIn(again), cluster.view()]).toEqual([
    errors.REBALANCE_IN_PROGRESS,
    'first',
    'Stable range a=first',
  ])
})

test('leaving starts a rebalance at once, and the last one out leaves an empty group of a new generation', () => {
  const { cluster, consumers } = group(['a', 'b'])
  const [a, b] = consumers as [Consumer, Consumer]
  expect([a.leave(), b.heartbeat(), cluster.view()]).toEqual([
    errors.NONE,
    errors.REBALANCE_IN_PROGRESS,
    'PreparingRebalance b',
  ])
  expect([b.leave(), cluster.view()]).toEqual([errors.NONE, 'Empty'])
  const next = new Consumer(cluster, 'c')
  stabilize(cluster, next)
  cluster.advance(20)
  expect([a.leave(), next.generation]).toEqual([errors.UNKNOWN_MEMBER_ID, 3])
})

test('a member that leaves while its join is parked gets both answers', () => {
  const { consumers } = group(['a', 'b'])
  const [a, b] = consumers as [Consumer, Consumer]
  const join = a.join()
  a.leave()
  expect(join.answer).toMatchObject({ errorCode: errors.UNKNOWN_MEMBER_ID })
  expect(b.join().answer).toMatchObject({ generationId: 2, leader: b.memberId })
})

test('an id that was given out can be handed back, which is nobody else’s concern', () => {
  const { cluster, consumers } = group(['a'])
  const pending = new Consumer(cluster, 'b')
  pending.askToJoin()
  expect([pending.leave(), pending.leave(), consumers[0]!.heartbeat()]).toEqual([
    errors.NONE,
    errors.UNKNOWN_MEMBER_ID,
    errors.NONE,
  ])
})

test('three groups that rebalance into each other never lose a member they know', () => {
  const cluster = new ClusterOfOne()
  const groups = ['extract', 'transform', 'load'].map((groupId) =>
    Array.from({ length: 3 }, (_, index) => new Consumer(cluster, `${groupId}-${index}`, { groupId })),
  )
  const codes = new Set<number>()
  // Each round one more member of every group starts, while the others are told to rejoin, do so, and sync when they may.
  for (let round = 0; round < 3; round++) {
    for (const members of groups) members[round]!.join()
    for (let step = 0; step < 3; step++) {
      cluster.advance(100)
      for (const member of groups.flatMap((members) => members.slice(0, round + 1))) {
        const code = member.heartbeat()
        codes.add(code)
        if (code === errors.REBALANCE_IN_PROGRESS) member.join()
        else codes.add(member.sync().answer?.errorCode ?? errors.NONE)
      }
    }
  }
  expect([...codes].sort((one, other) => one - other)).toEqual([errors.NONE, errors.REBALANCE_IN_PROGRESS])
  expect(['extract', 'transform', 'load'].map((groupId) => cluster.view(groupId).slice(0, 12))).toEqual(
    new Array(3).fill('Stable range'),
  )
})

test('a rebalance is told with its generation, size and duration', () => {
  const { cluster, consumers } = group(['a', 'b'])
  const [a, b] = consumers as [Consumer, Consumer]
  a.join()
  cluster.advance(700)
  b.join()
  cluster.advance(300)
  a.sync()
  expect(cluster.events.at(-1)).toEqual({
    kind: 'group-rebalanced',
    groupId: 'readers',
    generation: 2,
    members: 2,
    tookMs: 1_000,
    reason: `the leader ${a.memberId} rejoined`,
  })
})
