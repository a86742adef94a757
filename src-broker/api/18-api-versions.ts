// ApiVersions, versions 0–4. An unknown version is answered in version 0 with error 35 before this handler is reached
// (runtime/connection.ts, KIP-511). Lists what `handlers` holds; Produce from 0 although 0–2 are refused (KAFKA-18659).
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import { produce } from '../protocol/messages/00-produce.ts'
import type { apiVersions as schema } from '../protocol/messages/18-api-versions.ts'
import type { Handler } from './handler.ts'

type Response = ResponseInput<typeof schema>

const softwareName = /^[a-zA-Z0-9](?:[a-zA-Z0-9\-.]*[a-zA-Z0-9])?$/
const firstVersionWithSoftware = 3
const firstVersionWithZeroFeatures = 4

/** The ranges of everything that is handled, for ApiVersions itself and for the answer to an unknown version of it. */
export function advertisedRanges(apis: Iterable<{ key: number; minVersion: number; maxVersion: number }>) {
  return [...apis].map(({ key, minVersion, maxVersion }) => ({
    apiKey: key,
    minVersion: key === produce.key ? 0 : minVersion,
    maxVersion,
  }))
}

export const apiVersions: Handler<RequestOf<typeof schema>, Response> = (broker, request, { version }) => {
  const { clientSoftwareName, clientSoftwareVersion } = request
  const isNamed = softwareName.test(clientSoftwareName) && softwareName.test(clientSoftwareVersion)
  if (version >= firstVersionWithSoftware && !isNamed) return { errorCode: errors.INVALID_REQUEST, apiKeys: [] }
  return {
    errorCode: errors.NONE,
    apiKeys: advertisedRanges(broker.apis),
    supportedFeatures: broker.supportedFeatures.filter(
      ({ minVersion }) => minVersion > 0 || version >= firstVersionWithZeroFeatures,
    ),
    finalizedFeaturesEpoch: broker.image.featuresEpoch,
    finalizedFeatures: [...broker.image.features].map(([name, level]) => ({
      name,
      maxVersionLevel: level,
      minVersionLevel: level,
    })),
  }
}
