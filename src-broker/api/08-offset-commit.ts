// OffsetCommit, versions 2–10. Topics by name, since version 10 by id; an unknown topic or partition fails alone.
// Not implemented: member epochs of KIP-848 groups.
import type { MetadataImage, TopicImage } from '../core/quorum/image.ts'
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import type { offsetCommit as schema } from '../protocol/messages/08-offset-commit.ts'
import type { Handler } from './handler.ts'

type Request = RequestOf<typeof schema>
type Response = ResponseInput<typeof schema>

const firstVersionWithTopicIds = 10

export const offsetCommit: Handler<Request, Response> = (broker, request, context) => {
  const byId = context.version >= firstVersionWithTopicIds
  const known = request.topics.flatMap((topic) => {
    const image = find(broker.image, topic, byId)
    if (image === undefined) return []
    const partitions = topic.partitions.filter(({ partitionIndex }) => image.partitions[partitionIndex] !== undefined)
    return partitions.length === 0 ? [] : [{ name: image.name, topicId: image.id, partitions }]
  })

  const unknownTopic = byId ? errors.UNKNOWN_TOPIC_ID : errors.UNKNOWN_TOPIC_OR_PARTITION
  const answer = (committed: Response): Response => ({
    topics: request.topics.map(({ name, topicId, partitions }) => {
      const image = find(broker.image, { name, topicId }, byId)
      const results = committed.topics.find((topic) => topic.topicId === image?.id)?.partitions ?? []
      return {
        name,
        topicId,
        partitions: partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode:
            results.find((result) => result.partitionIndex === partitionIndex)?.errorCode ??
            (image === undefined ? unknownTopic : errors.UNKNOWN_TOPIC_OR_PARTITION),
        })),
      }
    }),
  })
  if (known.length === 0) return answer({ topics: [] })
  const now = broker.groups.commitOffsets({ ...request, topics: known }, context.version, (later) =>
    context.answer(answer(later)),
  )
  return now && answer(now)
}
