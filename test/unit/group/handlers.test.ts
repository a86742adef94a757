import { expect, test } from 'vitest'
import { offsetCommit } from '../../../src-broker/api/08-offset-commit.ts'
import { offsetFetch } from '../../../src-broker/api/09-offset-fetch.ts'
import { findCoordinator } from '../../../src-broker/api/10-find-coordinator.ts'
import { joinGroup } from '../../../src-broker/api/11-join-group.ts'
import { leaveGroup } from '../../../src-broker/api/13-leave-group.ts'
import { syncGroup } from '../../../src-broker/api/14-sync-group.ts'
import { describeGroups } from '../../../src-broker/api/15-describe-groups.ts'
import { listGroups } from '../../../src-broker/api/16-list-groups.ts'
import { deleteGroups } from '../../../src-broker/api/42-delete-groups.ts'
import { zeroUuid } from '../../../src-broker/base/uuid.ts'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { bytes } from './asked.ts'
import { BrokerFront } from './broker-front.ts'
import { ClusterOfOne } from './cluster-of-one.ts'
import { Consumer, stabilize } from './consumer.ts'

const ordersId = '00000000000040008000000000000001'
const unknownId = '00000000000040008000000000000009'

function front() {
  const cluster = new ClusterOfOne()
  return { cluster, broker: new BrokerFront(cluster).withTopic('orders', ordersId, 2) }
}

function commitRequest(topics: { name?: string; topicId?: string; partitions: number[] }[]) {
  return {
    groupId: 'readers',
    generationIdOrMemberEpoch: -1,
    memberId: '',
    groupInstanceId: null,
    retentionTimeMs: -1,
    topics: topics.map(({ name = '', topicId = zeroUuid, partitions }) => ({
      name,
      topicId,
      partitions: partitions.map((partitionIndex) => ({
        partitionIndex,
        committedOffset: 10 + partitionIndex,
        committedLeaderEpoch: 3,
        committedMetadata: 'm',
      })),
    })),
  }
}

const fetchRequest = { groupId: '', topics: [], groups: [], requireStable: false }
const groupRequest = { groupId: 'readers', memberId: null, memberEpoch: -1 }
const found = { committedOffset: 10, committedLeaderEpoch: 3, metadata: 'm', errorCode: errors.NONE }
const missing = { committedOffset: -1, committedLeaderEpoch: -1, metadata: '', errorCode: errors.NONE }

test('OffsetCommit: topics and partitions that do not exist are refused alone, in the order of the request', () => {
  const { broker } = front()
  const request = commitRequest([
    { name: 'flights', partitions: [0] },
    { name: 'orders', partitions: [2, 0] },
  ])
  expect(broker.ask(offsetCommit, request, 9).answer?.topics).toEqual([
    { name: 'flights', topicId: zeroUuid, partitions: [{ partitionIndex: 0, errorCode: 3 }] },
    {
      name: 'orders',
      topicId: zeroUuid,
      partitions: [
        { partitionIndex: 2, errorCode: errors.UNKNOWN_TOPIC_OR_PARTITION },
        { partitionIndex: 0, errorCode: errors.NONE },
      ],
    },
  ])
})

test('OffsetCommit and OffsetFetch version 10 name topics by id, and a version before reads them by name', () => {
  const { broker } = front()
  const request = commitRequest([
    { topicId: unknownId, partitions: [0] },
    { topicId: ordersId, partitions: [0] },
  ])
  const codes = broker.ask(offsetCommit, request, 10).answer?.topics.map(({ partitions }) => partitions[0]!.errorCode)
  expect(codes).toEqual([errors.UNKNOWN_TOPIC_ID, errors.NONE])

  const topicsById = [unknownId, ordersId].map((topicId) => ({ name: '', topicId, partitionIndexes: [0, 1] }))
  const byId = { ...fetchRequest, groups: [{ ...groupRequest, topics: topicsById }] }
  expect(broker.ask(offsetFetch, byId, 10).answer?.groups?.[0]?.topics).toMatchObject([
    {
      topicId: ordersId,
      partitions: [
        { partitionIndex: 0, ...found },
        { partitionIndex: 1, ...missing },
      ],
    },
    {
      topicId: unknownId,
      partitions: [{ errorCode: errors.UNKNOWN_TOPIC_ID }, { errorCode: errors.UNKNOWN_TOPIC_ID }],
    },
  ])
  const all = { ...fetchRequest, groups: [{ ...groupRequest, topics: null }] }
  expect(broker.ask(offsetFetch, all, 10).answer?.groups?.[0]?.topics).toMatchObject([
    { topicId: ordersId, partitions: [{ partitionIndex: 0, ...found }] },
  ])
  const byName = { ...fetchRequest, groupId: 'readers', topics: [{ name: 'orders', partitionIndexes: [0] }] }
  expect(broker.ask(offsetFetch, byName, 7).answer).toEqual({
    errorCode: errors.NONE,
    topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, ...found }] }],
  })
})

