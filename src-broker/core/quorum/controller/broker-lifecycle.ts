// Brokers come (registered, fenced, then unfenced once they have caught up) and go (controlled shutdown, or fenced when they
// fall silent). Kafka: ClusterControlManager, BrokerHeartbeatManager.
import { errors } from '../../../protocol/errors.ts'
import type {
  BrokerHeartbeatRequest,
  BrokerHeartbeatResponse,
  BrokerRegistrationRequest,
  BrokerRegistrationResponse,
} from '../controller-apis.ts'
import type { BrokerRegistration, MetadataImage } from '../image.ts'
import type { InputOf, MetadataRecordInput } from '../records.ts'
import type { Decision, Situation } from './decision.ts'
import { brokersLeave, brokersRestart, brokersReturn } from './leadership.ts'

type Registration = { readonly brokerId: number; readonly isNew: boolean } & Pick<
  BrokerRegistrationResponse,
  'errorCode'
>

/** Registers brokers in one step: where a whole cluster starts again, an ISR of which all have stopped cleanly stays as it is. */
export function registerBrokers(
  situation: Situation,
  requests: readonly BrokerRegistrationRequest[],
): Decision<readonly BrokerRegistrationResponse[]> {
  const { image, nextOffset } = situation
  const judged = requests.map((request) => judge(situation, request))
  const arriving = new Set(judged.filter(({ isNew }) => isNew).map(({ brokerId }) => brokerId))
  const isArriving = ({ brokerId }: BrokerRegistrationRequest) => arriving.has(brokerId)
  const those = (is: (image: MetadataImage, request: BrokerRegistrationRequest) => boolean) =>
    new Set(requests.filter((request) => isArriving(request) && is(image, request)).map(({ brokerId }) => brokerId))
  const wiped = those(hasNewDisk)
  const unclean = new Set([...wiped, ...those(wasUnclean)])
  const records: MetadataRecordInput[] = brokersRestart(situation, arriving, unclean, wiped)
  const responses = requests.map((request, index) => {
    const { errorCode, isNew } = judged[index]!
    if (errorCode !== errors.NONE) return { errorCode, brokerEpoch: -1 }
    const existing = image.brokers.get(request.brokerId)
    const brokerEpoch = isNew || existing === undefined ? nextOffset + records.length : existing.epoch
    records.push({
      type: 'RegisterBrokerRecord',
      brokerId: request.brokerId,
      incarnationId: request.incarnationId,
      brokerEpoch,
      endPoints: request.listeners,
      features: request.features,
      rack: request.rack,
      fenced: isNew || existing?.fenced !== false,
      inControlledShutdown: !isNew && existing?.inControlledShutdown === true,
      logDirs: request.logDirs,
    })
    return { errorCode, brokerEpoch }
  })
  return { records, response: responses }
}

/** Known, but none of the directories it had: whatever it held is gone. */
function hasNewDisk(image: MetadataImage, { brokerId, logDirs }: BrokerRegistrationRequest): boolean {
  const existing = image.brokers.get(brokerId)
  return existing !== undefined && !logDirs.some((directory) => existing.logDirs.includes(directory))
}

/**
 * The clean-shutdown file bears the epoch under which it was written: one of an earlier life says nothing of the last (KIP-966). And
 * of whoever is not known any more nobody can tell: it may be another machine that was given an old id.
 */
const wasUnclean = (image: MetadataImage, { brokerId, previousBrokerEpoch }: BrokerRegistrationRequest): boolean =>
  image.brokers.get(brokerId)?.epoch !== previousBrokerEpoch

function judge(situation: Situation, request: BrokerRegistrationRequest): Registration {
  const { image } = situation
  const { brokerId } = request
  const existing = image.brokers.get(brokerId)
  const isNew = existing?.incarnationId !== request.incarnationId
  const refused = (errorCode: number) => ({ brokerId, errorCode, isNew: false })
  if (request.clusterId !== image.clusterId) return refused(errors.INCONSISTENT_CLUSTER_ID)
  if (isNew && situation.hasSession(brokerId)) return refused(errors.DUPLICATE_BROKER_REGISTRATION)
  if (!supportsFinalizedFeatures(image, request)) return refused(errors.UNSUPPORTED_VERSION)
  return { brokerId, errorCode: errors.NONE, isNew }
}

const supportsFinalizedFeatures = (image: MetadataImage, request: BrokerRegistrationRequest): boolean =>
  [...image.features].every(([name, level]) =>
    request.features.some(
      (feature) =>
        feature.name === name && level >= feature.minSupportedVersion && level <= feature.maxSupportedVersion,
    ),
  )

