// CreateTopics. Every topic is judged for itself; what is right of a request is done. Error texts are Kafka's.
import { randomUuid, zeroUuid } from '../../../base/uuid.ts'
import { errors } from '../../../protocol/errors.ts'
import { describeTopicConfigs } from '../../config/describe-configs.ts'
import { topicConfigsProblem } from '../../config/validate-configs.ts'
import type { CreateTopicsRequest, CreateTopicsResponse } from '../controller-apis.ts'
import { type MetadataImage, topicResource } from '../image.ts'
import type { InputOf, MetadataRecordInput } from '../records.ts'
import { collisionKey, topicNameProblem } from '../topic-names.ts'
import { assignmentProblem, newPartition, placed } from './assignment.ts'
import { type ApiError, type Decision, duplicates, isError, refuse, type Situation } from './decision.ts'

type TopicRequest = CreateTopicsRequest['topics'][number]
type TopicResult = CreateTopicsResponse['topics'][number]

/** The most partitions that one request may create. */
export const partitionsPerRequestMax = 10_000

export function createTopics(situation: Situation, request: CreateTopicsRequest): Decision<CreateTopicsResponse> {
  const { image } = situation
  const twice = duplicates(request.topics.map(({ name }) => name))
  const taken = new Map([...image.topics.keys()].map((name) => [collisionKey(name), name]))
  const records: MetadataRecordInput[] = []
  const seen = new Set<string>()
  const topics: TopicResult[] = []
  let partitionCount = 0
  for (const topic of request.topics) {
    if (seen.has(topic.name)) continue
    seen.add(topic.name)
    const created = twice.has(topic.name)
      ? refuse(errors.INVALID_REQUEST, 'Duplicate topic name.')
      : (nameProblem(image, taken, topic.name) ?? createTopic(situation, topic))
    if (isError(created)) {
      topics.push(refused(topic.name, created))
      continue
    }
    partitionCount += created.result.numPartitions
    if (partitionCount > partitionsPerRequestMax) {
      return { records: [], response: { topics: request.topics.map(({ name }) => refused(name, tooManyPartitions)) } }
    }
    for (const record of created.records) records.push(record)
    topics.push(created.result)
  }
  return { records: request.validateOnly ? [] : records, response: { topics } }
}

export const tooManyPartitions = refuse(errors.POLICY_VIOLATION, 'Excessively large number of partitions per request.')

function nameProblem(image: MetadataImage, taken: ReadonlyMap<string, string>, name: string): ApiError | undefined {
  if (image.topics.has(name)) return refuse(errors.TOPIC_ALREADY_EXISTS, `Topic '${name}' already exists.`)
  const invalid = topicNameProblem(name)
  if (invalid !== undefined) return refuse(errors.INVALID_TOPIC_EXCEPTION, `Topic name is invalid: ${invalid}`)
  const other = taken.get(collisionKey(name))
  if (other === undefined) return undefined
  return refuse(errors.INVALID_TOPIC_EXCEPTION, `Topic '${name}' collides with existing topic: ${other}`)
}

function createTopic(
  situation: Situation,
  topic: TopicRequest,
): { readonly records: MetadataRecordInput[]; readonly result: TopicResult } | ApiError {
  const { image, config, random } = situation
  const unset = topic.configs.filter(({ value }) => value === null)
  if (unset.length > 0) {
    const names = unset.map(({ name }) => name).join(',')
    return refuse(errors.INVALID_CONFIG, `Null value not supported for topic configs: ${names}`)
  }
  const configs = new Map(topic.configs.map(({ name, value }) => [name, value!]))
  const problem = topicConfigsProblem(configs)
  if (problem !== undefined) return refuse(errors.INVALID_CONFIG, problem)
  const replicas = topic.assignments.length > 0 ? byHand(image, topic) : byPlacement(situation, topic)
  if (isError(replicas)) return replicas

  const topicId = randomUuid(random)
  const records: MetadataRecordInput[] = [
    { type: 'TopicRecord', name: topic.name, topicId },
    ...[...configs].map(([name, value]) => topicConfigRecord(topic.name, name, value)),
    ...replicas.map((ids, partition) => newPartition(image, topicId, partition, ids)),
  ]
  const result = {
    name: topic.name,
    topicId,
    errorCode: errors.NONE,
    errorMessage: null,
    numPartitions: replicas.length,
    replicationFactor: replicas[0]!.length,
    configs: describeTopicConfigs({ brokerId: -1, config, image }, configs).map(
      ({ name, value, readOnly, source, isSensitive }) => ({
        name,
        value,
        readOnly,
        configSource: source,
        isSensitive,
      }),
    ),
  }
  return { records, result }
}

function byPlacement(situation: Situation, { numPartitions, replicationFactor }: TopicRequest): number[][] | ApiError {
  const { numPartitions: partitionsByDefault, defaultReplicationFactor } = situation.config
  if (replicationFactor < -1 || replicationFactor === 0) {
    return refuse(
      errors.INVALID_REPLICATION_FACTOR,
      'Replication factor must be larger than 0, or -1 to use the default value.',
    )
  }
  if (numPartitions < -1 || numPartitions === 0) {
    return refuse(errors.INVALID_PARTITIONS, 'Number of partitions was set to an invalid non-positive value.')
  }
  const partitionCount = numPartitions === -1 ? partitionsByDefault : numPartitions
  if (partitionCount > partitionsPerRequestMax) {
    return tooManyPartitions
  }
  return placed(situation, partitionCount, replicationFactor === -1 ? defaultReplicationFactor : replicationFactor)
}

function byHand(
  image: MetadataImage,
  { assignments, numPartitions, replicationFactor }: TopicRequest,
): number[][] | ApiError {
  const manual = 'A manual partition assignment was specified, but'
  if (replicationFactor !== -1) return refuse(errors.INVALID_REQUEST, `${manual} replication factor was not set to -1.`)
  if (numPartitions !== -1) return refuse(errors.INVALID_REQUEST, `${manual} numPartitions was not set to -1.`)
  if (assignments.length > partitionsPerRequestMax) return tooManyPartitions
  const replicas: number[][] = []
  for (const { partitionIndex, brokerIds } of assignments) {
    if (replicas[partitionIndex] !== undefined) {
      return refuse(
        errors.INVALID_REPLICA_ASSIGNMENT,
        `Found multiple manual partition assignments for partition ${partitionIndex}`,
      )
    }
    const problem = assignmentProblem(image, partitionIndex, brokerIds, assignments[0]!.brokerIds.length)
    if (problem !== undefined) return problem
    if (partitionIndex < 0 || partitionIndex >= assignments.length) {
      return refuse(errors.INVALID_REPLICA_ASSIGNMENT, 'partitions should be a consecutive 0-based integer sequence')
    }
    replicas[partitionIndex] = [...brokerIds]
  }
  return replicas
}

const topicConfigRecord = (topic: string, name: string, value: string): InputOf<'ConfigRecord'> => ({
  type: 'ConfigRecord',
  resourceType: topicResource,
  resourceName: topic,
  name,
  value,
})

const refused = (name: string, { errorCode, errorMessage }: ApiError): TopicResult => ({
  name,
  topicId: zeroUuid,
  errorCode,
  errorMessage,
  numPartitions: -1,
  replicationFactor: -1,
  configs: [],
})
