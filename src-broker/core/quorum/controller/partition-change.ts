// One change of one partition: the ISR it shall have, and the leader that follows from it (Kafka: PartitionChangeBuilder).
import type { PartitionImage } from '../image.ts'
import { type InputOf, noLeader, partitionChange } from '../records.ts'

export interface WantedChange {
  readonly isr?: readonly number[]
  /** Keep a leader that is fit, take the preferred one if it is fit, or take any living replica where the ISR has none. */
  readonly election?: 'keep' | 'preferred' | 'unclean'
  readonly leaderRecoveryState?: number
  readonly isFitToLead: (broker: number) => boolean
}

/** Undefined where nothing would change. */
export function changePartition(
  partition: PartitionImage,
  wanted: WantedChange,
): InputOf<'PartitionChangeRecord'> | undefined {
  // The last member stays: without it nobody would know who has all committed records.
  const isr = wanted.isr === undefined || wanted.isr.length === 0 ? partition.isr : wanted.isr
  const { leader, isUnclean } = elect(partition, isr, wanted)
  const newIsr = isUnclean ? [leader] : isr
  const leaderRecoveryState = isUnclean ? 1 : (wanted.leaderRecoveryState ?? partition.leaderRecoveryState)
  const change = {
    ...(!isSame(newIsr, partition.isr) && { isr: [...newIsr] }),
    ...(leader !== partition.leader && { leader }),
    ...(leaderRecoveryState !== partition.leaderRecoveryState && { leaderRecoveryState }),
  }
  if (Object.keys(change).length === 0) return undefined
  return partitionChange(partition.topicId, partition.partition, change)
}

function elect(
  partition: PartitionImage,
  isr: readonly number[],
  { election, isFitToLead }: WantedChange,
): { readonly leader: number; readonly isUnclean: boolean } {
  const { leader, replicas } = partition
  const mayLead = (broker: number) => isr.includes(broker) && isFitToLead(broker)
  const preferred = replicas[0]!
  if (election === 'preferred' && mayLead(preferred)) return { leader: preferred, isUnclean: false }
  if (mayLead(leader)) return { leader, isUnclean: false }
  const inSync = replicas.find(mayLead)
  if (inSync !== undefined) return { leader: inSync, isUnclean: false }
  const alive = election === 'unclean' ? replicas.find(isFitToLead) : undefined
  if (alive !== undefined) return { leader: alive, isUnclean: true }
  return { leader: noLeader, isUnclean: false }
}

const isSame = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((id, index) => id === b[index])
