// What the coming and going of brokers means for the partitions (Kafka: ReplicationControlManager).
import type { PartitionImage } from '../image.ts'
import type { InputOf } from '../records.ts'
import { noLeader } from '../records.ts'
import type { Situation } from './decision.ts'
import { changePartition, type WantedChange } from './partition-change.ts'
import { electionOf, topicRules } from './topic-rules.ts'

type Change = InputOf<'PartitionChangeRecord'>
type Brokers = ReadonlySet<number>

const none: Brokers = new Set()

/** These brokers lead nothing any more and leave the ISRs. What they have is safe: some become eligible instead. */
export function brokersLeave(situation: Situation, leaving: Brokers): Change[] {
  return changeAll(situation, (partition) => {
    if (!leaving.has(partition.leader) && !partition.isr.some((id) => leaving.has(id))) return undefined
    return { isr: partition.isr.filter((id) => !leaving.has(id)), isFitToLead: staysActive(situation, leaving) }
  })
}

/**
 * These brokers have started again, all in one step. `unclean`: those among them that were not stopped in an orderly way, and may
 * have lost what they had not flushed; `wiped`: those whose disk is another one. They are in no ISR and not eligible. An ISR of
 * which nobody else is heard of, though, keeps those that were stopped cleanly: nothing was committed without them. Where that is all
 * of it, the leader goes on in its epoch, with the log as it was: nothing has to be decided of thousands of partitions.
 */
export function brokersRestart(
  situation: Situation,
  restarted: Brokers,
  unclean: Brokers,
  wiped: Brokers = none,
): Change[] {
  const isFitToLead = staysActive(situation, restarted)
  const isAsItWas = (id: number) => restarted.has(id) && !unclean.has(id)
  return changeAll(situation, (partition) => {
    const { isr, leader, eligibleLeaderReplicas, lastKnownElr } = partition
    if (isr.includes(leader) && eligibleLeaderReplicas.length === 0 && isr.every(isAsItWas)) return undefined
    const isConcerned =
      restarted.has(leader) ||
      isr.some((id) => restarted.has(id)) ||
      eligibleLeaderReplicas.some((id) => unclean.has(id)) ||
      lastKnownElr.some((id) => wiped.has(id))
    if (!isConcerned) return undefined
    const isLivedOn = isr.some((id) => !restarted.has(id) && situation.hasSession(id))
    const newIsr = isr.filter((id) => (isLivedOn ? !restarted.has(id) : !unclean.has(id)))
    return { isr: newIsr, unclean, wiped, isFitToLead }
  })
}

/** Partitions without a leader may have one now, and those of a whole cluster that starts again their preferred one. */
export function brokersReturn(situation: Situation, returning: Brokers = none): Change[] {
  const { image } = situation
  const isFitToLead = (broker: number) => returning.has(broker) || image.isActive(broker)
  return changeAll(situation, (partition) => {
    const { leader, replicas } = partition
    if (returning.has(leader)) return leader === replicas[0] ? undefined : { election: 'preferred', isFitToLead }
    if (image.leaderOf(partition) !== noLeader) return undefined
    const isOnItsWay = leader !== noLeader && situation.hasSession(leader)
    return isOnItsWay ? undefined : { isFitToLead }
  })
}

/** Preferred leaders that are back in sync lead again, so that the load is even. */
export function preferredLeadersReturn(situation: Situation): Change[] {
  const isFitToLead = (broker: number) => situation.image.isActive(broker)
  return changeAll(situation, ({ leader, isr, replicas }) => {
    const preferred = replicas[0]!
    if (leader === preferred || !isr.includes(preferred) || !isFitToLead(preferred)) return undefined
    return { election: 'preferred', isFitToLead }
  })
}

/** `want` says what is to become of a partition, or undefined where it is not concerned. */
function changeAll(
  situation: Situation,
  want: (partition: PartitionImage) => Omit<WantedChange, 'minInsyncReplicas'> | undefined,
): Change[] {
  const changes: Change[] = []
  for (const topic of situation.image.topics.values()) {
    for (const partition of topic.partitions) {
      const wanted = want(partition)
      if (wanted === undefined) continue
      const rules = topicRules(situation, topic.name)
      const change = changePartition(partition, { election: electionOf(situation, topic.name), ...rules, ...wanted })
      if (change !== undefined) changes.push(change)
    }
  }
  return changes
}

const staysActive =
  ({ image }: Situation, leaving: Brokers) =>
  (broker: number) =>
    !leaving.has(broker) && image.isActive(broker)
