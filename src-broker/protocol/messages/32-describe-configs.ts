import { defineApi } from '../api.ts'
import { array, bool, int8, int16, int32, string } from '../schema.ts'

export const describeConfigs = defineApi({
  key: 32,
  name: 'DescribeConfigs',
  versions: [1, 4],
  flexibleFrom: 4,
  request: {
    resources: array({
      /** 2 topic, 4 broker, 8 broker logger, 16 client metrics, 32 group. */
      resourceType: int8,
      resourceName: string,
      /** Null for all. */
      configurationKeys: array(string).orNull(),
    }),
    includeSynonyms: bool.default(false),
    includeDocumentation: bool.since(3).default(false),
  },
  response: {
    throttleTimeMs: int32,
    results: array({
      errorCode: int16,
      errorMessage: string.orNull(),
      resourceType: int8,
      resourceName: string,
      configs: array({
        name: string,
        /** Null where sensitive. */
        value: string.orNull(),
        readOnly: bool,
        /** 1 topic, 2 broker (dynamic), 3 all brokers (dynamic), 4 broker (static), 5 default, 6 broker logger. */
        configSource: int8.default(-1),
        isSensitive: bool,
        /** Every place that sets it, the one in force first. */
        synonyms: array({
          name: string,
          value: string.orNull(),
          source: int8,
        }),
        /** 1 boolean, 2 string, 3 int, 4 short, 5 long, 6 double, 7 list, 8 class, 9 password. */
        configType: int8.since(3).default(0).ignorable(),
        documentation: string.since(3).orNull().ignorable(),
      }),
    }),
  },
})
