// Fetch, versions 4–18, for consumers; brokers of this cluster replicate by hand-off instead (core/replica).
// Waits until min bytes are below the high watermark, a partition fails, or max wait has passed.
// The first partition with data gets at least one whole batch, whatever the limits (KIP-74).
// Not implemented: fetch sessions (always answered without one, which clients take as "disabled"), follower fetching (KIP-392),
// read_committed beyond the high watermark (there are no transactions yet); see SKIPPED.md.
import type { Deadline } from '../base/deadlines.ts'
import type { Broker } from '../core/broker.ts'
import type { FileSlice } from '../core/log/file-slice.ts'
import type { PartitionLog } from '../core/log/partition-log.ts'
import type { ParkedFetch } from '../core/replica/parked-fetch.ts'
import type { Partition } from '../core/replica/partition.ts'
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import type { fetch as schema } from '../protocol/messages/01-fetch.ts'
import type { Context, Handler } from './handler.ts'
import { endpointsOf, findLed, type LeaderHint, type Led, leaderHint } from './leadership.ts'
import { storageErrorOf } from './storage-error.ts'

type Request = RequestOf<typeof schema>
type Response = ResponseInput<typeof schema>
type PartitionRequest = Request['topics'][number]['partitions'][number]

const firstVersionWithLeaderHints = 12
const firstVersionWithTopicIds = 13
const firstVersionWithEndpoints = 16
/** A broker may send less than it is asked for: larger answers only cost memory. */
const responseBytesMax = 4 << 20
const noSession = 0

export const fetch: Handler<Request, Response> = (broker, request, context) => {
  if (request.replicaId >= 0 || request.replicaState.replicaId >= 0) return refuse(errors.INVALID_REQUEST)
  if (request.clusterId !== null && request.clusterId !== broker.clusterId)
    return refuse(errors.INCONSISTENT_CLUSTER_ID)
  if (request.sessionId !== noSession && request.sessionEpoch > 0) return refuse(errors.FETCH_SESSION_ID_NOT_FOUND)
  const attempt = attemptFetch(broker, request, context.version)
  if (attempt.isEnough || request.maxWaitMs <= 0) return complete(broker, attempt, context.version)
  new WaitingFetch(broker, request, context, attempt.partitions)
  return undefined
}

const refuse = (errorCode: number): Response => ({ errorCode, responses: [] })

interface Attempt {
  readonly response: Response
  /** Everything that could bring more. */
  readonly partitions: readonly Partition[]
  readonly hints: readonly LeaderHint[]
  readonly isEnough: boolean
  readonly bytes: number
  readonly records: number
}

interface PartitionResponse {
  partitionIndex: number
  errorCode: number
  highWatermark: number
  lastStableOffset: number
  logStartOffset: number
  abortedTransactions: null | []
  records: FileSlice | Uint8Array
  currentLeader?: LeaderHint
  divergingEpoch?: { epoch: number; endOffset: number }
}

const noRecords = new Uint8Array(0)

function attemptFetch(broker: Broker, request: Request, version: number): Attempt {
  const budget = { bytes: Math.min(request.maxBytes, responseBytesMax), isFirst: true, records: 0 }
  const enoughBytes = Math.min(request.minBytes, budget.bytes)
  const partitions: Partition[] = []
  const hints: LeaderHint[] = []
  let bytes = 0
  let isEnough = false
  const responses = request.topics.map(({ topic, topicId, partitions: asked }) => ({
    topic,
    topicId,
    partitions: asked.map((ask) => {
      const id = version >= firstVersionWithTopicIds ? topicId : undefined
      const led = findLed(broker, topic, id, ask.partition, ask.currentLeaderEpoch)
      const response = emptyResponse(ask.partition, request.isolationLevel)
      if (typeof led === 'number') {
        response.errorCode = led
        const hint = led === errors.NOT_LEADER_OR_FOLLOWER ? leaderHint(broker, topic, id, ask.partition) : undefined
        if (hint !== undefined && version >= firstVersionWithLeaderHints) hints.push((response.currentLeader = hint))
      } else {
        partitions.push(led.partition)
        read(led, ask, response, budget)
      }
      bytes += response.records.byteLength
      if (response.errorCode !== errors.NONE || response.divergingEpoch !== undefined) isEnough = true
      return response
    }),
  }))
  return {
    response: { sessionId: noSession, responses },
    partitions,
    hints,
    isEnough: isEnough || bytes >= enoughBytes || partitions.length === 0,
    bytes,
    records: budget.records,
  }
}

