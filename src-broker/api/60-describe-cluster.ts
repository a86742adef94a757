// DescribeCluster, versions 0–2. Endpoint type 1 (brokers) only: controllers have no listener of their own for clients.
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import type { describeCluster as schema } from '../protocol/messages/60-describe-cluster.ts'
import type { Handler } from './handler.ts'
import { namedController } from './named-controller.ts'

const brokerEndpoints = 1
const firstVersionWithFenced = 2

export const describeCluster: Handler<RequestOf<typeof schema>, ResponseInput<typeof schema>> = (
  broker,
  request,
  { version },
) => {
  const { clusterId } = broker
  if (request.endpointType !== brokerEndpoints) {
    return {
      throttleTimeMs: 0,
      errorCode: errors.UNSUPPORTED_ENDPOINT_TYPE,
      errorMessage: 'controllers have no listener for clients',
      endpointType: request.endpointType,
      clusterId,
      controllerId: -1,
      brokers: [],
    }
  }
  const withFenced = version >= firstVersionWithFenced && request.includeFencedBrokers
  return {
    throttleTimeMs: 0,
    errorCode: errors.NONE,
    errorMessage: null,
    endpointType: brokerEndpoints,
    clusterId,
    controllerId: namedController(broker),
    brokers: broker.endpoints(withFenced).map(({ nodeId, ...endpoint }) => ({
      brokerId: nodeId,
      ...endpoint,
      isFenced: broker.image.brokers.get(nodeId)?.fenced === true,
    })),
  }
}
