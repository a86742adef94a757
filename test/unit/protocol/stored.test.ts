import { describe, expect, test } from 'vitest'
import { MalformedFrame } from '../../../src-broker/protocol/reader.ts'
import { decodeSubscription } from '../../../src-broker/protocol/stored/consumer-protocol.ts'
import {
  decodeControl,
  encodeControl,
  leaderChangeMessage,
} from '../../../src-broker/protocol/stored/control-records.ts'
import {
  decodeGroupKey,
  encodeGroupMetadataKey,
  encodeOffsetCommitKey,
  offsetCommitValue,
} from '../../../src-broker/protocol/stored/group-records.ts'
import {
  decodeMetadataRecord,
  encodeMetadataRecord,
  UnknownMetadata,
} from '../../../src-broker/protocol/stored/metadata-records.ts'
import { producerSnapshot } from '../../../src-broker/protocol/stored/producer-snapshot.ts'
import { decodeVersioned, encodeVersioned } from '../../../src-broker/protocol/stored/stored.ts'
import { unhex } from './hex.ts'

const topicId = '0123456789abcdef0123456789abcdef'

describe('metadata records', () => {
  test('stand behind frame version, id and version', () => {
    const record = { type: 'TopicRecord', name: 'orders', topicId } as const
    expect(encodeMetadataRecord(record)).toEqual(unhex(`01 02 00 076f7264657273 ${topicId} 00`))
    expect(decodeMetadataRecord(encodeMetadataRecord(record))).toEqual(record)
  })

  test('say only what changes', () => {
    const change = { type: 'PartitionChangeRecord', partitionId: 1, topicId, isr: [2, 3], leader: 2 } as const
    const bytes = encodeMetadataRecord(change)
    expect(bytes).toEqual(unhex(`01 05 02 00000001 ${topicId} 02 0009030000000200000003 010400000002`))
    expect(decodeMetadataRecord(bytes)).toEqual({
      ...change,
      replicas: null,
      removingReplicas: null,
      addingReplicas: null,
      leaderRecoveryState: -1,
      directories: null,
      eligibleLeaderReplicas: null,
      lastKnownElr: null,
    })
  })

  test('of an older version decode with defaults', () => {
    const fence = { type: 'BrokerRegistrationChangeRecord', brokerId: 1, brokerEpoch: 9, fenced: 1 } as const
    expect(decodeMetadataRecord(encodeMetadataRecord(fence, 0))).toEqual({
      ...fence,
      inControlledShutdown: 0,
      logDirs: [],
      cordonedLogDirs: null,
    })
  })

  test('of an unknown frame, id or version are refused', () => {
    expect(() => decodeMetadataRecord(unhex('020200'))).toThrow(new UnknownMetadata('a record of frame version 2'))
    expect(() => decodeMetadataRecord(unhex('016300'))).toThrow(new UnknownMetadata('a record of id 99'))
    expect(() => decodeMetadataRecord(unhex('010201'))).toThrow(new UnknownMetadata('version 1 of TopicRecord'))
  })
})

test('control records carry their version as a field', () => {
  const voter = { voterId: 1, voterDirectoryId: topicId }
  const message = { version: 1, leaderId: 1, voters: [voter], grantingVoters: [] }
  const bytes = encodeControl(leaderChangeMessage, message)
  expect(bytes).toEqual(unhex(`0001 00000001 02 00000001 ${topicId} 00 01 00`))
  expect(decodeControl(leaderChangeMessage, bytes)).toEqual(message)
  expect(() => decodeControl(leaderChangeMessage, unhex('0002'))).toThrow(MalformedFrame)
})

describe('__consumer_offsets', () => {
  test('keys begin with what they are', () => {
    const key = { group: 'g', topic: 't', partition: 3 }
    expect(encodeOffsetCommitKey(key)).toEqual(unhex('0001 000167 000174 00000003'))
    expect(decodeGroupKey(encodeOffsetCommitKey(key))).toEqual({ type: 'offset-commit', ...key })
    expect(decodeGroupKey(unhex('0000 000167 000174 00000003'))).toEqual({ type: 'offset-commit', ...key })
    expect(encodeGroupMetadataKey('g')).toEqual(unhex('0002 000167'))
    expect(decodeGroupKey(encodeGroupMetadataKey('g'))).toEqual({ type: 'group-metadata', group: 'g' })
    expect(decodeGroupKey(unhex('0003 000167'))).toEqual({ type: 'other', id: 3 })
  })

  test('values begin with their version, and a commit loses what its version has no room for', () => {
    const commit = { offset: 5, leaderEpoch: 2, metadata: '', commitTimestamp: 1, expireTimestamp: 9, topicId }
    expect(decodeVersioned(offsetCommitValue, encodeVersioned(offsetCommitValue, commit, 1))).toEqual({
      ...commit,
      leaderEpoch: -1,
      topicId: '0'.repeat(32),
    })
    expect(encodeVersioned(offsetCommitValue, { ...commit, topicId: '0'.repeat(32) }, 3)).toEqual(
      unhex('0003 0000000000000005 00000002 0000 0000000000000001'),
    )
    expect(() => decodeVersioned(offsetCommitValue, unhex('0005'))).toThrow('OffsetCommitValue has no version 5')
  })
})

test('a subscription of a newer consumer is read as far as we know it', () => {
  const known = '00000001 000174 ffffffff 00000000 00000007 000161'
  expect(decodeSubscription(unhex(`0009${known}cafe`))).toEqual({
    topics: ['t'],
    userData: null,
    ownedPartitions: [],
    generationId: 7,
    rackId: 'a',
  })
})

test('an entry of a producer snapshot has its offset delta before its timestamp', () => {
  const entry = {
    producerId: 1,
    epoch: 2,
    lastSequence: 3,
    lastOffset: 4,
    offsetDelta: 5,
    timestamp: 6,
    coordinatorEpoch: 7,
    currentTxnFirstOffset: -1,
  }
  expect(encodeVersioned(producerSnapshot, { crc: 0xdead_beef, producerEntries: [entry] })).toEqual(
    unhex(
      '0001 deadbeef 00000001 0000000000000001 0002 00000003 0000000000000004 00000005 0000000000000006 00000007 ffffffffffffffff',
    ),
  )
})
