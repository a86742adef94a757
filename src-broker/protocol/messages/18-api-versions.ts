import { defineApi } from '../api.ts'
import { array, bool, int16, int32, int53, string } from '../schema.ts'

// The first request of a connection, sent before either side knows the other. Where its version is unknown to us the answer
// has the form of version 0, error UNSUPPORTED_VERSION and our range, and its header never has tagged fields (KIP-511).
export const apiVersions = defineApi({
  key: 18,
  name: 'ApiVersions',
  versions: [0, 4],
  flexibleFrom: 3,
  request: {
    clientSoftwareName: string.since(3).ignorable(),
    clientSoftwareVersion: string.since(3).ignorable(),
  },
  response: {
    errorCode: int16,
    apiKeys: array({
      apiKey: int16,
      minVersion: int16,
      maxVersion: int16,
    }),
    throttleTimeMs: int32.since(1).ignorable(),
    /** Up to version 3, features with minimum 0 have to be left out: Java clients of that time refuse them. */
    supportedFeatures: array({
      name: string,
      minVersion: int16,
      maxVersion: int16,
    })
      .since(3)
      .tag(0)
      .ignorable(),
    /** Offset of the metadata log up to which `finalizedFeatures` holds; -1 where unknown. */
    finalizedFeaturesEpoch: int53.since(3).tag(1).default(-1).ignorable(),
    /** Feature levels in force, for example `transaction.version`. */
    finalizedFeatures: array({
      name: string,
      maxVersionLevel: int16,
      minVersionLevel: int16,
    })
      .since(3)
      .tag(2)
      .ignorable(),
    zkMigrationReady: bool.since(3).tag(3).default(false).ignorable(),
  },
})