test('OffsetFetch: several groups are answered together, once the slowest is', () => {
  const { cluster, broker } = front()
  broker.ask(offsetCommit, commitRequest([{ name: 'orders', partitions: [0] }]), 9)
  cluster.holdCommits()
  broker.ask(offsetCommit, commitRequest([{ name: 'orders', partitions: [1] }]), 9)
  const groups = ['unheard of', 'readers'].map((groupId) => ({ ...groupRequest, groupId, topics: null }))
  const asked = broker.ask(offsetFetch, { ...fetchRequest, groups, requireStable: true }, 9)
  expect(asked.answer).toBeUndefined()
  cluster.commit()
  expect(asked.answer?.groups).toMatchObject([
    { groupId: 'unheard of', errorCode: errors.NONE, topics: [] },
    { groupId: 'readers', topics: [{ name: 'orders', partitions: [{ partitionIndex: 0 }, { partitionIndex: 1 }] }] },
  ])
})

test('OffsetFetch version 1 has no place for an error but the partitions', () => {
  const { cluster, broker } = front()
  cluster.groups.resign(0)
  const request = { ...fetchRequest, groupId: 'readers', topics: [{ name: 'orders', partitionIndexes: [0] }] }
  expect([1, 2].map((version) => broker.ask(offsetFetch, request, version).answer)).toEqual([
    {
      topics: [{ name: 'orders', partitions: [{ partitionIndex: 0, ...missing, errorCode: errors.NOT_COORDINATOR }] }],
    },
    { topics: [], errorCode: errors.NOT_COORDINATOR },
  ])
})

test('FindCoordinator creates the offsets topic when it is first asked, and answers once a leader is known', () => {
  const { broker } = front()
  const find = () =>
    broker.ask(findCoordinator, { key: '', keyType: 0, coordinatorKeys: ['readers'] }, 6).answer?.coordinators?.[0]
  const notYet = { key: 'readers', nodeId: -1, host: '', port: -1, errorCode: errors.COORDINATOR_NOT_AVAILABLE }
  expect([find(), broker.internalTopicsAsked]).toMatchObject([notYet, ['__consumer_offsets']])
  broker.withTopic('__consumer_offsets', zeroUuid, 1, -1)
  expect(find()).toMatchObject(notYet)
  broker.withTopic('__consumer_offsets', zeroUuid, 1, 1)
  expect([find(), broker.internalTopicsAsked]).toEqual([
    { key: 'readers', nodeId: 1, host: '127.0.0.1', port: 9092, errorCode: errors.NONE, errorMessage: null },
    ['__consumer_offsets'],
  ])
})

test('FindCoordinator answers one key at the top before version 4', () => {
  const { broker } = front()
  broker.withTopic('__consumer_offsets', zeroUuid, 1)
  expect(broker.ask(findCoordinator, { key: 'readers', keyType: 0, coordinatorKeys: [] }, 3).answer).toEqual({
    errorCode: errors.NONE,
    errorMessage: 'NONE',
    nodeId: 1,
    host: '127.0.0.1',
    port: 9092,
  })
})

test.each([
  [1, errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED],
  [2, errors.INVALID_REQUEST],
  [9, errors.INVALID_REQUEST],
])('FindCoordinator refuses key type %i for good', (keyType, errorCode) => {
  const { broker } = front()
  const answer = broker.ask(findCoordinator, { key: 'tx', keyType, coordinatorKeys: [] }, 2).answer
  expect(answer).toMatchObject({ errorCode, errorMessage: expect.stringMatching(/./), nodeId: -1 })
})

