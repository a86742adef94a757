import { defineApi } from '../api.ts'
import { array, int8, int16, int32, string } from '../schema.ts'

// Up to version 3 a request asks for one key, answered at the top; since version 4 for several, answered in `coordinators`.
export const findCoordinator = defineApi({
  key: 10,
  name: 'FindCoordinator',
  versions: [0, 6],
  flexibleFrom: 3,
  request: {
    /** A group id, a transactional id or `group:topicId:partition`, as `keyType` says. */
    key: string.until(3),
    /** 0 group, 1 transaction, 2 share group partition. */
    keyType: int8.since(1).default(0),
    coordinatorKeys: array(string).since(4),
  },
  response: {
    throttleTimeMs: int32.since(1).ignorable(),
    errorCode: int16.until(3),
    errorMessage: string.since(1).until(3).orNull().ignorable(),
    nodeId: int32.until(3),
    host: string.until(3),
    port: int32.until(3),
    coordinators: array({
      key: string,
      /** -1, with an empty host and port -1, where there is an error. */
      nodeId: int32,
      host: string,
      port: int32,
      errorCode: int16,
      errorMessage: string.orNull(),
    }).since(4),
  },
})
