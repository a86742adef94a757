import type { TopicMatrix } from '../../../src-main/contract/cluster.ts'
import type { TopicDetail, TopicPartition } from '../../../src-main/contract/topics.ts'

export interface LivePartition extends TopicPartition {
  /** Known of the owned cluster only. */
  readonly eligibleLeaderReplicas: readonly number[]
}

/** The description as it was asked for, with what the live view knows better. */
export function livePartitions(detail: TopicDetail, matrix: TopicMatrix | undefined): readonly LivePartition[] {
  if (matrix === undefined) return detail.partitions.map((each) => ({ ...each, eligibleLeaderReplicas: [] }))
  const known = new Map(detail.partitions.map((partition) => [partition.partition, partition]))
  return matrix.partitions.map((partition) => {
    const leader = partition.replicas.find((replica) => replica.role === 'leader')
    const described = known.get(partition.partition)
    return {
      partition: partition.partition,
      leader: partition.leader,
      leaderEpoch: partition.leaderEpoch,
      replicas: described?.replicas ?? partition.replicas.map((replica) => replica.brokerId),
      isr: partition.isr,
      eligibleLeaderReplicas: partition.eligibleLeaderReplicas,
      logStartOffset: leader?.logStartOffset ?? described?.logStartOffset ?? 0,
      highWatermark: leader?.highWatermark ?? described?.highWatermark ?? 0,
      logEndOffsets: partition.replicas.map(({ brokerId, logEndOffset }) => ({ brokerId, logEndOffset })),
    }
  })
}
