// ListOffsets, versions 1–11.
// Timestamps: -1 latest (the high watermark; nothing is transactional yet), -2 earliest, -3 the record with the largest
// timestamp (v7), -4 earliest local (v8, same as -2: there is no tiering), -5 latest tiered (v9) and -6 earliest not yet
// uploaded (v11): none. Otherwise the first record at or after that time, looked for inside batches.
// Right after an election the high watermark may be behind what clients have seen: what would be answered by it, or lies behind it, is
// OFFSET_NOT_AVAILABLE until it has caught up.
import type { Broker } from '../core/broker.ts'
import type { TimestampedOffset } from '../core/log/time-search.ts'
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import type { listOffsets as schema } from '../protocol/messages/02-list-offsets.ts'
import type { Handler } from './handler.ts'
import { findLed, type Led } from './leadership.ts'
import { storageErrorOf } from './storage-error.ts'

type Request = RequestOf<typeof schema>

const latest = -1
const earliest = -2
const maxTimestamp = -3
const earliestLocal = -4
const firstVersionWithLeaderEpoch = 4
const firstVersionWithOffsetNotAvailable = 5

export const listOffsets: Handler<Request, ResponseInput<typeof schema>> = (broker, request, { version }) => ({
  topics: request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((partition) => listPartition(broker, name, partition, version)),
  })),
})

function listPartition(
  broker: Broker,
  topic: string,
  asked: Request['topics'][number]['partitions'][number],
  version: number,
) {
  const { partitionIndex } = asked
  const led = findLed(broker, topic, undefined, partitionIndex, asked.currentLeaderEpoch)
  if (typeof led === 'number') return { partitionIndex, errorCode: led }
  let found: Found
  try {
    found = lookUp(led, asked.timestamp, version)
  } catch (error) {
    return { partitionIndex, errorCode: storageErrorOf(error) }
  }
  const { leaderEpoch, ...rest } = found
  return { partitionIndex, ...rest, ...(version >= firstVersionWithLeaderEpoch ? { leaderEpoch } : {}) }
}

interface Found {
  readonly errorCode: number
  readonly timestamp: number
  readonly offset: number
  readonly leaderEpoch: number
}

function lookUp({ partition, leader }: Led, timestamp: number, version: number): Found {
  const { log, highWatermark } = partition
  const at = (offset: number, time = -1): Found => ({
    errorCode: errors.NONE,
    timestamp: time,
    offset,
    leaderEpoch: offset < 0 ? -1 : Math.max(log.epochOf(offset), -1),
  })
  const none = highWatermark < leader.epochStartOffset ? { ...at(-1), errorCode: notAvailable(version) } : at(-1)
  const visible = (found: TimestampedOffset | undefined): Found =>
    found === undefined || found.offset >= highWatermark ? none : at(found.offset, found.timestamp)
  switch (timestamp) {
    case earliest:
    case earliestLocal:
      return at(log.logStartOffset)
    case latest:
      return none.errorCode === errors.NONE ? { ...at(highWatermark), leaderEpoch: leader.epoch } : none
    case maxTimestamp:
      return visible(log.offsetOfMaxTimestamp())
    default:
      return timestamp < 0 ? at(-1) : visible(log.offsetForTimestamp(timestamp))
  }
}

const notAvailable = (version: number): number =>
  version >= firstVersionWithOffsetNotAvailable ? errors.OFFSET_NOT_AVAILABLE : errors.LEADER_NOT_AVAILABLE
