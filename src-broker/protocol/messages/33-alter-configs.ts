import { defineApi } from '../api.ts'
import { array, bool, int8, int16, int32, string } from '../schema.ts'

export const alterConfigs = defineApi({
  key: 33,
  name: 'AlterConfigs',
  versions: [0, 2],
  flexibleFrom: 2,
  request: {
    resources: array({
      /** 2 topic, 4 broker. */
      resourceType: int8,
      resourceName: string,
      /** All that shall be set; what is not named goes back to its default. */
      configs: array({
        name: string,
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
