import { expect, test } from 'vitest'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { bytes } from './asked.ts'
import { ClusterOfOne } from './cluster-of-one.ts'
import { assignmentIn, Consumer, stabilize } from './consumer.ts'

test('a newcomer is sent back with an id since version 4, and may join at once before', () => {
  const cluster = new ClusterOfOne()
  const modern = new Consumer(cluster, 'orders-app', { version: 4 }).askToJoin()
  const old = new Consumer(cluster, 'orders-app', { groupId: 'others', version: 3 }).askToJoin()
  cluster.advance(0)
  expect(modern.answer).toMatchObject({
    errorCode: errors.MEMBER_ID_REQUIRED,
    memberId: expect.stringMatching(/^orders-app-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  })
  expect(old.answer).toMatchObject({ errorCode: errors.NONE, generationId: 1 })
})

test('an id that is given out but not used within the session is forgotten', () => {
  const cluster = new ClusterOfOne()
  const consumer = new Consumer(cluster, 'orders-app')
  consumer.askToJoin()
  cluster.advance(9_999)
  expect(cluster.groups.listGroups([], [])).toHaveLength(1)
  cluster.advance(1)
  expect(cluster.groups.listGroups([], [])).toEqual([])
  expect(consumer.askToJoin().answer).toMatchObject({ errorCode: errors.UNKNOWN_MEMBER_ID })
})

test('a rebalance waits for members that were given an id and have not come back with it', () => {
  const cluster = new ClusterOfOne()
  const first = new Consumer(cluster, 'a')
  stabilize(cluster, first)
  const second = new Consumer(cluster, 'b')
  second.askToJoin()
  const rejoin = first.join()
  cluster.advance(9_000)
  expect(rejoin.answer).toBeUndefined()
  second.askToJoin()
  expect(rejoin.answer).toMatchObject({ generationId: 2, members: { length: 2 } })
})

test('a member id nobody gave out is unknown, with or without a group', () => {
  const cluster = new ClusterOfOne()
  const stranger = new Consumer(cluster, 'a')
  stranger.memberId = 'a-1234'
  const withoutGroup = stranger.askToJoin().answer
  stabilize(cluster, new Consumer(cluster, 'b'))
  expect([withoutGroup?.errorCode, stranger.askToJoin().answer?.errorCode]).toEqual([
    errors.UNKNOWN_MEMBER_ID,
    errors.UNKNOWN_MEMBER_ID,
  ])
})

test.each([
  [5_999, errors.INVALID_SESSION_TIMEOUT],
  [6_000, errors.MEMBER_ID_REQUIRED],
  [1_800_000, errors.MEMBER_ID_REQUIRED],
  [1_800_001, errors.INVALID_SESSION_TIMEOUT],
])('a session timeout of %i ms is answered with %i', (sessionTimeoutMs, errorCode) => {
  expect(new Consumer(new ClusterOfOne(), 'a', { sessionTimeoutMs }).askToJoin().answer).toMatchObject({ errorCode })
})

test('an empty group id is invalid for members', () => {
  const consumer = new Consumer(new ClusterOfOne(), 'a', { groupId: '' })
  expect([consumer.askToJoin().answer?.errorCode, consumer.sync().answer?.errorCode, consumer.heartbeat()]).toEqual([
    errors.INVALID_GROUP_ID,
    errors.INVALID_GROUP_ID,
    errors.INVALID_GROUP_ID,
  ])
})

test('the first generation waits for company, and longer with every newcomer, up to the rebalance timeout', () => {
  const cluster = new ClusterOfOne({ groupInitialRebalanceDelayMs: 3_000 })
  const options = { rebalanceTimeoutMs: 10_000 }
  const first = new Consumer(cluster, 'a', options).join()
  const membersEachSecond: (number | undefined)[] = []
  for (let second = 1; second <= 10; second++) {
    if (second % 2 === 0) new Consumer(cluster, `late-${second}`, options).join()
    cluster.advance(1_000)
    membersEachSecond.push(first.answer?.members.length)
  }
  expect(membersEachSecond).toEqual([...new Array(9).fill(undefined), 6])
})

test('members that join together share one generation, and its leader alone learns who they are', () => {
  const cluster = new ClusterOfOne({ groupInitialRebalanceDelayMs: 3_000 })
  const [a, b] = [new Consumer(cluster, 'a'), new Consumer(cluster, 'b')]
  const joins = [a.join(), b.join()]
  cluster.advance(6_000)
  expect(joins.map(({ answer }) => answer)).toEqual([
    {
      errorCode: errors.NONE,
      generationId: 1,
      protocolType: 'consumer',
      protocolName: 'range',
      leader: a.memberId,
      skipAssignment: false,
      memberId: a.memberId,
      members: [a, b].map(({ memberId }) => ({ memberId, groupInstanceId: null, metadata: bytes('subscription') })),
    },
    expect.objectContaining({ generationId: 1, leader: a.memberId, memberId: b.memberId, members: [] }),
  ])
})

test('the protocol that all members have and most prefer is elected', () => {
  const cluster = new ClusterOfOne({ groupInitialRebalanceDelayMs: 100 })
  const joins = [
    new Consumer(cluster, 'a', { protocols: ['sticky', 'range', 'roundrobin'] }),
    new Consumer(cluster, 'b', { protocols: ['roundrobin', 'range'] }),
    new Consumer(cluster, 'c', { protocols: ['cooperative', 'range', 'roundrobin'] }),
  ].map((consumer) => consumer.join())
  cluster.advance(1_000)
  expect(joins.map(({ answer }) => answer?.protocolName)).toEqual(['range', 'range', 'range'])
})

test('a member of another protocol type, or without a common protocol, is refused', () => {
  const cluster = new ClusterOfOne()
  stabilize(cluster, new Consumer(cluster, 'a', { protocols: ['range', 'sticky'] }))
  const codes = [
    new Consumer(cluster, 'connect-worker', { protocolType: 'connect' }),
    new Consumer(cluster, 'b', { protocols: ['roundrobin'] }),
    new Consumer(cluster, 'c', { protocols: [] }),
    new Consumer(cluster, 'd', { protocols: ['sticky'] }),
  ].map((consumer) => consumer.askToJoin().answer?.errorCode)
  expect(codes).toEqual([
    errors.INCONSISTENT_GROUP_PROTOCOL,
    errors.INCONSISTENT_GROUP_PROTOCOL,
    errors.INCONSISTENT_GROUP_PROTOCOL,
    errors.MEMBER_ID_REQUIRED,
  ])
})

test('the first member of a group must name a protocol', () => {
  const cluster = new ClusterOfOne()
  const answers = [{ protocols: [] }, { protocolType: '' }].map(
    (options) => new Consumer(cluster, 'a', options).askToJoin().answer?.errorCode,
  )
  expect(answers).toEqual([errors.INCONSISTENT_GROUP_PROTOCOL, errors.INCONSISTENT_GROUP_PROTOCOL])
  expect(cluster.groups.listGroups([], [])).toEqual([])
})

test('a follower that rejoins unchanged is told the current generation; the leader starts a new one', () => {
  const cluster = new ClusterOfOne({ groupInitialRebalanceDelayMs: 100 })
  const [leader, follower] = [new Consumer(cluster, 'a'), new Consumer(cluster, 'b')]
  for (const consumer of [leader, follower]) consumer.join()
  cluster.advance(1_000)
  for (const consumer of [leader, follower]) consumer.sync()
  expect(follower.join().answer).toMatchObject({ generationId: 1, members: [] })
  expect([leader.join().answer, follower.heartbeat()]).toEqual([undefined, errors.REBALANCE_IN_PROGRESS])
})

test('a follower whose metadata changed starts a rebalance', () => {
  const cluster = new ClusterOfOne({ groupInitialRebalanceDelayMs: 100 })
  const [leader, follower] = [new Consumer(cluster, 'a'), new Consumer(cluster, 'b')]
  for (const consumer of [leader, follower]) consumer.join()
  cluster.advance(1_000)
  for (const consumer of [leader, follower]) consumer.sync()
  follower.options = { ...follower.options, metadata: bytes('other topics') }
  expect([follower.join().answer, leader.heartbeat()]).toEqual([undefined, errors.REBALANCE_IN_PROGRESS])
})

test('a member that missed the answer of its join gets it again before the assignment is made', () => {
  const cluster = new ClusterOfOne()
  const consumer = new Consumer(cluster, 'a')
  const first = consumer.join()
  cluster.advance(0)
  expect(consumer.join().answer).toEqual(first.answer)
})

test('a join sent again while the first one waits takes its place', () => {
  const cluster = new ClusterOfOne()
  const [a, b] = [new Consumer(cluster, 'a'), new Consumer(cluster, 'b')]
  stabilize(cluster, a)
  const lost = b.join()
  const again = b.askToJoin()
  a.join()
  expect(lost.answer).toMatchObject({ errorCode: errors.REBALANCE_IN_PROGRESS })
  expect(again.answer).toMatchObject({ errorCode: errors.NONE, generationId: 2 })
})

test('a newcomer that never hears of its id is given up after five minutes', () => {
  const cluster = new ClusterOfOne()
  stabilize(cluster, new Consumer(cluster, 'a', { rebalanceTimeoutMs: 1_000_000, sessionTimeoutMs: 1_000_000 }))
  const join = new Consumer(cluster, 'b', { version: 3, rebalanceTimeoutMs: 1_000_000 }).join()
  cluster.advance(299_999)
  expect(join.answer).toBeUndefined()
  cluster.advance(1)
  expect(join.answer).toMatchObject({ errorCode: errors.UNKNOWN_MEMBER_ID, memberId: '' })
})

test('a full group refuses newcomers and keeps its members', () => {
  const cluster = new ClusterOfOne({ groupMaxSize: 2, groupInitialRebalanceDelayMs: 100 })
  const members = [new Consumer(cluster, 'a'), new Consumer(cluster, 'b')]
  for (const consumer of members) consumer.join()
  cluster.advance(1_000)
  const refused = new Consumer(cluster, 'c').askToJoin().answer
  expect(refused).toMatchObject({ errorCode: errors.GROUP_MAX_SIZE_REACHED, memberId: '' })
  expect(members.map((member) => member.heartbeat())).toEqual([errors.NONE, errors.NONE])
})

test('cooperative members get their bytes through untouched', () => {
  const cluster = new ClusterOfOne()
  const metadata = new Uint8Array([0, 3, 0, 0, 0, 0, 255, 254, 0, 7])
  const consumer = new Consumer(cluster, 'a', { protocols: ['cooperative-sticky'], metadata })
  const joined = consumer.join()
  cluster.advance(0)
  const synced = consumer.sync(() => 'owned\u0000bytes')
  expect(joined.answer?.members[0]?.metadata).toEqual(metadata)
  expect(assignmentIn(synced)).toBe('owned\u0000bytes')
  expect(cluster.groups.describeGroup('readers').members[0]).toMatchObject({
    memberMetadata: metadata,
    memberAssignment: bytes('owned\u0000bytes'),
  })
})

test('the reasons that clients give are told with the rebalance', () => {
  const cluster = new ClusterOfOne()
  const consumer = new Consumer(cluster, 'a')
  stabilize(cluster, consumer)
  consumer.join({ reason: 'cached metadata has changed' })
  consumer.sync()
  expect(cluster.events.map((event) => [event.kind, 'reason' in event ? event.reason : ''])).toEqual([
    ['member-joined', ''],
    ['group-rebalanced', `${consumer.memberId} joined`],
    ['group-rebalanced', `the leader ${consumer.memberId} rejoined: cached metadata has changed`],
  ])
})
