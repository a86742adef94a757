// DescribeQuorum, versions 0–2: the metadata quorum as its leader sees it. Any broker asks the leader on behalf of its client.
import { zeroUuid } from '../base/uuid.ts'
import { metadataTopic } from '../core/quorum/metadata-log.ts'
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import type { describeQuorum as schema } from '../protocol/messages/55-describe-quorum.ts'
import type { Handler } from './handler.ts'

type Request = RequestOf<typeof schema>
type Response = ResponseInput<typeof schema>

const timeoutMs = 5_000
/** And with the voters' listeners. */
const firstVersionWithDirectories = 2

export const describeQuorum: Handler<Request, Response> = (broker, request, context) => {
  if (!asksForMetadata(request)) return refuseAll(request, errors.UNKNOWN_TOPIC_OR_PARTITION)
  broker.quorum.request('DescribeQuorum', {}, timeoutMs, ({ errorCode, response }) => {
    if (response === undefined) return context.answer(refuseAll(request, errorCode))
    const { leaderId, leaderEpoch, highWatermark, voters, observers } = response
    const replicas = (all: typeof voters) => (context.version < firstVersionWithDirectories ? all.map(nameless) : all)
    const partition = {
      partitionIndex: 0,
      errorCode: errors.NONE,
      errorMessage: null,
      leaderId,
      leaderEpoch,
      highWatermark,
    }
    context.answer({
      errorCode: errors.NONE,
      errorMessage: null,
      topics: [
        {
          topicName: metadataTopic,
          partitions: [{ ...partition, currentVoters: replicas(voters), observers: replicas(observers) }],
        },
      ],
      nodes: context.version < firstVersionWithDirectories ? [] : nodesOf(broker, voters),
    })
  })
  return undefined
}

const nameless = <Replica extends object>(replica: Replica) => ({ ...replica, replicaDirectoryId: zeroUuid })

/** As Kafka has it: about the one partition that there is, or about nothing. */
const asksForMetadata = ({ topics: [topic, ...others] }: Request): boolean =>
  others.length === 0 &&
  topic?.topicName === metadataTopic &&
  topic.partitions.length === 1 &&
  topic.partitions[0]!.partitionIndex === 0

const nodesOf = (broker: Parameters<typeof describeQuorum>[0], voters: readonly { replicaId: number }[]) =>
  voters.map(({ replicaId: nodeId }) => ({
    nodeId,
    listeners: (broker.image.brokers.get(nodeId)?.endPoints ?? []).map(({ name, host, port }) => ({
      name,
      host,
      port,
    })),
  }))

const refuseAll = ({ topics }: Request, errorCode: number): Response => ({
  errorCode: errors.NONE,
  topics: topics.map(({ topicName, partitions }) => ({
    topicName,
    partitions: partitions.map(({ partitionIndex }) => ({
      partitionIndex,
      errorCode,
      leaderId: -1,
      leaderEpoch: 0,
      highWatermark: 0,
      currentVoters: [],
      observers: [],
    })),
  })),
})
