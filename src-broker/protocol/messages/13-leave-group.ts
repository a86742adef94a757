import { defineApi } from '../api.ts'
import { array, int16, int32, string } from '../schema.ts'

export const leaveGroup = defineApi({
  key: 13,
  name: 'LeaveGroup',
  versions: [0, 5],
  flexibleFrom: 4,
  request: {
    groupId: string,
    memberId: string.until(2),
    /** Several since version 3, so that an admin can remove static members by their instance ids (KIP-345). */
    members: array({
      memberId: string,
      groupInstanceId: string.orNull(),
      reason: string.since(5).orNull().ignorable(),
    }).since(3),
  },
  response: {
    throttleTimeMs: int32.since(1).ignorable(),
    errorCode: int16,
    members: array({
      memberId: string,
      groupInstanceId: string.orNull(),
      errorCode: int16,
    }).since(3),
  },
})
