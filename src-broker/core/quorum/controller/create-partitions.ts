// CreatePartitions: topics only grow. One result a topic.
import { errors } from '../../../protocol/errors.ts'
import type { CreatePartitionsRequest, CreatePartitionsResponse } from '../controller-apis.ts'
import type { InputOf } from '../records.ts'
import { assignmentProblem, newPartition, placed } from './assignment.ts'
import { partitionsPerRequestMax, tooManyPartitions } from './create-topics.ts'
import { type ApiError, type Decision, duplicates, isError, noError, refuse, type Situation } from './decision.ts'

type TopicRequest = CreatePartitionsRequest['topics'][number]

export function createPartitions(
  situation: Situation,
  request: CreatePartitionsRequest,
): Decision<CreatePartitionsResponse> {
  const twice = duplicates(request.topics.map(({ name }) => name))
  const records: InputOf<'PartitionRecord'>[] = []
  const results = new Map<string, ApiError>()
  for (const topic of request.topics) {
    if (results.has(topic.name)) continue
    const added = twice.has(topic.name)
      ? refuse(errors.INVALID_REQUEST, 'Duplicate topic name.')
      : grow(situation, topic)
    results.set(topic.name, isError(added) ? added : noError)
    if (isError(added)) continue
    if (records.length + added.length > partitionsPerRequestMax) {
      const results = request.topics.map(({ name }) => ({ name, ...tooManyPartitions }))
      return { records: [], response: { results } }
    }
    for (const record of added) records.push(record)
  }
  return {
    records: request.validateOnly ? [] : records,
    response: { results: [...results].map(([name, error]) => ({ name, ...error })) },
  }
}

function grow(
  situation: Situation,
  { name, count, assignments }: TopicRequest,
): InputOf<'PartitionRecord'>[] | ApiError {
  const { image } = situation
  const topic = image.topics.get(name)
  if (topic === undefined) return refuse(errors.UNKNOWN_TOPIC_OR_PARTITION)
  const have = topic.partitions.length
  if (count === have) return refuse(errors.INVALID_PARTITIONS, `Topic already has ${have} partition(s).`)
  if (count < have) {
    return refuse(
      errors.INVALID_PARTITIONS,
      `The topic ${name} currently has ${have} partition(s); ${count} would not be an increase.`,
    )
  }
  const additional = count - have
  if (additional > partitionsPerRequestMax) {
    return tooManyPartitions
  }
  if (assignments !== null && assignments.length !== additional) {
    return refuse(
      errors.INVALID_REPLICA_ASSIGNMENT,
      `Attempted to add ${additional} additional partition(s), but only ${assignments.length} assignment(s) were specified.`,
    )
  }
  const replicationFactor = topic.partitions[0]!.replicas.length
  for (const [index, { brokerIds }] of (assignments ?? []).entries()) {
    const problem = assignmentProblem(image, have + index, brokerIds, replicationFactor)
    if (problem !== undefined) return problem
  }
  const replicas =
    assignments?.map(({ brokerIds }) => [...brokerIds]) ?? placed(situation, additional, replicationFactor)
  if (isError(replicas)) return replicas
  return replicas.map((ids, index) => newPartition(image, topic.id, have + index, ids))
}
