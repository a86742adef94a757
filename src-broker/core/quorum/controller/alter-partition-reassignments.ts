// AlterPartitionReassignments and ListPartitionReassignments (KIP-455). A partition that is reassigned has all its replicas, old and
// new, until every new one is in sync: then, with the ISR change that brings the last of them, the old ones go
// (`changePartition`). So there are never fewer copies on the way, and writing goes on.
import { errors } from '../../../protocol/errors.ts'
import type {
  AlterPartitionReassignmentsRequest,
  AlterPartitionReassignmentsResponse,
  ListPartitionReassignmentsRequest,
  ListPartitionReassignmentsResponse,
} from '../controller-apis.ts'
import type { PartitionImage } from '../image.ts'
import type { InputOf } from '../records.ts'
import { replicasProblem } from './assignment.ts'
import { type ApiError, type Decision, duplicates, isError, noError, refuse, type Situation } from './decision.ts'
import { changePartition, type WantedChange } from './partition-change.ts'
import { topicRules } from './topic-rules.ts'

type PartitionRequest = AlterPartitionReassignmentsRequest['topics'][number]['partitions'][number]
type Wanted = Pick<WantedChange, 'replicas' | 'addingReplicas' | 'removingReplicas' | 'isr'>

export function alterPartitionReassignments(
  situation: Situation,
  request: AlterPartitionReassignmentsRequest,
): Decision<AlterPartitionReassignmentsResponse> {
  const records: InputOf<'PartitionChangeRecord'>[] = []
  const twice = duplicates(
    request.topics.flatMap(({ name, partitions }) => partitions.map((asked) => `${name}-${asked.partitionIndex}`)),
  )
  const responses = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map((asked) => {
      const outcome = twice.has(`${name}-${asked.partitionIndex}`)
        ? refuse(errors.INVALID_REQUEST, 'The partition appears more than once.')
        : reassign(situation, name, asked, request.allowReplicationFactorChange, records)
      return { partitionIndex: asked.partitionIndex, ...outcome }
    }),
  }))
  return { records, response: { ...noError, responses } }
}

function reassign(
  situation: Situation,
  topic: string,
  { partitionIndex, replicas }: PartitionRequest,
  mayChangeFactor: boolean,
  records: InputOf<'PartitionChangeRecord'>[],
): ApiError {
  const { image } = situation
  const unknown = (what: string) => refuse(errors.UNKNOWN_TOPIC_OR_PARTITION, `Unable to find ${what}.`)
  if (!image.topics.has(topic)) return unknown(`a topic named ${topic}`)
  const partition = image.partition(topic, partitionIndex)
  if (partition === undefined) return unknown(`partition ${topic}:${partitionIndex}`)
  const wanted =
    replicas === null ? cancelled(partition, topic) : target(situation, partition, replicas, mayChangeFactor)
  if (isError(wanted)) return wanted
  const isFitToLead = (id: number) => image.isActive(id)
  const change = changePartition(partition, { ...wanted, isFitToLead, ...topicRules(situation, topic) })
  if (change !== undefined) records.push(change)
  return noError
}

/** What is under way is given up for it: replicas that were coming and are not wanted any more go at once. */
function target(
  { image }: Situation,
  partition: PartitionImage,
  replicas: readonly number[],
  mayChangeFactor: boolean,
): Wanted | ApiError {
  const problem = replicasProblem(image, replicas)
  if (problem !== undefined) return problem
  const before = originalReplicas(partition)
  if (!mayChangeFactor && before.length !== replicas.length) {
    return refuse(
      errors.INVALID_REPLICATION_FACTOR,
      `The replication factor is changed from ${before.length} to ${replicas.length}`,
    )
  }
  const removingReplicas = before.filter((id) => !replicas.includes(id))
  const all = [...replicas, ...removingReplicas]
  const isr = partition.isr.filter((id) => all.includes(id))
  if (isNobodyLeft(partition, all)) {
    return refuse(errors.INVALID_REPLICA_ASSIGNMENT, 'None of the replicas that would be left is in sync.')
  }
  const addingReplicas = replicas.filter((id) => !before.includes(id))
  return { replicas: all, addingReplicas, removingReplicas, isr }
}

/** Back to the replicas from before, without those that were coming. */
function cancelled(partition: PartitionImage, topic: string): Wanted | ApiError {
  if (!isReassigned(partition)) {
    return refuse(errors.NO_REASSIGNMENT_IN_PROGRESS, 'No partition reassignment is in progress.')
  }
  const replicas = originalReplicas(partition)
  const isr = partition.isr.filter((id) => replicas.includes(id))
  if (isNobodyLeft(partition, replicas)) {
    const name = `${topic}:${partition.partition}`
    const why = `Unable to revert partition assignment for ${name} because it would require an unclean leader election.`
    return refuse(errors.INVALID_REPLICA_ASSIGNMENT, why)
  }
  return { replicas, addingReplicas: [], removingReplicas: [], isr }
}

/** Of those that may have everything: who is in sync, or where nobody is, who is eligible or led last. */
function isNobodyLeft(
  { isr, eligibleLeaderReplicas, lastKnownElr }: PartitionImage,
  replicas: readonly number[],
): boolean {
  const known = isr.length > 0 ? isr : [...eligibleLeaderReplicas, ...lastKnownElr]
  return known.length > 0 && !known.some((id) => replicas.includes(id))
}

export function listPartitionReassignments(
  { image }: Situation,
  { topics }: ListPartitionReassignmentsRequest,
): Decision<ListPartitionReassignmentsResponse> {
  const asked =
    topics ?? [...image.topics.values()].map(({ name, partitions }) => everythingOf(name, partitions.length))
  const underWay = asked.map(({ name, partitionIndexes }) => ({
    name,
    partitions: partitionIndexes.flatMap((partitionIndex) => {
      const partition = image.partition(name, partitionIndex)
      if (partition === undefined || !isReassigned(partition)) return []
      const { replicas, addingReplicas, removingReplicas } = partition
      return [{ partitionIndex, replicas, addingReplicas, removingReplicas }]
    }),
  }))
  return { records: [], response: { ...noError, topics: underWay.filter(({ partitions }) => partitions.length > 0) } }
}

const everythingOf = (name: string, count: number) => ({
  name,
  partitionIndexes: Array.from({ length: count }, (_, index) => index),
})

const originalReplicas = ({ replicas, addingReplicas }: PartitionImage): readonly number[] =>
  replicas.filter((id) => !addingReplicas.includes(id))

const isReassigned = ({ addingReplicas, removingReplicas }: PartitionImage): boolean =>
  addingReplicas.length + removingReplicas.length > 0