/** The epoch is the offset of the registration's record: whoever has replayed it knows that it is registered. */
const hasReplayed = ({ epoch }: BrokerRegistration, request: BrokerHeartbeatRequest): boolean =>
  request.brokerEpoch === epoch && request.currentMetadataOffset > epoch

/** The heartbeat asks for its broker to be unfenced, and it may be. */
export const asksToReturn = (broker: BrokerRegistration, request: BrokerHeartbeatRequest): boolean =>
  broker.fenced && !request.wantShutDown && hasReplayed(broker, request)

export function heartbeat(situation: Situation, request: BrokerHeartbeatRequest): Decision<BrokerHeartbeatResponse> {
  const { image } = situation
  const broker = image.brokers.get(request.brokerId)
  if (broker?.epoch !== request.brokerEpoch) {
    return { records: [], response: refusedHeartbeat(staleEpochError(broker)) }
  }
  const isCaughtUp = hasReplayed(broker, request)
  const respond = (isFenced: boolean, shouldShutDown = false): BrokerHeartbeatResponse => ({
    errorCode: errors.NONE,
    isCaughtUp,
    isFenced,
    shouldShutDown,
  })
  if (request.wantShutDown) return shutDown(situation, broker, respond)
  if (broker.fenced) {
    if (!isCaughtUp) return { records: [], response: respond(true) }
    return { records: unfence(situation, [broker]), response: respond(false) }
  }
  return { records: [], response: respond(false) }
}

/** Leaders move away first; then the others must have heard of it; then it is fenced and may go. */
function shutDown(
  situation: Situation,
  broker: BrokerRegistration,
  respond: (isFenced: boolean, shouldShutDown: boolean) => BrokerHeartbeatResponse,
): Decision<BrokerHeartbeatResponse> {
  if (broker.fenced) return { records: [], response: respond(true, true) }
  const { image } = situation
  if (!broker.inControlledShutdown && leadsAnything(image, broker.id)) {
    const change = registrationChange(broker, { inControlledShutdown: 1 })
    return { records: [change, ...brokersLeave(situation, new Set([broker.id]))], response: respond(false, false) }
  }
  if (leadsAnything(image, broker.id) || !othersHaveReplayed(situation, broker.id)) {
    return { records: [], response: respond(false, false) }
  }
  return { records: fence(situation, [broker]), response: respond(true, true) }
}

export const refusedHeartbeat = (errorCode: number): BrokerHeartbeatResponse => ({
  errorCode,
  isCaughtUp: false,
  isFenced: true,
  shouldShutDown: false,
})

/** Registered under another epoch, or not at all. */
export const staleEpochError = (broker: BrokerRegistration | undefined): number =>
  broker === undefined ? errors.BROKER_ID_NOT_REGISTERED : errors.STALE_BROKER_EPOCH

/**
 * Brokers that are gone, all in one step. Who had registered and went before it was unfenced has to leave, too: where a whole cluster
 * starts again it may be in sync, and named as leader.
 */
export function fence(situation: Situation, brokers: readonly BrokerRegistration[]): MetadataRecordInput[] {
  const changes = brokers.filter(({ fenced }) => !fenced).map((broker) => registrationChange(broker, { fenced: 1 }))
  return [...changes, ...brokersLeave(situation, new Set(brokers.map(({ id }) => id)))]
}

/** Brokers that have caught up, all in one step: leaderless partitions get the best leader among them. */
export const unfence = (situation: Situation, brokers: readonly BrokerRegistration[]): MetadataRecordInput[] => [
  ...brokers.map((broker) => registrationChange(broker, { fenced: -1 })),
  ...brokersReturn(situation, new Set(brokers.map(({ id }) => id))),
]

const registrationChange = (
  { id, epoch }: BrokerRegistration,
  change: { fenced?: number; inControlledShutdown?: number },
): InputOf<'BrokerRegistrationChangeRecord'> => ({
  type: 'BrokerRegistrationChangeRecord',
  brokerId: id,
  brokerEpoch: epoch,
  fenced: change.fenced ?? 0,
  inControlledShutdown: change.inControlledShutdown ?? 0,
})

function leadsAnything(image: MetadataImage, broker: number): boolean {
  for (const { partition } of image.partitions()) if (partition.leader === broker) return true
  return false
}

/** Whether all living brokers know of everything decided so far, and so of the new leaders. */
const othersHaveReplayed = ({ image, replayedOffset }: Situation, leaving: number): boolean =>
  [...image.brokers.keys()].every(
    (id) => id === leaving || !image.isActive(id) || replayedOffset(id) >= image.endOffset,
  )
