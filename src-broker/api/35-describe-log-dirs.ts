// DescribeLogDirs, versions 1–5: how much each replica on this broker takes. One log directory a broker.
// Not implemented: total and usable bytes of the volume (-1), cordoned directories; see SKIPPED.md.
import type { Partition } from '../core/replica/partition.ts'
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import type { describeLogDirs as schema } from '../protocol/messages/35-describe-log-dirs.ts'
import type { Handler } from './handler.ts'

type Request = RequestOf<typeof schema>

export const describeLogDirs: Handler<Request, ResponseInput<typeof schema>> = ({ replicas, options }, request) => {
  const asked = request.topics && new Map(request.topics.map(({ topic, partitions }) => [topic, new Set(partitions)]))
  const isAsked = ({ topic, index }: Partition) => asked === null || asked.get(topic)?.has(index) === true
  const byTopic = Map.groupBy([...replicas.all()].filter(isAsked), ({ topic }) => topic)
  const topics = [...byTopic].map(([name, partitions]) => ({
    name,
    partitions: partitions.map(({ index, log, highWatermark }) => ({
      partitionIndex: index,
      partitionSize: log.sizeInBytes,
      offsetLag: Math.max(0, highWatermark - log.logEndOffset),
      isFutureKey: false,
    })),
  }))
  const directory = { errorCode: errors.NONE, logDir: options.directory, topics }
  return { throttleTimeMs: 0, errorCode: errors.NONE, results: [directory] }
}