function emptyResponse(partitionIndex: number, isolationLevel: number): PartitionResponse {
  return {
    partitionIndex,
    errorCode: errors.NONE,
    highWatermark: -1,
    lastStableOffset: -1,
    logStartOffset: -1,
    abortedTransactions: isolationLevel === 1 ? [] : null,
    records: noRecords,
  }
}

function read(
  { partition }: Led,
  { fetchOffset, lastFetchedEpoch, partitionMaxBytes }: PartitionRequest,
  response: PartitionResponse,
  budget: { bytes: number; isFirst: boolean; records: number },
): void {
  const { log, highWatermark } = partition
  response.highWatermark = highWatermark
  response.lastStableOffset = highWatermark
  response.logStartOffset = log.logStartOffset
  // Of what was deleted the epochs are forgotten, too.
  if (fetchOffset < log.logStartOffset) {
    response.errorCode = errors.OFFSET_OUT_OF_RANGE
    return
  }
  if (lastFetchedEpoch >= 0) {
    const { epoch, endOffset } = log.endOffsetForEpoch(lastFetchedEpoch)
    if (epoch >= 0 && (epoch < lastFetchedEpoch || endOffset < fetchOffset)) {
      response.divergingEpoch = { epoch, endOffset }
      return
    }
  }
  if (fetchOffset > log.logEndOffset) {
    response.errorCode = errors.OFFSET_OUT_OF_RANGE
    return
  }
  if (fetchOffset >= highWatermark) return
  let slice: FileSlice
  try {
    slice = log.read(fetchOffset, Math.min(partitionMaxBytes, budget.bytes), highWatermark, budget.isFirst)
  } catch (error) {
    response.errorCode = storageErrorOf(error)
    return
  }
  if (slice.byteLength === 0) return
  response.records = slice
  const isCut = slice.byteLength >= Math.min(partitionMaxBytes, budget.bytes)
  budget.records += isCut ? recordsIn(log, slice.byteLength) : highWatermark - fetchOffset
  budget.bytes = Math.max(0, budget.bytes - slice.byteLength)
  budget.isFirst = false
}

/** How many records a stretch holds, judged by the log's average: only for the rates that the window shows. */
function recordsIn(log: PartitionLog, byteLength: number): number {
  const records = log.logEndOffset - log.logStartOffset
  return log.sizeInBytes === 0 ? 0 : Math.round((byteLength / log.sizeInBytes) * records)
}

function complete(broker: Broker, attempt: Attempt, version: number): Response {
  broker.traffic.fetched(attempt.records, attempt.bytes)
  const { response, hints } = attempt
  return hints.length === 0 || version < firstVersionWithEndpoints
    ? response
    : { ...response, nodeEndpoints: endpointsOf(broker, hints) }
}

/** Parked on its partitions until there is enough or its time is up. */
class WaitingFetch implements ParkedFetch {
  readonly #broker: Broker
  readonly #request: Request
  readonly #context: Context<Response>
  readonly #deadline: Deadline
  readonly #partitions: readonly Partition[]
  #isOver = false

  constructor(broker: Broker, request: Request, context: Context<Response>, partitions: readonly Partition[]) {
    this.#broker = broker
    this.#request = request
    this.#context = context
    const { deadlines, env } = broker
    this.#deadline = deadlines.at(env.monotonicMs() + request.maxWaitMs, () => this.#finish(this.#attempt()))
    this.#partitions = partitions
    for (const partition of partitions) partition.park(this)
    context.whenGone = () => this.#leave()
  }

  wake(): void {
    if (this.#isOver) return
    const attempt = this.#attempt()
    if (attempt.isEnough) this.#finish(attempt)
  }

  #attempt(): Attempt {
    return attemptFetch(this.#broker, this.#request, this.#context.version)
  }

  #leave(): void {
    this.#isOver = true
    this.#deadline.cancel()
    for (const partition of this.#partitions) partition.unpark(this)
  }

  #finish(attempt: Attempt): void {
    this.#leave()
    this.#context.answer(complete(this.#broker, attempt, this.#context.version))
  }
}
