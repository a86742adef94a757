// AddRaftVoter, versions 0–1 (KIP-853): a broker that follows and has caught up votes from then on. One change at a time.
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import type { addRaftVoter as schema } from '../protocol/messages/80-add-raft-voter.ts'
import type { Handler } from './handler.ts'

export const addRaftVoter: Handler<RequestOf<typeof schema>, ResponseInput<typeof schema>> = (
  broker,
  { timeoutMs, ...request },
  context,
) => {
  broker.quorum.request('AddRaftVoter', request, timeoutMs, ({ errorCode, response }) => {
    context.answer({ throttleTimeMs: 0, ...(response ?? { errorCode, errorMessage: null }) })
  })
  return undefined
}
