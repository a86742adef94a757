import { defineApi } from '../api.ts'
import { array, bool, int8, int16, int32, string } from '../schema.ts'

export const describeCluster = defineApi({
  key: 60,
  name: 'DescribeCluster',
  versions: [0, 2],
  flexibleFrom: 0,
  request: {
    includeClusterAuthorizedOperations: bool,
    /** 1 brokers, 2 controllers. */
    endpointType: int8.since(1).default(1),
    includeFencedBrokers: bool.since(2),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    errorMessage: string.orNull(),
    endpointType: int8.since(1).default(1),
    clusterId: string,
    /** -1 where there is none. */
    controllerId: int32.default(-1),
    brokers: array({
      brokerId: int32,
      host: string,
      port: int32,
      rack: string.orNull(),
      isFenced: bool.since(2),
    }),
    /** A bit per AclOperation; the default means that it was not asked for. */
    clusterAuthorizedOperations: int32.default(-0x8000_0000),
  },
})
