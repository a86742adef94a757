import { defineApi } from '../api.ts'
import { array, bool, bytes, int16, int32, string } from '../schema.ts'

export const describeGroups = defineApi({
  key: 15,
  name: 'DescribeGroups',
  versions: [0, 6],
  flexibleFrom: 5,
  request: {
    groups: array(string),
    includeAuthorizedOperations: bool.since(3),
  },
  response: {
    throttleTimeMs: int32.since(1).ignorable(),
    groups: array({
      errorCode: int16,
      errorMessage: string.since(6).orNull(),
      groupId: string,
      /** PreparingRebalance, CompletingRebalance, Stable, Dead or Empty; Dead too where there is no such group. */
      groupState: string,
      protocolType: string,
      /** Name of the chosen assignor; empty unless the group is stable. */
      protocolData: string,
      members: array({
        memberId: string,
        groupInstanceId: string.since(4).orNull().ignorable(),
        clientId: string,
        clientHost: string,
        memberMetadata: bytes,
        memberAssignment: bytes,
      }),
      /** A bit per AclOperation; the default means that it was not asked for. */
      authorizedOperations: int32.since(3).default(-0x8000_0000),
    }),
  },
})
