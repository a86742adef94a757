import { defineApi } from '../api.ts'
import { array, bytes, int16, int32, string } from '../schema.ts'

export const syncGroup = defineApi({
  key: 14,
  name: 'SyncGroup',
  versions: [0, 5],
  flexibleFrom: 4,
  request: {
    groupId: string,
    generationId: int32,
    memberId: string,
    groupInstanceId: string.since(3).orNull(),
    protocolType: string.since(5).orNull().ignorable(),
    protocolName: string.since(5).orNull().ignorable(),
    /** From the leader only. */
    assignments: array({
      memberId: string,
      assignment: bytes,
    }),
  },
  response: {
    throttleTimeMs: int32.since(1).ignorable(),
    errorCode: int16,
    protocolType: string.since(5).orNull().ignorable(),
    protocolName: string.since(5).orNull().ignorable(),
    /** A ConsumerProtocolAssignment, where the type is `consumer`. */
    assignment: bytes,
  },
})
