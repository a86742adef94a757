import { defineApi } from '../api.ts'
import { array, bool, int8, int16, int32, string } from '../schema.ts'

export const incrementalAlterConfigs = defineApi({
  key: 44,
  name: 'IncrementalAlterConfigs',
  versions: [0, 1],
  flexibleFrom: 1,
  request: {
    resources: array({
      /** 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group. */
      resourceType: int8,
      resourceName: string,
      configs: array({
        name: string,
        /** 0 set, 1 delete, 2 append to a list, 3 subtract from a list. */
        configOperation: int8,
        /** Null to delete. */
        value: string.orNull(),
      }),
    }),
    validateOnly: bool,
  },
  response: {
    throttleTimeMs: int32,
    responses: array({
      errorCode: int16,
      errorMessage: string.orNull(),
      resourceType: int8,
      resourceName: string,
    }),
  },
})
