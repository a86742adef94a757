// Replicas of new partitions: given by hand, or placed; either way written as PartitionRecords.
import type { Uuid } from '../../../base/uuid.ts'
import { errors } from '../../../protocol/errors.ts'
import type { MetadataImage } from '../image.ts'
import type { InputOf } from '../records.ts'
import { type ApiError, refuse, type Situation } from './decision.ts'
import { placeReplicas } from './placement.ts'

/** The replicas of each new partition, or why there are none. */
export function placed(
  { image, random }: Situation,
  partitionCount: number,
  replicationFactor: number,
): number[][] | ApiError {
  const unable = (why: string) =>
    refuse(errors.INVALID_REPLICATION_FACTOR, `Unable to replicate the partition ${replicationFactor} time(s): ${why}`)
  const brokers = [...image.brokers.values()].filter(({ inControlledShutdown }) => !inControlledShutdown)
  if (!brokers.some(({ fenced }) => !fenced)) return unable('All brokers are currently fenced.')
  return (
    placeReplicas(image, partitionCount, replicationFactor, random) ??
    unable(
      `The target replication factor of ${replicationFactor} cannot be reached because only ${brokers.length} broker(s) are registered or some brokers have all their log directories cordoned.`,
    )
  )
}

/** Why replicas given by hand cannot be; undefined where they can. */
export function assignmentProblem(
  image: MetadataImage,
  partition: number,
  replicas: readonly number[],
  replicationFactor: number,
): ApiError | undefined {
  const problem = replicasProblem(image, replicas)
  if (problem !== undefined) return problem
  if (replicas.length !== replicationFactor) {
    return wrong(
      `${manual} a partition with ${replicas.length} replica(s), but this is not consistent with previous partitions, which have ${replicationFactor} replica(s).`,
    )
  }
  if (!replicas.some((id) => image.isActive(id))) {
    return wrong(
      `All brokers specified in the manual partition assignment for partition ${partition} are fenced or in controlled shutdown.`,
    )
  }
  return undefined
}

/** Why these cannot be the replicas of any partition; undefined where they can. */
export function replicasProblem(image: MetadataImage, replicas: readonly number[]): ApiError | undefined {
  if (replicas.length === 0) return wrong(`${manual} an empty replica list.`)
  const sorted = [...replicas].sort((a, b) => a - b)
  for (const [index, id] of sorted.entries()) {
    if (!image.brokers.has(id)) return wrong(`${manual} broker ${id}, but no such broker is registered.`)
    if (sorted[index - 1] === id) return wrong(`${manual} the broker ${id} more than once.`)
  }
  return undefined
}

const manual = 'The manual partition assignment includes'
const wrong = (what: string): ApiError => refuse(errors.INVALID_REPLICA_ASSIGNMENT, what)

/** A partition as it begins: in sync are those replicas that are alive, the first of them leads. */
export function newPartition(
  image: MetadataImage,
  topicId: Uuid,
  partitionId: number,
  replicas: readonly number[],
): InputOf<'PartitionRecord'> {
  const isr = replicas.filter((id) => image.isActive(id))
  return {
    type: 'PartitionRecord',
    partitionId,
    topicId,
    replicas,
    isr,
    removingReplicas: [],
    addingReplicas: [],
    leader: isr[0]!,
    leaderEpoch: 0,
    partitionEpoch: 0,
    directories: replicas.map((id) => image.directoryOf(id)),
  }
}
