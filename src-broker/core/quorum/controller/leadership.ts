// What the coming and going of brokers means for the partitions (Kafka: ReplicationControlManager).
import type { InputOf } from '../records.ts'
import { noLeader } from '../records.ts'
import type { Situation } from './decision.ts'
import { changePartition } from './partition-change.ts'

/**
 * These brokers lead nothing any more and leave the ISRs. An ISR that would be left empty stays as it is, without those whose
 * disk is new: leading, they would have everybody truncate to nothing.
 */
export function brokersLeave(
  { image, config }: Situation,
  leaving: ReadonlySet<number>,
  wiped: ReadonlySet<number> = new Set(),
): InputOf<'PartitionChangeRecord'>[] {
  const isFitToLead = (broker: number) => !leaving.has(broker) && image.isActive(broker)
  const changes: InputOf<'PartitionChangeRecord'>[] = []
  for (const topic of image.topics.values()) {
    const election = isUncleanAllowed({ image, config }, topic.name) ? 'unclean' : 'keep'
    for (const partition of topic.partitions) {
      if (!leaving.has(partition.leader) && !partition.isr.some((id) => leaving.has(id))) continue
      const staying = partition.isr.filter((id) => !leaving.has(id))
      const isr = staying.length > 0 ? staying : partition.isr.filter((id) => !wiped.has(id))
      const change = changePartition(partition, { isr, election, isFitToLead })
      if (change !== undefined) changes.push(change)
    }
  }
  return changes
}

/** Partitions without a leader may have one now. */
export function brokersReturn(
  { image, config }: Situation,
  returning: ReadonlySet<number>,
): InputOf<'PartitionChangeRecord'>[] {
  const isFitToLead = (broker: number) => returning.has(broker) || image.isActive(broker)
  const changes: InputOf<'PartitionChangeRecord'>[] = []
  for (const topic of image.topics.values()) {
    const election = isUncleanAllowed({ image, config }, topic.name) ? 'unclean' : 'keep'
    for (const partition of topic.partitions) {
      if (partition.leader !== noLeader) continue
      const change = changePartition(partition, { election, isFitToLead })
      if (change !== undefined) changes.push(change)
    }
  }
  return changes
}

/** Preferred leaders that are back in sync lead again, so that the load is even. */
export function preferredLeadersReturn({ image }: Situation): InputOf<'PartitionChangeRecord'>[] {
  const changes: InputOf<'PartitionChangeRecord'>[] = []
  for (const { partition } of image.partitions()) {
    const preferred = partition.replicas[0]!
    if (partition.leader === preferred || !partition.isr.includes(preferred) || !image.isActive(preferred)) continue
    const change = changePartition(partition, { election: 'preferred', isFitToLead: (id) => image.isActive(id) })
    if (change !== undefined) changes.push(change)
  }
  return changes
}

function isUncleanAllowed({ image, config }: Pick<Situation, 'image' | 'config'>, topic: string): boolean {
  const own = image.topicConfigs(topic).get('unclean.leader.election.enable')
  return own === undefined ? config.uncleanLeaderElectionEnable : own.trim().toLowerCase() === 'true'
}
