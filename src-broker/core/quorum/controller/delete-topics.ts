// DeleteTopics, by name or by id.
import { zeroUuid } from '../../../base/uuid.ts'
import { errors } from '../../../protocol/errors.ts'
import type { DeleteTopicsRequest, DeleteTopicsResponse } from '../controller-apis.ts'
import type { TopicImage } from '../image.ts'
import type { InputOf } from '../records.ts'
import { type ApiError, type Decision, duplicates, noError, refuse, type Situation } from './decision.ts'

type TopicRequest = DeleteTopicsRequest['topics'][number]
type TopicResult = DeleteTopicsResponse['responses'][number]

export function deleteTopics(
  { image, config }: Situation,
  request: DeleteTopicsRequest,
): Decision<DeleteTopicsResponse> {
  const namedTwice = duplicates(request.topics.map((topic) => topic.name ?? topic.topicId))
  const records: InputOf<'RemoveTopicRecord'>[] = []
  const responses: TopicResult[] = []
  const answered = new Set<string>()
  const removed = new Set<TopicImage>()
  for (const asked of request.topics) {
    const key = asked.name ?? asked.topicId
    if (answered.has(key)) continue
    answered.add(key)
    const topic = asked.name === null ? image.topicsById.get(asked.topicId) : image.topics.get(asked.name)
    const problem = namedTwice.has(key)
      ? refuse(errors.INVALID_REQUEST, asked.name === null ? 'Duplicate topic id.' : 'Duplicate topic name.')
      : problemOf(asked, topic, removed, config.deleteTopicEnable)
    responses.push(problem === undefined ? result(topic!, topic!, noError) : result(asked, topic, problem))
    if (problem !== undefined) continue
    removed.add(topic!)
    records.push({ type: 'RemoveTopicRecord', topicId: topic!.id })
  }
  return { records, response: { responses } }
}

function problemOf(
  { name, topicId }: TopicRequest,
  topic: TopicImage | undefined,
  removed: ReadonlySet<TopicImage>,
  isEnabled: boolean,
): ApiError | undefined {
  if (!isEnabled) return refuse(errors.TOPIC_DELETION_DISABLED, 'Topic deletion is disabled.')
  if (name === null && topicId === zeroUuid) {
    return refuse(errors.INVALID_REQUEST, 'Neither topic name nor id were specified.')
  }
  if (name !== null && topicId !== zeroUuid) {
    return refuse(errors.INVALID_REQUEST, 'You may not specify both topic name and topic id.')
  }
  if (topic === undefined) {
    return name === null
      ? refuse(errors.UNKNOWN_TOPIC_ID, 'This server does not host this topic ID.')
      : refuse(errors.UNKNOWN_TOPIC_OR_PARTITION, 'This server does not host this topic-partition.')
  }
  if (!removed.has(topic)) return undefined
  return refuse(errors.INVALID_REQUEST, 'The provided topic name maps to an ID that was already supplied.')
}

const result = (
  asked: TopicRequest | TopicImage,
  topic: TopicImage | undefined,
  { errorCode, errorMessage }: ApiError,
): TopicResult => ({
  name: asked.name ?? topic?.name ?? null,
  topicId: 'id' in asked ? asked.id : asked.topicId,
  errorCode,
  errorMessage,
})
