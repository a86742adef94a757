// ListConfigResources, versions 0–1: everything that has settings, of the kinds asked for (KIP-1142). Version 0 knows client metrics
// only, of which there are none here; nor have groups settings of their own.
import type { Broker } from '../core/broker.ts'
import { brokerResource, topicResource } from '../core/quorum/image.ts'
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import type { listConfigResources as schema } from '../protocol/messages/74-list-config-resources.ts'
import type { Handler } from './handler.ts'

const brokerLogger = 8
const clientMetrics = 16
const group = 32
const allKinds: readonly number[] = [topicResource, brokerResource, brokerLogger, clientMetrics, group]

export const listConfigResources: Handler<RequestOf<typeof schema>, ResponseInput<typeof schema>> = (
  broker,
  { resourceTypes },
  { version },
) => {
  const asked = resourceTypes.length > 0 ? [...new Set(resourceTypes)] : allKinds
  const kinds = version === 0 ? [clientMetrics] : asked
  if (!kinds.every((kind) => allKinds.includes(kind)))
    return { throttleTimeMs: 0, errorCode: errors.UNSUPPORTED_VERSION, configResources: [] }
  const configResources = kinds.flatMap((resourceType) =>
    namesOf(broker, resourceType).map((resourceName) => ({ resourceName, resourceType })),
  )
  return { throttleTimeMs: 0, errorCode: errors.NONE, configResources }
}

function namesOf(broker: Broker, resourceType: number): string[] {
  if (resourceType === topicResource) return [...broker.image.topics.keys()]
  if (resourceType !== brokerResource && resourceType !== brokerLogger) return []
  return broker.endpoints().map(({ nodeId }) => String(nodeId))
}
