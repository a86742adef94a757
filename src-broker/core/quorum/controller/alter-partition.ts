// AlterPartition: a leader asks for another ISR. Everything it built on must still hold (KIP-497, KIP-841, KIP-903).
import { errors } from '../../../protocol/errors.ts'
import type { AlterPartitionRequest, AlterPartitionResponse } from '../controller-apis.ts'
import type { MetadataImage, PartitionImage } from '../image.ts'
import { type InputOf, recovering } from '../records.ts'
import { staleEpochError } from './broker-lifecycle.ts'
import type { Decision, Situation } from './decision.ts'
import { changePartition } from './partition-change.ts'
import { topicRules } from './topic-rules.ts'

type PartitionRequest = AlterPartitionRequest['topics'][number]['partitions'][number]
type PartitionResponse = AlterPartitionResponse['topics'][number]['partitions'][number]

export function alterPartition(situation: Situation, request: AlterPartitionRequest): Decision<AlterPartitionResponse> {
  const { image } = situation
  const broker = image.brokers.get(request.brokerId)
  if (broker?.epoch !== request.brokerEpoch) {
    return { records: [], response: { errorCode: staleEpochError(broker), topics: [] } }
  }
  const records: InputOf<'PartitionChangeRecord'>[] = []
  const topics = request.topics.map(({ topicId, partitions }) => ({
    topicId,
    partitions: partitions.map((partition) => {
      const topic = image.topicsById.get(topicId)
      const current = topic?.partitions[partition.partitionIndex]
      const errorCode =
        topic === undefined ? errors.UNKNOWN_TOPIC_ID : problem(image, current, request.brokerId, partition)
      if (errorCode !== errors.NONE || topic === undefined || current === undefined)
        return refused(partition.partitionIndex, errorCode)
      const isr = partition.newIsrWithEpochs.map(({ brokerId }) => brokerId)
      const { leaderRecoveryState } = partition
      const isFitToLead = (id: number) => id === current.leader || image.isActive(id)
      const rules = topicRules(situation, topic.name)
      const change = changePartition(current, { isr, leaderRecoveryState, isFitToLead, ...rules })
      if (change !== undefined) records.push(change)
      return accepted(current, change)
    }),
  }))
  return { records, response: { errorCode: errors.NONE, topics } }
}

function problem(
  image: MetadataImage,
  current: PartitionImage | undefined,
  brokerId: number,
  { leaderEpoch, partitionEpoch, newIsrWithEpochs, leaderRecoveryState }: PartitionRequest,
): number {
  if (current === undefined) return errors.UNKNOWN_TOPIC_OR_PARTITION
  // The leader knows more than we do: we are not the controller any more, and it will find the one that is.
  if (leaderEpoch > current.leaderEpoch || partitionEpoch > current.partitionEpoch) return errors.NOT_CONTROLLER
  if (leaderEpoch < current.leaderEpoch) return errors.FENCED_LEADER_EPOCH
  if (brokerId !== current.leader) return errors.INVALID_REQUEST
  if (partitionEpoch < current.partitionEpoch) return errors.INVALID_UPDATE_VERSION
  const isr = newIsrWithEpochs.map((member) => member.brokerId)
  const isIsrPossible =
    new Set(isr).size === isr.length && isr.includes(current.leader) && isr.every((id) => current.replicas.includes(id))
  if (!isIsrPossible) return errors.INVALID_REQUEST
  if (leaderRecoveryState === recovering && (isr.length > 1 || current.leaderRecoveryState !== recovering)) {
    return errors.INVALID_REQUEST
  }
  return newIsrWithEpochs.every((member) => isEligible(image, member)) ? errors.NONE : errors.INELIGIBLE_REPLICA
}

/** Alive, staying, and the very incarnation that the leader saw catch up. */
const isEligible = (
  image: MetadataImage,
  { brokerId, brokerEpoch }: PartitionRequest['newIsrWithEpochs'][number],
): boolean => image.isActive(brokerId) && (brokerEpoch === -1 || brokerEpoch === image.brokers.get(brokerId)?.epoch)

const refused = (partitionIndex: number, errorCode: number): PartitionResponse => ({
  partitionIndex,
  errorCode,
  leaderId: -1,
  leaderEpoch: -1,
  isr: [],
  leaderRecoveryState: 0,
  partitionEpoch: -1,
})

const accepted = (
  current: PartitionImage,
  change: InputOf<'PartitionChangeRecord'> | undefined,
): PartitionResponse => ({
  partitionIndex: current.partition,
  errorCode: errors.NONE,
  leaderId: change?.leader ?? current.leader,
  leaderEpoch: current.leaderEpoch + (change?.leader === undefined ? 0 : 1),
  isr: change?.isr ?? current.isr,
  leaderRecoveryState: change?.leaderRecoveryState ?? current.leaderRecoveryState,
  partitionEpoch: current.partitionEpoch + (change === undefined ? 0 : 1),
})
