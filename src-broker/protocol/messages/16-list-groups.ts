import { defineApi } from '../api.ts'
import { array, int16, int32, string } from '../schema.ts'

export const listGroups = defineApi({
  key: 16,
  name: 'ListGroups',
  versions: [0, 5],
  flexibleFrom: 3,
  request: {
    /** Empty means all. */
    statesFilter: array(string).since(4),
    /** `classic`, `consumer`, `share`, …; empty means all. */
    typesFilter: array(string).since(5),
  },
  response: {
    throttleTimeMs: int32.since(1).ignorable(),
    errorCode: int16,
    groups: array({
      groupId: string,
      protocolType: string,
      groupState: string.since(4).ignorable(),
      groupType: string.since(5).ignorable(),
    }),
  },
})
