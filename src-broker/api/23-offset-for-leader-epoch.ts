// OffsetForLeaderEpoch, versions 2–4: where the largest epoch not above the asked one ended (KIP-101, KIP-320).
// (-1, -1) where the log knows no such epoch.
import type { Broker } from '../core/broker.ts'
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import type { offsetForLeaderEpoch as schema } from '../protocol/messages/23-offset-for-leader-epoch.ts'
import type { Handler } from './handler.ts'
import { findLed } from './leadership.ts'

type Request = RequestOf<typeof schema>
type PartitionRequest = Request['topics'][number]['partitions'][number]

export const offsetForLeaderEpoch: Handler<Request, ResponseInput<typeof schema>> = (broker, request) => ({
  topics: request.topics.map(({ topic, partitions }) => ({
    topic,
    partitions: partitions.map((partition) => endOfEpoch(broker, topic, partition)),
  })),
})

function endOfEpoch(broker: Broker, topic: string, asked: PartitionRequest) {
  const led = findLed(broker, topic, undefined, asked.partition, asked.currentLeaderEpoch)
  if (typeof led === 'number') return { errorCode: led, partition: asked.partition, leaderEpoch: -1, endOffset: -1 }
  const { epoch, endOffset } = led.partition.log.endOffsetForEpoch(asked.leaderEpoch)
  return { errorCode: errors.NONE, partition: asked.partition, leaderEpoch: epoch, endOffset }
}
