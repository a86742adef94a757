import { expect, test } from 'vitest'
import { zeroUuid } from '../../../src-broker/base/uuid.ts'
import { partitionOf } from '../../../src-broker/core/group/partition-of.ts'
import { decodeRecord, encodeRecord, type GroupRecord } from '../../../src-broker/core/group/records.ts'
import { groupMetadataValue } from '../../../src-broker/protocol/stored/group-records.ts'
import { decodeVersioned } from '../../../src-broker/protocol/stored/stored.ts'
import { bytes } from './asked.ts'
import { ClusterOfOne } from './cluster-of-one.ts'
import { Consumer, stabilize } from './consumer.ts'

const hex = (bytes: Uint8Array | null) =>
  bytes &&
  Buffer.from(bytes)
    .toString('hex')
    .replace(/(.{8})/g, '$1 ')
    .trim()

const commit = (changes: object): GroupRecord => ({
  type: 'offset-commit',
  groupId: 'readers',
  topic: 'orders',
  partition: 3,
  commit: {
    offset: 42,
    leaderEpoch: 7,
    metadata: 'm',
    commitTimestampMs: 1_700_000_000_000,
    expireTimestampMs: -1,
    topicId: zeroUuid,
    ...changes,
  },
})

const metadata: GroupRecord = {
  type: 'group-metadata',
  groupId: 'readers',
  metadata: {
    protocolType: 'consumer',
    generation: 5,
    protocol: 'range',
    leader: 'a-1',
    stateChangedAtMs: 1_700_000_000_000,
    members: [
      {
        memberId: 'a-1',
        groupInstanceId: null,
        clientId: 'a',
        clientHost: '/127.0.0.1',
        rebalanceTimeoutMs: 60_000,
        sessionTimeoutMs: 10_000,
        subscription: bytes('ab'),
        assignment: bytes('xyz'),
      },
    ],
  },
}

test.each([
  ['an offset', commit({})],
  ['an offset with its topic id', commit({ topicId: '0123456789abcdef0123456789abcdef' })],
  ['an offset that names its expiry', commit({ expireTimestampMs: 1_700_000_099_000, leaderEpoch: -1 })],
  ['the tombstone of an offset', { ...commit({}), commit: null } as GroupRecord],
  ['the metadata of a group', metadata],
  ['the tombstone of a group', { ...metadata, metadata: null } as GroupRecord],
])('%s reads back as it was written', (_, record) => {
  const { key, value } = encodeRecord(record)
  expect(decodeRecord(key, value)).toEqual(record)
})

test('the bytes are those of Kafka’s OffsetCommitKey 1, OffsetCommitValue 3, GroupMetadataKey 2 and GroupMetadataValue 3', () => {
  const [offset, group] = [encodeRecord(commit({})), encodeRecord(metadata)]
  expect([offset.key, offset.value, group.key, group.value].map(hex)).toEqual([
    // id 1, 'readers', 'orders', partition 3
    hex(Buffer.from('00010007726561646572730006' + '6f7264657273' + '00000003', 'hex')),
    // version 3, offset 42, leader epoch 7, 'm', timestamp
    hex(Buffer.from('0003' + '000000000000002a' + '00000007' + '00016d' + '0000018bcfe56800', 'hex')),
    // id 2, 'readers'
    hex(Buffer.from('00020007' + '72656164657273', 'hex')),
    hex(
      Buffer.concat([
        // version 3, 'consumer', generation 5, 'range', leader 'a-1', timestamp, one member
        Buffer.from('0003' + '0008' + '636f6e73756d6572' + '00000005' + '0005' + '72616e6765' + '0003612d31', 'hex'),
        Buffer.from('0000018bcfe56800' + '00000001', 'hex'),
        // 'a-1', no instance, 'a', '/127.0.0.1', rebalance and session timeout, subscription, assignment
        Buffer.from('0003612d31' + 'ffff' + '000161' + '000a2f3132372e302e302e31' + '0000ea60' + '00002710', 'hex'),
        Buffer.from('00000002' + '6162' + '00000003' + '78797a', 'hex'),
      ]),
    ),
  ])
})

test('records of other kinds of groups are passed over', () => {
  const consumerGroupMetadataKey = new Uint8Array([0, 3, 0, 1, 97])
  expect(decodeRecord(consumerGroupMetadataKey, bytes('anything'))).toBeUndefined()
})

test('every rebalance leaves one record, with the group as it is from then on', () => {
  const cluster = new ClusterOfOne()
  const consumer = new Consumer(cluster, 'a')
  stabilize(cluster, consumer)
  consumer.leave()
  const values = cluster.log.map(({ value }) => decodeVersioned(groupMetadataValue, value!))
  expect(
    values.map(({ generation, protocol, leader, members }) => [generation, protocol, leader, members.length]),
  ).toEqual([
    [1, 'range', consumer.memberId, 1],
    [2, null, null, 0],
  ])
})

test.each([
  ['readers', 50, 28],
  ['', 50, 0],
  ['Łódź', 50, 12],
  // Its hash is -2147483648, which has no positive counterpart.
  ['polygenelubricants', 50, 0],
])('group %j of %i partitions lives in partition %i, as in Java', (groupId, count, partition) => {
  expect(partitionOf(groupId, count)).toBe(partition)
})
