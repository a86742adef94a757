import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  commitOffsets,
  committedOffsets,
  deleteGroup,
  describeAll,
  listAllGroups,
} from '../../../src-broker/client/groups.ts'
import { errors } from '../../../src-broker/protocol/errors.ts'
import {
  apiVersions,
  deleteGroups,
  describeGroups,
  findCoordinator,
  listGroups,
  offsetCommit,
  offsetFetch,
} from '../../../src-broker/protocol/messages/index.ts'
import { FakeCluster } from './fake-cluster.ts'

let cluster: FakeCluster
beforeEach(async () => {
  cluster = await FakeCluster.start(2)
  for (const broker of cluster.brokers) {
    broker.on(findCoordinator, ({ coordinatorKeys, key }, { version }) => {
      const home = { nodeId: 1, host: '127.0.0.1', port: cluster.brokers[0]!.port, errorCode: 0, errorMessage: null }
      return version >= 4
        ? { coordinators: coordinatorKeys.map((groupId) => ({ key: groupId, ...home })) }
        : { ...home, key }
    })
  }
})
afterEach(() => cluster.stop())

/** An assignment of flights 0 and 2, and a subscription to flights, as Java's ConsumerProtocol writes them. */
const assignment = Buffer.from('000100000001' + '0007666c6967687473' + '000000020000000000000002' + 'ffffffff', 'hex')
const subscription = Buffer.from(
  '000300000001' + '0007666c6967687473' + 'ffffffff' + '00000000' + 'ffffffff' + 'ffff',
  'hex',
)

function answerWith(memberMetadata: Uint8Array, memberAssignment: Uint8Array): void {
  const member = { memberId: 'm-1', clientId: 'reader', clientHost: '/127.0.0.1', memberMetadata, memberAssignment }
  cluster.brokers[0]!.on(describeGroups, ({ groups }) => ({
    groups: groups.map((groupId) => ({
      errorCode: 0,
      groupId,
      groupState: 'Stable',
      protocolType: 'consumer',
      protocolData: 'range',
      members: [member],
    })),
  }))
}

describe('what members hold', () => {
  test('is read from the bytes they left with the coordinator', async () => {
    answerWith(subscription, assignment)
    const [outcome] = await describeAll(cluster.client, ['readers'])
    expect(outcome!.value).toMatchObject({ state: 'Stable', assignor: 'range', coordinator: 1 })
    expect(outcome!.value!.members[0]).toMatchObject({
      memberId: 'm-1',
      subscription: ['flights'],
      assignment: [
        { topic: 'flights', partition: 0 },
        { topic: 'flights', partition: 2 },
      ],
    })
  })

  test.each([
    ['nothing', ''],
    ['a text', '7b22746f70696373223a5b22666c6967687473225d7d'],
    ['an array of 1667657069 items', '00016366656d'],
    ['a topic that ends too early', '00010000000100ff61'],
    ['a negative count', '0001ffffffff'],
  ])('%s is no assignment, and breaks nothing', async (_name, hex) => {
    answerWith(Buffer.from(hex, 'hex'), Buffer.from(hex, 'hex'))
    const [outcome] = await describeAll(cluster.client, ['readers'])
    expect(outcome!.value!.members[0]).toMatchObject({ subscription: [], assignment: [] })
  })
})

