// DescribeProducers, version 0: who wrote numbered batches to a partition, and whose transaction is open. Any replica may be asked.
import type { Broker } from '../core/broker.ts'
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import type { describeProducers as schema } from '../protocol/messages/61-describe-producers.ts'
import type { Handler } from './handler.ts'

export const describeProducers: Handler<RequestOf<typeof schema>, ResponseInput<typeof schema>> = (
  broker,
  { topics },
) => ({
  throttleTimeMs: 0,
  topics: topics.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.map((index) => describePartition(broker, name, index)),
  })),
})

function describePartition({ replicas, image }: Broker, topic: string, partitionIndex: number) {
  const partition = replicas.get(topic, partitionIndex)
  if (partition === undefined) {
    const isKnown = image.partition(topic, partitionIndex) !== undefined
    const errorCode = isKnown ? errors.NOT_LEADER_OR_FOLLOWER : errors.UNKNOWN_TOPIC_OR_PARTITION
    return { partitionIndex, errorCode, activeProducers: [] }
  }
  const activeProducers = partition.log.producerEntries().map((producer) => ({
    producerId: producer.producerId,
    producerEpoch: producer.epoch,
    lastSequence: producer.lastSequence,
    lastTimestamp: producer.timestamp,
    coordinatorEpoch: producer.coordinatorEpoch,
    currentTxnStartOffset: producer.transactionFirstOffset,
  }))
  return { partitionIndex, errorCode: errors.NONE, activeProducers }
}
