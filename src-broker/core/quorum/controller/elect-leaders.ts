// ElectLeaders: the preferred replica takes over (0), or any living one where the ISR is dead (1, records may be lost).
import { errors } from '../../../protocol/errors.ts'
import type { ElectLeadersRequest, ElectLeadersResponse } from '../controller-apis.ts'
import { type InputOf, noLeader } from '../records.ts'
import { type ApiError, type Decision, noError, refuse, type Situation } from './decision.ts'
import { changePartition } from './partition-change.ts'
import { topicRules } from './topic-rules.ts'

type TopicResult = ElectLeadersResponse['replicaElectionResults'][number]

const preferredElection = 0
const uncleanElection = 1

export function electLeaders(situation: Situation, request: ElectLeadersRequest): Decision<ElectLeadersResponse> {
  if (request.electionType !== preferredElection && request.electionType !== uncleanElection) {
    return { records: [], response: { errorCode: errors.INVALID_REQUEST, replicaElectionResults: [] } }
  }
  const isForAll = request.topicPartitions === null
  const asked = request.topicPartitions ?? everything(situation)
  const records: InputOf<'PartitionChangeRecord'>[] = []
  const replicaElectionResults: TopicResult[] = asked.map(({ topic, partitions }) => ({
    topic,
    partitionResult: partitions
      .map((partitionId) => ({ partitionId, ...elect(situation, topic, partitionId, request.electionType, records) }))
      .filter(({ errorCode }) => !isForAll || errorCode !== errors.ELECTION_NOT_NEEDED),
  }))
  return { records, response: { errorCode: errors.NONE, replicaElectionResults } }
}

const everything = ({ image }: Situation): NonNullable<ElectLeadersRequest['topicPartitions']> =>
  [...image.topics.values()].map(({ name, partitions }) => ({ topic: name, partitions: [...partitions.keys()] }))

function elect(
  situation: Situation,
  topic: string,
  partitionId: number,
  electionType: number,
  records: InputOf<'PartitionChangeRecord'>[],
): ApiError {
  const { image } = situation
  if (!image.topics.has(topic)) return refuse(errors.UNKNOWN_TOPIC_OR_PARTITION, `No such topic as ${topic}`)
  const partition = image.partition(topic, partitionId)
  if (partition === undefined) {
    return refuse(errors.UNKNOWN_TOPIC_OR_PARTITION, `No such partition as ${topic}-${partitionId}`)
  }
  const isPreferred = electionType === preferredElection
  const isNeeded = isPreferred ? partition.leader !== partition.replicas[0] : image.leaderOf(partition) === noLeader
  if (!isNeeded) return refuse(errors.ELECTION_NOT_NEEDED, 'Leader election not needed for topic partition.')
  const election = isPreferred ? 'preferred' : 'unclean'
  const isFitToLead = (id: number) => image.isActive(id)
  const change = changePartition(partition, { election, isFitToLead, ...topicRules(situation, topic) })
  const leader = change?.leader
  if (change === undefined || leader === undefined || (isPreferred && leader !== partition.replicas[0])) {
    return isPreferred
      ? refuse(errors.PREFERRED_LEADER_NOT_AVAILABLE, 'The preferred leader was not available.')
      : refuse(errors.ELIGIBLE_LEADERS_NOT_AVAILABLE, 'Eligible topic partition leaders are not available.')
  }
  records.push(change)
  return noError
}
