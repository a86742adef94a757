// One group with a static member and offsets with everything in them, asked about in every version of every group API: a
// version that cannot carry the answer would stop the broker.
import { expect, test } from 'vitest'
import { offsetCommit } from '../../../src-broker/api/08-offset-commit.ts'
import { offsetFetch } from '../../../src-broker/api/09-offset-fetch.ts'
import { findCoordinator } from '../../../src-broker/api/10-find-coordinator.ts'
import { joinGroup } from '../../../src-broker/api/11-join-group.ts'
import { heartbeat } from '../../../src-broker/api/12-heartbeat.ts'
import { leaveGroup } from '../../../src-broker/api/13-leave-group.ts'
import { syncGroup } from '../../../src-broker/api/14-sync-group.ts'
import { describeGroups } from '../../../src-broker/api/15-describe-groups.ts'
import { listGroups } from '../../../src-broker/api/16-list-groups.ts'
import { deleteGroups } from '../../../src-broker/api/42-delete-groups.ts'
import type { Handler } from '../../../src-broker/api/handler.ts'
import { zeroUuid } from '../../../src-broker/base/uuid.ts'
import { apis } from '../../../src-broker/protocol/messages/index.ts'
import { WireWriter } from '../../../src-broker/protocol/writer.ts'
import { bytes } from './asked.ts'
import { BrokerFront } from './broker-front.ts'
import { ClusterOfOne } from './cluster-of-one.ts'
import { Consumer, stabilize } from './consumer.ts'

const ordersId = '00000000000040008000000000000001'
const member = { groupId: 'readers', groupInstanceId: 'press-1' }

/** Requests as the codec gives them, save what depends on the member. */
const questions: Record<string, [Handler<never, unknown>, (memberId: string) => object]> = {
  OffsetCommit: [
    offsetCommit,
    (memberId) => ({
      ...{ ...member, memberId, generationIdOrMemberEpoch: 1, retentionTimeMs: -1 },
      topics: ['orders', 'unknown'].map((name) => ({
        ...{ name, topicId: name === 'orders' ? ordersId : zeroUuid },
        partitions: [{ partitionIndex: 0, committedOffset: 5, committedLeaderEpoch: 3, committedMetadata: 'm' }],
      })),
    }),
  ],
  OffsetFetch: [
    offsetFetch,
    () => ({
      groupId: 'readers',
      topics: [{ name: 'orders', partitionIndexes: [0, 1] }],
      groups: [
        { groupId: 'readers', topics: [{ name: 'orders', topicId: ordersId, partitionIndexes: [0, 1] }] },
        { groupId: 'readers', topics: [{ name: 'unknown', topicId: zeroUuid, partitionIndexes: [0] }] },
        { groupId: 'readers', topics: null },
      ],
      requireStable: true,
    }),
  ],
  FindCoordinator: [findCoordinator, () => ({ key: 'readers', keyType: 0, coordinatorKeys: ['readers', ''] })],
  JoinGroup: [
    joinGroup,
    () => ({
      ...{ ...member, memberId: '', protocolType: 'consumer', protocols: [{ name: 'range', metadata: bytes('m') }] },
      ...{ sessionTimeoutMs: 10_000, rebalanceTimeoutMs: 60_000, reason: 'restart' },
    }),
  ],
  SyncGroup: [
    syncGroup,
    (memberId) => ({
      ...{ ...member, memberId, generationId: 1, assignments: [] },
      ...{ protocolType: 'consumer', protocolName: 'range' },
    }),
  ],
  Heartbeat: [heartbeat, (memberId) => ({ ...member, memberId, generationId: 1 })],
  LeaveGroup: [
    leaveGroup,
    (memberId) => ({ ...member, memberId, members: [{ ...member, memberId: '', reason: 'end' }] }),
  ],
  DescribeGroups: [describeGroups, () => ({ groups: ['readers', 'unheard of'], includeAuthorizedOperations: false })],
  ListGroups: [listGroups, () => ({ statesFilter: [], typesFilter: [] })],
  DeleteGroups: [deleteGroups, () => ({ groupsNames: ['readers', 'unheard of'] })],
} as Record<string, [Handler<never, unknown>, (memberId: string) => object]>

const cases = Object.keys(questions).flatMap((name) => {
  const api = [...apis.values()].find((api) => api.name === name)!
  return Array.from({ length: api.maxVersion - api.minVersion + 1 }, (_, index) => ({
    name,
    api,
    version: api.minVersion + index,
  }))
})

test.each(cases)('$name version $version carries the answer', ({ name, api, version }) => {
  const cluster = new ClusterOfOne()
  const consumer = new Consumer(cluster, 'app', { groupInstanceId: 'press-1' })
  stabilize(cluster, consumer)
  consumer.commit('orders', 4, { leaderEpoch: 3, metadata: 'here' })
  const broker = new BrokerFront(cluster).withTopic('orders', ordersId, 2).withTopic('__consumer_offsets', zeroUuid, 1)
  const [handler, requestOf] = questions[name]!
  const { answer } = broker.ask(handler, requestOf(consumer.memberId) as never, version)
  const writer = new WireWriter()
  api.responseCodec(version).encode(answer as never, writer)
  expect(writer.take().length).toBeGreaterThan(0)
})
