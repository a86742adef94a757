// Which replica a request means, whether this broker leads it, and where to send the client otherwise (KIP-951).
import type { Uuid } from '../base/uuid.ts'
import type { Broker } from '../core/broker.ts'
import type { Partition } from '../core/replica/partition.ts'
import type { Leader } from '../core/replica/role.ts'
import { errors } from '../protocol/errors.ts'

export interface Led {
  readonly partition: Partition
  readonly leader: Leader
}

/** The led partition, or the error code that says why there is none. Topics are named by id where `topicId` is given. */
export function findLed(
  broker: Broker,
  topic: string,
  topicId: Uuid | undefined,
  index: number,
  currentLeaderEpoch = -1,
): Led | number {
  const partition = topicId === undefined ? broker.replicas.get(topic, index) : broker.replicas.getById(topicId, index)
  const leader = partition?.leader
  if (partition === undefined || leader === undefined) return whyNotLed(broker, topic, topicId, index)
  if (currentLeaderEpoch >= 0 && currentLeaderEpoch !== leader.epoch) {
    return currentLeaderEpoch < leader.epoch ? errors.FENCED_LEADER_EPOCH : errors.UNKNOWN_LEADER_EPOCH
  }
  return { partition, leader }
}

function whyNotLed(broker: Broker, topic: string, topicId: Uuid | undefined, index: number): number {
  const { image } = broker
  const known = topicId === undefined ? image.topics.get(topic) : image.topicsById.get(topicId)
  if (known === undefined && topicId !== undefined) return errors.UNKNOWN_TOPIC_ID
  if (known?.partitions[index] === undefined) return errors.UNKNOWN_TOPIC_OR_PARTITION
  return broker.isOffline(known.id, index) ? errors.KAFKA_STORAGE_ERROR : errors.NOT_LEADER_OR_FOLLOWER
}

export interface LeaderHint {
  readonly leaderId: number
  readonly leaderEpoch: number
}

/** Who leads instead, as far as this broker knows. */
export function leaderHint(
  { image }: Broker,
  topic: string,
  topicId: Uuid | undefined,
  index: number,
): LeaderHint | undefined {
  const known = topicId === undefined ? image.topics.get(topic) : image.topicsById.get(topicId)
  const partition = known?.partitions[index]
  return partition && { leaderId: image.leaderOf(partition), leaderEpoch: partition.leaderEpoch }
}

export interface NodeEndpoint {
  readonly nodeId: number
  readonly host: string
  readonly port: number
  readonly rack: string | null
}

/** Addresses of the brokers that hints name. */
export function endpointsOf(broker: Broker, hints: Iterable<LeaderHint>): NodeEndpoint[] {
  const ids = new Set([...hints].map((hint) => hint.leaderId))
  return broker.endpoints().filter((endpoint) => ids.has(endpoint.nodeId))
}