describe('lists and offsets', () => {
  test('groups are listed by every broker; one that is silent hides only its own', async () => {
    const group = (groupId: string) => ({ groupId, protocolType: 'consumer', groupState: 'Stable' })
    cluster.brokers[0]!.on(listGroups, () => ({ errorCode: 0, groups: [group('readers')] }))
    cluster.brokers[1]!.on(listGroups, () => ({ errorCode: 0, groups: [group('writers')] }))
    const names = async () =>
      (await listAllGroups(cluster.client)).map(({ groupId, coordinator }) => `${groupId}@${coordinator}`)
    expect(await names()).toEqual(['readers@1', 'writers@2'])
    // Broker 1 was frozen while broker 2 took its place, and does not know it yet.
    cluster.brokers[1]!.on(listGroups, () => ({ errorCode: 0, groups: [group('readers'), group('writers')] }))
    expect(await names()).toEqual(['readers@2', 'writers@2'])
    cluster.brokers[1]!.on(listGroups, () => 'hang up')
    expect(await names()).toEqual(['readers@1'])
    cluster.brokers[0]!.on(listGroups, () => ({ errorCode: errors.COORDINATOR_LOAD_IN_PROGRESS, groups: [] }))
    await expect(names()).rejects.toMatchObject({ code: 'COORDINATOR_LOAD_IN_PROGRESS' })
  })

  const partitions = [
    { partitionIndex: 0, committedOffset: 7, metadata: 'here', errorCode: 0 },
    { partitionIndex: 1, committedOffset: -1, metadata: '', errorCode: 0 },
    { partitionIndex: 2, committedOffset: 9, metadata: null, errorCode: 0 },
  ]
  const expected = [
    { topic: 'flights', partition: 0, offset: 7, metadata: 'here' },
    { topic: 'flights', partition: 2, offset: 9, metadata: '' },
  ]

  test('offsets of many groups take one question; what was never committed is left out', async () => {
    cluster.brokers[0]!.on(offsetFetch, ({ groups }) => ({
      groups: groups.map(({ groupId, topics }) => {
        expect(topics).toBeNull()
        return { groupId, topics: [{ name: 'flights', partitions }] }
      }),
    }))
    const outcomes = await committedOffsets(cluster.client, ['a', 'b'])
    expect(outcomes.map(({ value }) => value)).toEqual([expected, expected])
    expect(cluster.brokers[0]!.count('OffsetFetch')).toBe(1)
  })

  test('an old broker is asked for one group after the other', async () => {
    const old = [
      { apiKey: 3, minVersion: 0, maxVersion: 8 },
      { apiKey: 9, minVersion: 0, maxVersion: 5 },
      { apiKey: 10, minVersion: 0, maxVersion: 2 },
    ]
    for (const broker of cluster.brokers) broker.on(apiVersions, () => ({ errorCode: 0, apiKeys: old }))
    cluster.brokers[0]!.on(offsetFetch, () => ({ errorCode: 0, topics: [{ name: 'flights', partitions }] }))
    expect((await committedOffsets(cluster.client, ['a', 'b'])).map(({ value }) => value)).toEqual([expected, expected])
  })
})

describe('moving and deleting', () => {
  const commit = () =>
    commitOffsets(cluster.client, 'readers', [
      { topic: 'flights', partition: 0, offset: 3 },
      { topic: 'flights', partition: 1, offset: 4 },
    ])

  test('a commit from outside belongs to no generation; each partition has its own answer', async () => {
    cluster.brokers[0]!.on(offsetCommit, ({ generationIdOrMemberEpoch, memberId, topics }) => {
      expect([generationIdOrMemberEpoch, memberId]).toEqual([-1, ''])
      return {
        topics: topics.map(({ name, partitions }) => ({
          name,
          partitions: partitions.map(({ partitionIndex }) => ({
            partitionIndex,
            errorCode: partitionIndex === 1 ? errors.UNKNOWN_MEMBER_ID : 0,
          })),
        })),
      }
    })
    expect((await commit()).map(({ partition, errorCode }) => [partition, errorCode])).toEqual([
      [0, 0],
      [1, errors.UNKNOWN_MEMBER_ID],
    ])
  })

  test('a coordinator that has just moved is found again', async () => {
    let refusals = 2
    cluster.brokers[0]!.on(offsetCommit, ({ topics }) => ({
      topics: topics.map(({ name, partitions }) => {
        const errorCode = refusals > 0 ? errors.NOT_COORDINATOR : 0
        return { name, partitions: partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode })) }
      }),
      throttleTimeMs: (refusals--, 0),
    }))
    expect((await commit()).map(({ errorCode }) => errorCode)).toEqual([0, 0])
  })

  test('a group with members is not deleted', async () => {
    cluster.brokers[0]!.on(deleteGroups, ({ groupsNames }) => ({
      throttleTimeMs: 0,
      results: groupsNames.map((groupId) => ({ groupId, errorCode: errors.NON_EMPTY_GROUP })),
    }))
    await expect(deleteGroup(cluster.client, 'readers')).rejects.toMatchObject({
      code: 'NON_EMPTY_GROUP',
      message: 'Group readers: The group is not empty.',
    })
  })
})
