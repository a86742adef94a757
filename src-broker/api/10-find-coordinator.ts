// FindCoordinator, versions 0–6. One key up to version 3, several since 4.
// Groups: the leader of the group's partition of __consumer_offsets, which is created when it is first asked for.
// Not implemented: transactions (key type 1), share groups (2).
import type { Broker } from '../core/broker.ts'
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import { errorOf, errors } from '../protocol/errors.ts'
import type { findCoordinator as schema } from '../protocol/messages/10-find-coordinator.ts'
import { onceDecided } from './once-decided.ts'

type Response = ResponseInput<typeof schema>
type Coordinator = NonNullable<Response['coordinators']>[number]

const firstVersionWithSeveralKeys = 4
const group = 0
const transaction = 1
const offsetsTopic = '__consumer_offsets'

export const findCoordinator = onceDecided<RequestOf<typeof schema>, Response>((broker, request, { version }) => {
  const { key, keyType, coordinatorKeys } = request
  if (version < firstVersionWithSeveralKeys) {
    const { key: _, ...coordinator } = find(broker, keyType, key)
    // Kafka names the error in this place, even where there is none.
    return { ...coordinator, errorMessage: coordinator.errorMessage ?? 'NONE' }
  }
  return { coordinators: coordinatorKeys.map((key) => find(broker, keyType, key)) }
})

function find(broker: Broker, keyType: number, key: string): Coordinator {
  if (keyType === transaction) {
    // The one error that Java, librdkafka and kafkajs all report at once: librdkafka goes on asking after any other.
    const message = 'Transactions are not supported by this broker'
    return refused(key, errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED, message)
  }
  // Kafka's answer too where it has no coordinator of that type.
  if (keyType !== group) return refused(key, errors.INVALID_REQUEST, `There is no coordinator of type ${keyType}`)
  if (!broker.image.topics.has(offsetsTopic)) {
    broker.ensureInternalTopic(offsetsTopic)
    return refused(key, errors.COORDINATOR_NOT_AVAILABLE)
  }
  const leader = broker.image.partition(offsetsTopic, broker.groups.partitionFor(key))?.leader
  const endpoint = broker.endpoints().find(({ nodeId }) => nodeId === leader)
  if (endpoint === undefined) return refused(key, errors.COORDINATOR_NOT_AVAILABLE)
  const { nodeId, host, port } = endpoint
  return { key, nodeId, host, port, errorCode: errors.NONE, errorMessage: null }
}

const refused = (key: string, errorCode: number, errorMessage = errorOf(errorCode).message): Coordinator => ({
  key,
  nodeId: -1,
  host: '',
  port: -1,
  errorCode,
  errorMessage,
})
