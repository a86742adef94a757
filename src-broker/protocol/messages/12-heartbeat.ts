import { defineApi } from '../api.ts'
import { int16, int32, string } from '../schema.ts'

export const heartbeat = defineApi({
  key: 12,
  name: 'Heartbeat',
  versions: [0, 4],
  flexibleFrom: 4,
  request: {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: string.since(3).orNull(),
  },
  response: {
    throttleTimeMs: int32.since(1).ignorable(),
    /** REBALANCE_IN_PROGRESS is how a member learns that it has to join again. */
    errorCode: int16,
  },
})
