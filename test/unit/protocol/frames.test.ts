import { expect, test } from 'vitest'
import {
  readRequestHeader,
  readResponseHeader,
  writeRequest,
  writeResponse,
} from '../../../src-broker/protocol/frames.ts'
import { apis, apiVersions, heartbeat, metadata, produce } from '../../../src-broker/protocol/messages/index.ts'
import { WireReader } from '../../../src-broker/protocol/reader.ts'
import { WireWriter } from '../../../src-broker/protocol/writer.ts'
import { unhex } from './hex.ts'

const over = (text: string) => new WireReader(unhex(text))
const request = { groupId: 'g', generationId: 1, memberId: 'm' }

test('a request frame: length, header, body', () => {
  const writer = new WireWriter()
  writeRequest(writer, heartbeat, 0, { correlationId: 7, clientId: 'c' }, request)
  expect(writer.take()).toEqual(unhex('00000015 000c 0000 00000007 000163 000167 00000001 00016d'))
})

test('flexible versions have tagged fields behind the client id, which itself is never compact', () => {
  const writer = new WireWriter()
  writeRequest(writer, heartbeat, 4, { correlationId: 7, clientId: null }, request)
  expect(writer.take()).toEqual(unhex('00000015 000c 0004 00000007 ffff 00 0267 00000001 026d 00 00'))
})

test('frames written one after the other leave together', () => {
  const writer = new WireWriter()
  writeResponse(writer, heartbeat, 0, 1, { errorCode: 0 })
  writeResponse(writer, heartbeat, 4, 2, { errorCode: 27 })
  expect(writer.take()).toEqual(unhex('00000006 00000001 0000 0000000c 00000002 00 00000000 001b 00'))
})

test('the header of an ApiVersions response has no tagged fields in any version', () => {
  const writer = new WireWriter()
  writeResponse(writer, apiVersions, 4, 1, { errorCode: 0, apiKeys: [] })
  expect(writer.take()).toEqual(unhex('0000000c 00000001 0000 01 00000000 00'))
})

test('unknown tagged fields of a header are skipped', () => {
  const reader = over('000c 0004 00000007 ffff 01 09 02abcd 0267 00000001 026d 00 00')
  const { api, ...header } = readRequestHeader(reader)
  expect(api).toBe(heartbeat)
  expect(header).toEqual({ apiKey: 12, apiVersion: 4, correlationId: 7, clientId: null })
  expect(heartbeat.requestCodec(4).decode(reader)).toMatchObject(request)
  expect(readResponseHeader(over('00000007 01 09 02abcd'), heartbeat, 4)).toBe(7)
})

test('the header of an ApiVersions request newer than we know can be read, so that it can be answered', () => {
  const { api, ...header } = readRequestHeader(over('0012 0063 00000007 000163 00'))
  expect(header).toEqual({ apiKey: 18, apiVersion: 99, correlationId: 7, clientId: 'c' })
  expect(api!.supports(99)).toBe(false)
})

test('of a request with an unknown key the header is all that can be read', () => {
  expect(readRequestHeader(over('7fff 0000 00000007 ffff')).api).toBeUndefined()
})

test('a body that cannot be written leaves nothing of its frame behind', () => {
  const writer = new WireWriter()
  writeResponse(writer, heartbeat, 0, 1, { errorCode: 0 })
  const records = {
    byteLength: 10,
    readInto() {
      throw new Error('EIO')
    },
  }
  const produceRequest = { acks: 1, timeoutMs: 0, topicData: [{ name: 't', partitionData: [{ index: 0, records }] }] }
  expect(() => writeRequest(writer, produce, 9, { correlationId: 2, clientId: null }, produceRequest)).toThrow('EIO')
  expect(() => writeRequest(writer, metadata, 0, { correlationId: 3, clientId: null }, { topics: null })).toThrow(
    'topics',
  )
  writeResponse(writer, heartbeat, 0, 4, { errorCode: 0 })
  expect(writer.take()).toEqual(unhex('00000006 00000001 0000 00000006 00000004 0000'))
})

test('asking for a version that an API does not have is a bug', () => {
  expect(() => produce.requestCodec(2)).toThrow('Produce has no version 2')
  expect(() => produce.responseCodec(14)).toThrow('Produce has no version 14')
})

test('the APIs we speak', () => {
  const table = [...apis.values()].map(({ key, name, minVersion, maxVersion, flexibleFrom }) => {
    return `${key} ${name} ${minVersion}-${maxVersion} flexible from ${flexibleFrom}`
  })
  expect(table.join('\n')).toMatchInlineSnapshot(`
    "0 Produce 3-13 flexible from 9
    1 Fetch 4-18 flexible from 12
    2 ListOffsets 1-11 flexible from 6
    3 Metadata 0-13 flexible from 9
    8 OffsetCommit 2-10 flexible from 8
    9 OffsetFetch 1-10 flexible from 6
    10 FindCoordinator 0-6 flexible from 3
    11 JoinGroup 0-9 flexible from 6
    12 Heartbeat 0-4 flexible from 4
    13 LeaveGroup 0-5 flexible from 4
    14 SyncGroup 0-5 flexible from 4
    15 DescribeGroups 0-6 flexible from 5
    16 ListGroups 0-5 flexible from 3
    18 ApiVersions 0-4 flexible from 3
    19 CreateTopics 2-7 flexible from 5
    20 DeleteTopics 1-6 flexible from 4
    21 DeleteRecords 0-2 flexible from 2
    22 InitProducerId 0-5 flexible from 2
    23 OffsetForLeaderEpoch 2-4 flexible from 4
    32 DescribeConfigs 1-4 flexible from 4
    33 AlterConfigs 0-2 flexible from 2
    35 DescribeLogDirs 1-5 flexible from 2
    37 CreatePartitions 0-3 flexible from 2
    42 DeleteGroups 0-2 flexible from 2
    43 ElectLeaders 0-2 flexible from 2
    44 IncrementalAlterConfigs 0-1 flexible from 1
    45 AlterPartitionReassignments 0-1 flexible from 0
    46 ListPartitionReassignments 0-0 flexible from 0
    47 OffsetDelete 0-0 flexible from Infinity
    55 DescribeQuorum 0-2 flexible from 0
    60 DescribeCluster 0-2 flexible from 0
    61 DescribeProducers 0-0 flexible from 0
    64 UnregisterBroker 0-0 flexible from 0
    74 ListConfigResources 0-1 flexible from 0
    75 DescribeTopicPartitions 0-0 flexible from 0
    80 AddRaftVoter 0-1 flexible from 0
    81 RemoveRaftVoter 0-0 flexible from 0"
  `)
})
