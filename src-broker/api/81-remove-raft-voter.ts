// RemoveRaftVoter, version 0 (KIP-853). A broker of ours that runs on asks to vote again; to take it out for good, remove it.
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import type { removeRaftVoter as schema } from '../protocol/messages/81-remove-raft-voter.ts'
import type { Handler } from './handler.ts'

const timeoutMs = 30_000

export const removeRaftVoter: Handler<RequestOf<typeof schema>, ResponseInput<typeof schema>> = (
  broker,
  request,
  context,
) => {
  broker.quorum.request('RemoveRaftVoter', request, timeoutMs, ({ errorCode, response }) => {
    context.answer({ throttleTimeMs: 0, ...(response ?? { errorCode, errorMessage: null }) })
  })
  return undefined
}
