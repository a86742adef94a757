// OffsetDelete, version 0: what a group committed for some partitions. A group with members may lose only what none of them reads.

import type { OffsetDeletion } from '../core/group/delete-offsets.ts'
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import type { offsetDelete as schema } from '../protocol/messages/47-offset-delete.ts'
import type { Handler } from './handler.ts'

type Response = ResponseInput<typeof schema>

export const offsetDelete: Handler<RequestOf<typeof schema>, Response> = (broker, request, context) => {
  const { groupId, topics } = request
  const finish = ({ errorCode, subscribed }: OffsetDeletion): Response => {
    if (errorCode !== errors.NONE) return { errorCode, throttleTimeMs: 0, topics: [] }
    const codeOf = (topic: string, partition: number): number => {
      if (broker.image.partition(topic, partition) === undefined) return errors.UNKNOWN_TOPIC_OR_PARTITION
      return subscribed.has(topic) ? errors.GROUP_SUBSCRIBED_TO_TOPIC : errors.NONE
    }
    return {
      errorCode,
      throttleTimeMs: 0,
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: codeOf(name, partitionIndex),
        })),
      })),
    }
  }
  const wanted = topics.flatMap(({ name, partitions }) =>
    partitions
      .filter(({ partitionIndex }) => broker.image.partition(name, partitionIndex) !== undefined)
      .map(({ partitionIndex }) => ({ topic: name, partition: partitionIndex })),
  )
  const now = broker.groups.deleteOffsets(groupId, wanted, (deletion) => context.answer(finish(deletion)))
  return now && finish(now)
}
