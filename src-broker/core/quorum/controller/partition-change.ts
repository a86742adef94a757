// One change of one partition: what is wanted, what follows from it for leader, ISR and ELR, and whether a reassignment ends
// with it (Kafka: PartitionChangeBuilder; KIP-455, KIP-966).
import { type Uuid, zeroUuid } from '../../../base/uuid.ts'
import type { PartitionImage } from '../image.ts'
import { type InputOf, noLeader, partitionChange, recovering } from '../records.ts'

export interface WantedChange {
  readonly isr?: readonly number[]
  /** Those that are added and those that are to go included. */
  readonly replicas?: readonly number[]
  readonly addingReplicas?: readonly number[]
  readonly removingReplicas?: readonly number[]
  /** Keep a leader that is fit, take the preferred one if it is fit, or take any living replica where nobody eligible is. */
  readonly election?: 'keep' | 'preferred' | 'unclean'
  readonly leaderRecoveryState?: number
  /** Of the topic. */
  readonly minInsyncReplicas: number
  /** Brokers that may have lost what they had not flushed: they are eligible for nothing. */
  readonly unclean?: ReadonlySet<number>
  /** Brokers that have lost everything. */
  readonly wiped?: ReadonlySet<number>
  readonly isFitToLead: (broker: number) => boolean
  /** The log directory that a broker would put a new replica in. */
  readonly directoryOf?: (broker: number) => Uuid
}

type Change = InputOf<'PartitionChangeRecord'>

/** What a partition is to be; the ELR follows from it. */
interface Target {
  readonly replicas: readonly number[]
  readonly addingReplicas: readonly number[]
  readonly removingReplicas: readonly number[]
  readonly isr: readonly number[]
}

const none: ReadonlySet<number> = new Set()

/** Undefined where nothing would change. */
export function changePartition(partition: PartitionImage, wanted: WantedChange): Change | undefined {
  const target = withReassignmentDone({
    replicas: wanted.replicas ?? partition.replicas,
    addingReplicas: wanted.addingReplicas ?? partition.addingReplicas,
    removingReplicas: wanted.removingReplicas ?? partition.removingReplicas,
    isr: wanted.isr ?? partition.isr,
  })
  const lastKnown = lastKnownLeader(partition, target, wanted)
  const { leader, isr, isUnclean } = elect(partition, target, lastKnown, wanted)
  const { replicas, addingReplicas, removingReplicas } = target
  const eligibleLeaderReplicas = eligible(partition, replicas, isr, wanted)
  const lastKnownElr = isr.length === 0 && lastKnown !== noLeader ? [lastKnown] : []
  const leaderRecoveryState = isUnclean ? recovering : (wanted.leaderRecoveryState ?? partition.leaderRecoveryState)
  // Also where the leader stays: whoever no longer belongs must not go on in an epoch in which it did.
  const isReplicaGone = partition.replicas.some((id) => !replicas.includes(id))
  const change = {
    ...(!isSame(replicas, partition.replicas) && {
      replicas: [...replicas],
      directories: replicas.map((id) => directoryOf(partition, id, wanted)),
    }),
    ...(!isSame(addingReplicas, partition.addingReplicas) && { addingReplicas: [...addingReplicas] }),
    ...(!isSame(removingReplicas, partition.removingReplicas) && { removingReplicas: [...removingReplicas] }),
    ...(!isSame(isr, partition.isr) && { isr: [...isr] }),
    ...((leader !== partition.leader || isReplicaGone) && { leader }),
    ...(leaderRecoveryState !== partition.leaderRecoveryState && { leaderRecoveryState }),
    ...(!isSame(eligibleLeaderReplicas, partition.eligibleLeaderReplicas) && { eligibleLeaderReplicas }),
    ...(!isSame(lastKnownElr, partition.lastKnownElr) && { lastKnownElr }),
  }
  if (Object.keys(change).length === 0) return undefined
  return partitionChange(partition.topicId, partition.partition, change)
}

