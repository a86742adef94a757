// AllocateProducerIds: ids in blocks, so that brokers can give them out without asking each time (KIP-730).
import { errors } from '../../../protocol/errors.ts'
import type { AllocateProducerIdsRequest, AllocateProducerIdsResponse } from '../controller-apis.ts'
import { staleEpochError } from './broker-lifecycle.ts'
import type { Decision, Situation } from './decision.ts'

const blockSize = 1_000

export function allocateProducerIds(
  { image }: Situation,
  { brokerId, brokerEpoch }: AllocateProducerIdsRequest,
): Decision<AllocateProducerIdsResponse> {
  const broker = image.brokers.get(brokerId)
  if (broker?.epoch !== brokerEpoch) {
    return { records: [], response: { errorCode: staleEpochError(broker), producerIdStart: -1, producerIdLen: 0 } }
  }
  const producerIdStart = image.nextProducerId
  const nextProducerId = producerIdStart + blockSize
  return {
    records: [{ type: 'ProducerIdsRecord', brokerId, brokerEpoch, nextProducerId }],
    response: { errorCode: errors.NONE, producerIdStart, producerIdLen: blockSize },
  }
}
