// How the cluster is, as its own metadata has it.
import type { MetadataImage } from '../../src-broker/core/quorum/image.ts'
import type { Cluster } from './cluster.ts'
import { obsoleteRecords } from './logged.ts'
import type { Machine } from './machine.ts'

/** The metadata of whoever knows most. */
export function newestImage(cluster: Cluster): MetadataImage | undefined {
  let newest: MetadataImage | undefined
  for (const { broker } of cluster.machines) {
    if (broker !== undefined && broker.image.endOffset > (newest?.endOffset ?? -1)) newest = broker.image
  }
  return newest
}

/** Whether a broker is the coordinator of a group, also by what others know. One that is cut off may think so for a while. */
export function isCoordinator(cluster: Cluster, brokerId: number, groupId: string): boolean {
  const partition = cluster.machine(brokerId)?.broker?.groups.partitionFor(groupId)
  return newestImage(cluster)?.topics.get('__consumer_offsets')?.partitions[partition ?? -1]?.leader === brokerId
}

/** Why it is not whole; undefined where everybody serves, agrees and is in sync. */
export function whatIsMissing(cluster: Cluster): string | undefined {
  const image = newestImage(cluster)
  for (const { id, broker, isServing } of cluster.machines) {
    if (broker === undefined || !isServing) return `broker ${id} does not serve`
    if (broker.image.endOffset !== image!.endOffset) return `broker ${id} has not replayed the metadata`
    if (broker.quorum.isFenced) return `broker ${id} is fenced`
    if (image!.brokers.get(id)?.epoch !== broker.quorum.brokerEpoch) return `broker ${id} is not registered`
  }
  for (const { topic, partition } of image!.partitions()) {
    const name = `${topic.name}-${partition.partition}`
    if (partition.leader < 0) return `${name} has no leader`
    if (partition.isr.length < partition.replicas.length) return `${name} has only ${partition.isr} in sync`
    const leader = cluster.machine(partition.leader)?.broker?.replicas.get(topic.name, partition.partition)
    if (leader?.leader?.epoch !== partition.leaderEpoch) return `${name} is not led by ${partition.leader} yet`
    if (leader.highWatermark < leader.log.logEndOffset) return `${name} is committed up to ${leader.highWatermark} only`
  }
  return undefined
}

/** What there is to compact in topics that are compacted at once; undefined where each replica is done, up to its newest segment. */
export function whatIsUncompacted(cluster: Cluster): string | undefined {
  for (const machine of cluster.machines) {
    for (const { name, log } of machine.broker?.replicas.all() ?? []) {
      if (log.config.cleanupPolicy === 'delete' || log.config.minCleanableDirtyRatio > 0) continue
      const count = obsoleteRecords(machine, name, log.activeSegmentBase)
      if (count > 0) return `${machine.id}'s ${name} has ${count} records that are not the last of their key`
    }
  }
  return undefined
}

export const isWhole = (cluster: Cluster): boolean => whatIsMissing(cluster) === undefined

/**
 * Whether one broker may lose what it has not synced, and nothing that was acknowledged be lost with it (KIP-966): everybody runs,
 * with a disk that works, in a life that the controller knows, and for each partition somebody else is in the ISR, or eligible as if it were.
 */
export function maySpare(cluster: Cluster, { id }: Machine): boolean {
  const image = newestImage(cluster)
  if (image === undefined) return false
  for (const { id: other, broker, disk } of cluster.machines) {
    if (disk.faults.isDeadly === true) return false
    if (broker === undefined || image.brokers.get(other)?.epoch !== broker.quorum.brokerEpoch) return false
  }
  for (const { partition } of image.partitions()) {
    const { isr, eligibleLeaderReplicas } = partition
    if (![...isr, ...eligibleLeaderReplicas].some((member) => member !== id)) return false
  }
  return true
}

/** Whether the controller has acted on the end of a broker's life that was registered in `epoch`, and every partition is led. */
export function isTakenNoteOf(cluster: Cluster, { id }: Machine, epoch: number): boolean {
  const image = newestImage(cluster)
  const registration = image?.brokers.get(id)
  if (image === undefined || (registration?.epoch === epoch && !registration.fenced)) return false
  for (const { partition } of image.partitions()) if (partition.leader < 0) return false
  return true
}