/** A reassignment is over once everybody that is added is in sync: only then may those go that are replaced. */
function withReassignmentDone(target: Target): Target {
  const { addingReplicas, removingReplicas } = target
  if (addingReplicas.length + removingReplicas.length === 0) return target
  const isr = without(target.isr, removingReplicas)
  if (isr.length === 0 || !addingReplicas.every((id) => isr.includes(id))) return target
  return { isr, replicas: without(target.replicas, removingReplicas), addingReplicas: [], removingReplicas: [] }
}

/**
 * Who led last before nobody was in sync any more: where nobody is eligible either, it is the best guess. One that a cancelled
 * reassignment has sent away is none; who was eligible then has as much.
 */
function lastKnownLeader(partition: PartitionImage, { isr, replicas }: Target, { wiped = none }: WantedChange): number {
  if (isr.length > 0) return noLeader
  const { leader, lastKnownElr, isr: isrBefore, eligibleLeaderReplicas } = partition
  const known = [leader, ...lastKnownElr, ...isrBefore, ...eligibleLeaderReplicas].find((id) => replicas.includes(id))
  // With an empty disk it would have everybody else truncate to nothing, save where there is nobody else.
  const isSafe = known !== undefined && (!wiped.has(known) || replicas.length === 1)
  return isSafe ? known : noLeader
}

/** From the ISR, else from the ELR, else whoever led last, else, where that is allowed, anybody alive. */
function elect(
  partition: PartitionImage,
  { isr, replicas }: Target,
  lastKnown: number,
  { election, isFitToLead, unclean = none }: WantedChange,
): { readonly leader: number; readonly isr: readonly number[]; readonly isUnclean: boolean } {
  const clean = (leader: number, newIsr: readonly number[]) => ({ leader, isr: newIsr, isUnclean: false })
  const isInSync = (broker: number) => isr.includes(broker) && isFitToLead(broker)
  const preferred = replicas[0]!
  if (election === 'preferred' && isInSync(preferred)) return clean(preferred, isr)
  if (isInSync(partition.leader)) return clean(partition.leader, isr)
  const inSync = replicas.find(isInSync)
  if (inSync !== undefined) return clean(inSync, isr)
  const { eligibleLeaderReplicas: elr } = partition
  const eligibleLeader = replicas.find((id) => elr.includes(id) && !unclean.has(id) && isFitToLead(id))
  if (eligibleLeader !== undefined) return clean(eligibleLeader, [eligibleLeader])
  const isNobodyEligible = isr.length === 0 && elr.every((id) => unclean.has(id))
  const guess =
    isNobodyEligible && lastKnown !== noLeader && isFitToLead(lastKnown)
      ? lastKnown
      : election === 'unclean'
        ? replicas.find(isFitToLead)
        : undefined
  return guess === undefined ? clean(noLeader, isr) : { leader: guess, isr: [guess], isUnclean: true }
}

/**
 * Replicas outside the ISR that have everything committed: those that left it while it was too small for the high watermark to
 * move without them. None where the ISR is large enough.
 */
function eligible(
  partition: PartitionImage,
  replicas: readonly number[],
  isr: readonly number[],
  { minInsyncReplicas, unclean = none }: WantedChange,
): readonly number[] {
  if (isr.length >= Math.min(minInsyncReplicas, replicas.length)) return []
  const { isr: isrBefore, eligibleLeaderReplicas: before } = partition
  const isEligible = (id: number) => before.includes(id) || isrBefore.includes(id)
  return replicas.filter((id) => isEligible(id) && !isr.includes(id) && !unclean.has(id))
}

function directoryOf(partition: PartitionImage, broker: number, wanted: WantedChange): Uuid {
  const index = partition.replicas.indexOf(broker)
  return partition.directories[index] ?? wanted.directoryOf?.(broker) ?? zeroUuid
}

const without = (all: readonly number[], some: readonly number[]): readonly number[] =>
  all.filter((id) => !some.includes(id))

const isSame = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((id, index) => id === b[index])
