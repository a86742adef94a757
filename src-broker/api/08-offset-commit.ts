// OffsetCommit, versions 2–10. Topics by name, since version 10 by id; an unknown topic or partition is refused alone.
// Not implemented: member epochs of KIP-848 groups.
import type { MetadataImage } from '../core/quorum/image.ts'
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import type { offsetCommit as schema } from '../protocol/messages/08-offset-commit.ts'
import type { Handler } from './handler.ts'

type Request = RequestOf<typeof schema>
type Response = ResponseInput<typeof schema>
type TopicRequest = Request['topics'][number]

const firstVersionWithTopicIds = 10

export const offsetCommit: Handler<Request, Response> = (broker, request, context) => {
  const byId = context.version >= firstVersionWithTopicIds
  const checked = request.topics.map((topic) => check(broker.image, topic, byId))
  const known = checked.flatMap(({ known }) => (known.partitions.length > 0 ? [known] : []))

  const answer = (committed: Response): Response => ({
    topics: checked.map(({ asked, known, refusal }) => {
      const result = committed.topics.find(({ topicId }) => topicId === known.topicId)
      const codes = new Map(result?.partitions.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode]))
      return {
        name: asked.name,
        topicId: asked.topicId,
        partitions: asked.partitions.map(({ partitionIndex }) => ({
          partitionIndex,
          errorCode: codes.get(partitionIndex) ?? refusal,
        })),
      }
    }),
  })
  if (known.length === 0) return answer({ topics: [] })
  const commit = { ...request, topics: known }
  const now = broker.groups.commitOffsets(commit, context, (later) => context.answer(answer(later)))
  return now && answer(now)
}

/** What of a topic can be committed, and the error for the rest. */
function check(image: MetadataImage, asked: TopicRequest, byId: boolean) {
  const topic = byId ? image.topicsById.get(asked.topicId) : image.topics.get(asked.name)
  if (topic === undefined) {
    const refusal = byId ? errors.UNKNOWN_TOPIC_ID : errors.UNKNOWN_TOPIC_OR_PARTITION
    return { asked, known: { ...asked, partitions: [] }, refusal }
  }
  const partitions = asked.partitions.filter(({ partitionIndex }) => topic.partitions[partitionIndex] !== undefined)
  const known = { name: topic.name, topicId: topic.id, partitions }
  return { asked, known, refusal: errors.UNKNOWN_TOPIC_OR_PARTITION }
}
