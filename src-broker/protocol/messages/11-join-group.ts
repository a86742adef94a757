import { defineApi } from '../api.ts'
import { array, bool, bytes, int16, int32, string } from '../schema.ts'

export const joinGroup = defineApi({
  key: 11,
  name: 'JoinGroup',
  versions: [0, 9],
  flexibleFrom: 6,
  request: {
    groupId: string,
    sessionTimeoutMs: int32,
    /** How long a member may take to join again; -1, which is version 0, means its session timeout. */
    rebalanceTimeoutMs: int32.since(1).default(-1).ignorable(),
    /** Empty for a first join; since version 4 the answer then is MEMBER_ID_REQUIRED and an id to come back with (KIP-394). */
    memberId: string,
    groupInstanceId: string.since(5).orNull(),
    protocolType: string,
    /** The member's assignors, best first. */
    protocols: array({
      name: string,
      /** A ConsumerProtocolSubscription, where the type is `consumer`. */
      metadata: bytes,
    }),
    /** Why the member joins, for the log. */
    reason: string.since(8).orNull().ignorable(),
  },
  response: {
    throttleTimeMs: int32.since(2).ignorable(),
    errorCode: int16,
    generationId: int32.default(-1),
    protocolType: string.since(7).orNull().ignorable(),
    /** Null with an error; before version 7 then empty. */
    protocolName: string.orNull(7),
    leader: string,
    /** The leader must not compute an assignment: a static leader came back to one that still holds (KIP-814). */
    skipAssignment: bool.since(9).default(false),
    memberId: string,
    /** To the leader only. */
    members: array({
      memberId: string,
      groupInstanceId: string.since(5).orNull().ignorable(),
      metadata: bytes,
    }),
  },
})
