import { expect, test } from 'vitest'
import { listOffsets } from '../../../src-broker/api/02-list-offsets.ts'
import type { Broker } from '../../../src-broker/core/broker.ts'
import { errorOf } from '../../../src-broker/protocol/errors.ts'

/** A leader whose epoch began at offset 5; its log has record 4 from 10:00 and record 6 from 11:00, in some hour of the day. */
function offsetAt(timestamp: number, highWatermark: number, version = 7): number | string {
  const records = [
    { offset: 4, timestamp: 10 },
    { offset: 6, timestamp: 11 },
  ]
  const log = {
    logStartOffset: 2,
    epochOf: () => 3,
    offsetForTimestamp: (at: number) => records.find((record) => record.timestamp >= at),
    offsetOfMaxTimestamp: () => records[1],
  }
  const partition = { leader: { epoch: 3, epochStartOffset: 5 }, log, highWatermark }
  const broker = { replicas: { get: () => partition } } as unknown as Broker
  const partitions = [{ partitionIndex: 0, currentLeaderEpoch: -1, timestamp, maxNumOffsets: 1 }]
  const request = { replicaId: -1, isolationLevel: 0, topics: [{ name: 'orders', partitions }], timeoutMs: 0 }
  const { errorCode = 0, offset } = listOffsets(broker, request, { version } as never)!.topics[0]!.partitions[0]!
  return errorCode === 0 ? Number(offset) : errorOf(errorCode).name
}

const [latest, earliest, maxTimestamp] = [-1, -2, -3]

test.each([
  ['the latest', latest, 'OFFSET_NOT_AVAILABLE', 5, 7],
  ['the earliest', earliest, 2, 2, 2],
  ['that of 10:00', 10, 'OFFSET_NOT_AVAILABLE', 4, 4],
  ['that of 11:00', 11, 'OFFSET_NOT_AVAILABLE', -1, 6],
  ['that of 12:00', 12, 'OFFSET_NOT_AVAILABLE', -1, -1],
  ['the largest time', maxTimestamp, 'OFFSET_NOT_AVAILABLE', -1, 6],
] as const)(
  '%s: right after an election, once the high watermark has caught up, and later',
  (_, timestamp, ...expected) => {
    expect([4, 5, 7].map((highWatermark) => offsetAt(timestamp, highWatermark))).toEqual(expected)
  },
)

test('clients before version 5 are told that there is no leader', () => {
  expect([offsetAt(latest, 4, 4), offsetAt(10, 4, 4)]).toEqual(['LEADER_NOT_AVAILABLE', 'LEADER_NOT_AVAILABLE'])
})
