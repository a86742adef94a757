// DeleteGroups, versions 0–2: empty groups, each with its offsets. Answered when the deletion is committed.
import { gather } from '../core/group/gather.ts'
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import type { deleteGroups as schema } from '../protocol/messages/42-delete-groups.ts'
import type { Handler } from './handler.ts'

type Response = ResponseInput<typeof schema>

export const deleteGroups: Handler<RequestOf<typeof schema>, Response> = (broker, request, context) => {
  const groupIds = [...new Set(request.groupsNames)]
  const finish = (codes: readonly number[]): Response => ({
    throttleTimeMs: 0,
    results: groupIds.map((groupId, index) => ({ groupId, errorCode: codes[index]! })),
  })
  const now = gather<string, number>(
    groupIds,
    (groupId, later) => broker.groups.deleteGroup(groupId, later),
    (codes) => context.answer(finish(codes)),
  )
  return now && finish(now)
}
