// ElectLeaders, versions 0–2 (v0: preferred elections only). 0 lets the preferred replica lead where it is in sync; 1 (unclean) lets any
// living replica lead where nobody eligible is alive, and what only the others had is lost. All partitions: null; then only those
// are answered where there was something to do.
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import type { electLeaders as schema } from '../protocol/messages/43-elect-leaders.ts'
import type { Handler } from './handler.ts'

type Request = RequestOf<typeof schema>

export const electLeaders: Handler<Request, ResponseInput<typeof schema>> = (broker, request, context) => {
  const { electionType, topicPartitions, timeoutMs } = request
  broker.quorum.request('ElectLeaders', { electionType, topicPartitions }, timeoutMs, ({ errorCode, response }) => {
    context.answer({
      throttleTimeMs: 0,
      errorCode: response?.errorCode ?? errorCode,
      replicaElectionResults: response?.replicaElectionResults ?? [],
    })
  })
  return undefined
}
