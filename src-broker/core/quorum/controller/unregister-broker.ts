// UnregisterBroker: a broker that will not come back is forgotten. One that runs yet registers anew. Its replicas stay assigned to
// it: whoever removes a broker for good moves them first.
import { errors } from '../../../protocol/errors.ts'
import type { MembershipResponse, UnregisterBrokerRequest } from '../controller-apis.ts'
import { type Decision, noError, refuse, type Situation } from './decision.ts'
import { brokersLeave } from './leadership.ts'

export function unregisterBroker(
  situation: Situation,
  { brokerId }: UnregisterBrokerRequest,
): Decision<MembershipResponse> {
  const broker = situation.image.brokers.get(brokerId)
  if (broker === undefined) {
    const response = refuse(errors.BROKER_ID_NOT_REGISTERED, `Broker ID ${brokerId} is not currently registered.`)
    return { records: [], response }
  }
  const record = { type: 'UnregisterBrokerRecord', brokerId, brokerEpoch: broker.epoch } as const
  return { records: [record, ...brokersLeave(situation, new Set([brokerId]))], response: noError }
}
