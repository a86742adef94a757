import { defineApi } from '../api.ts'
import { array, bool, int16, int32, string, uint16, uuid } from '../schema.ts'

export const addRaftVoter = defineApi({
  key: 80,
  name: 'AddRaftVoter',
  versions: [0, 1],
  flexibleFrom: 0,
  request: {
    clusterId: string.orNull(),
    timeoutMs: int32,
    voterId: int32,
    /** A voter is a broker and its directory: with another disk it is another voter. */
    voterDirectoryId: uuid,
    listeners: array({
      name: string,
      host: string,
      port: uint16,
    }),
    /** Answer once the new voters are committed, not once the leader has written them. */
    ackWhenCommitted: bool.since(1).default(true),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.orNull().ignorable(),
  },
})
