// ListGroups, versions 0–5: the groups that this broker coordinates, by state since version 4 and by type since 5.
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import type { listGroups as schema } from '../protocol/messages/16-list-groups.ts'
import type { Handler } from './handler.ts'

export const listGroups: Handler<RequestOf<typeof schema>, ResponseInput<typeof schema>> = (
  broker,
  { statesFilter, typesFilter },
) => {
  const groups = broker.groups.listGroups(statesFilter, typesFilter)
  return typeof groups === 'number' ? { errorCode: groups, groups: [] } : { errorCode: errors.NONE, groups }
}