test('JoinGroup version 0 rejoins within the session, and no version before 7 sees a null protocol', () => {
  const { cluster, broker } = front()
  const request = {
    ...{ groupId: 'readers', sessionTimeoutMs: 6_000, rebalanceTimeoutMs: -1, memberId: '', groupInstanceId: null },
    ...{ protocolType: 'consumer', protocols: [{ name: 'range', metadata: bytes('') }], reason: null },
  }
  const first = broker.ask(joinGroup, request, 0)
  cluster.advance(0)
  const { memberId = '' } = first.answer ?? {}
  const second = broker.ask(joinGroup, request, 0)
  cluster.advance(5_999)
  expect(cluster.groups.heartbeat({ groupId: 'readers', generationId: 1, memberId, groupInstanceId: null })).toBe(
    errors.REBALANCE_IN_PROGRESS,
  )
  expect(second.answer).toBeUndefined()
  cluster.advance(1)
  expect(second.answer).toMatchObject({ errorCode: errors.NONE, generationId: 2, members: { length: 1 } })
  const refused = [6, 7].map((version) => broker.ask(joinGroup, { ...request, groupId: '' }, version).answer)
  expect(refused).toMatchObject([{ protocolName: '' }, { protocolName: null }])
})

test('LeaveGroup: before version 3 the one member’s error is that of the answer', () => {
  const { cluster, broker } = front()
  const consumer = new Consumer(cluster, 'a')
  stabilize(cluster, consumer)
  const leave = (memberId: string) => broker.ask(leaveGroup, { groupId: 'readers', memberId, members: [] }, 2).answer
  expect([leave('stranger'), leave(consumer.memberId)]).toEqual([
    { errorCode: errors.UNKNOWN_MEMBER_ID },
    { errorCode: errors.NONE },
  ])
})

test('SyncGroup must name its protocol since version 5', () => {
  const { broker } = front()
  const request = {
    ...{ groupId: 'readers', generationId: 1, memberId: 'a', groupInstanceId: null, assignments: [] },
    ...{ protocolType: 'consumer', protocolName: null },
  }
  expect([4, 5].map((version) => broker.ask(syncGroup, request, version).answer?.errorCode)).toEqual([
    errors.UNKNOWN_MEMBER_ID,
    errors.INCONSISTENT_GROUP_PROTOCOL,
  ])
})

test('DescribeGroups: an unknown group is dead, and an error since version 6', () => {
  const { broker } = front()
  const request = { groups: ['unheard of'], includeAuthorizedOperations: true }
  expect([5, 6].map((version) => broker.ask(describeGroups, request, version).answer?.groups[0])).toMatchObject([
    { errorCode: errors.NONE, groupState: 'Dead', members: [] },
    { errorCode: errors.GROUP_ID_NOT_FOUND, errorMessage: 'Group unheard of not found.', groupState: 'Dead' },
  ])
})

test('ListGroups passes on that a partition is still loading', () => {
  const { cluster, broker } = front()
  const list = () => broker.ask(listGroups, { statesFilter: [], typesFilter: [] }, 5).answer
  const before = list()
  cluster.groups.becomeLeader(0, 9)
  expect([before, list()]).toEqual([
    { errorCode: errors.NONE, groups: [] },
    { errorCode: errors.COORDINATOR_LOAD_IN_PROGRESS, groups: [] },
  ])
})

test('DeleteGroups answers for every group once, when all deletions are committed', () => {
  const { cluster, broker } = front()
  for (const groupId of ['one', 'two']) new Consumer(cluster, 'tool', { groupId }).commit('orders', 1)
  cluster.holdCommits()
  const asked = broker.ask(deleteGroups, { groupsNames: ['one', 'unheard of', 'two', 'one'] }, 2)
  cluster.commit(1)
  expect(asked.answer).toBeUndefined()
  cluster.commit()
  expect(asked.answer?.results).toEqual([
    { groupId: 'one', errorCode: errors.NONE },
    { groupId: 'unheard of', errorCode: errors.GROUP_ID_NOT_FOUND },
    { groupId: 'two', errorCode: errors.NONE },
  ])
})
