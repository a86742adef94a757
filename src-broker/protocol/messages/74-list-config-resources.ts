import { defineApi } from '../api.ts'
import { array, int8, int16, int32, string } from '../schema.ts'

export const listConfigResources = defineApi({
  key: 74,
  name: 'ListConfigResources',
  versions: [0, 1],
  flexibleFrom: 0,
  request: {
    /** 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group. None asks for all (KIP-1142). */
    resourceTypes: array(int8).since(1),
  },
  response: {
    throttleTimeMs: int32,
    errorCode: int16,
    configResources: array({
      resourceName: string,
      /** Before version 1 there are client metrics only. */
      resourceType: int8.since(1).default(16).ignorable(),
    }),
  },
})
