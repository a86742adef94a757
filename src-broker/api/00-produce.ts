// Produce, versions 3–13 (0–2 are listed for old librdkafka and refused, KAFKA-18659).
// acks 0: silence, and a closed connection on any error. acks 1: answered after the append. acks -1: answered when every
// in-sync replica has it; refused before the append when fewer than min.insync.replicas are in sync, and told so where they become
// fewer after it: then nobody knows whether it will be committed.
// Since version 8 a refused batch names the records it was refused for (KIP-467).
// Not implemented: transactional ids; see SKIPPED.md. A transactional batch without one is nobody's: all of the request is refused.
import type { Broker } from '../core/broker.ts'
import type { LeaderAppend } from '../core/log/append-types.ts'
import type { Partition } from '../core/replica/partition.ts'
import type { AppendWait, Leader } from '../core/replica/role.ts'
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import type { produce as schema } from '../protocol/messages/00-produce.ts'
import { viewOf } from '../protocol/reader.ts'
import * as batch from '../records/batch.ts'
import type { Context, Handler } from './handler.ts'
import { endpointsOf, findLed, type LeaderHint, leaderHint } from './leadership.ts'
import { storageErrorOf } from './storage-error.ts'

type Request = RequestOf<typeof schema>
type Response = ResponseInput<typeof schema>

interface PartitionResponse {
  readonly index: number
  errorCode: number
  baseOffset: number
  logAppendTimeMs: number
  logStartOffset: number
  recordErrors?: { readonly batchIndex: number; readonly batchIndexErrorMessage: string }[]
  errorMessage?: string
  currentLeader?: LeaderHint
}

/** By then every broker that is not held up knows who leads. */
const newsMs = 25
const firstVersionWithZstd = 7
const firstVersionWithRecordErrors = 8
const firstVersionWithLeaderHints = 10
const firstVersionWithTopicIds = 13

export const produce: Handler<Request, Response> = (broker, request, context) => {
  const waits: Wait[] = []
  let failed = 0
  const isNobodys = request.transactionalId === null && hasTransactionalBatches(request)
  const responses = request.topicData.map(({ name, topicId, partitionData }) => ({
    name,
    topicId,
    partitionResponses: partitionData.map(({ index, records }) => {
      const id = context.version >= firstVersionWithTopicIds ? topicId : undefined
      const response = {
        index,
        errorCode: errors.NONE as number,
        baseOffset: -1,
        logAppendTimeMs: -1,
        logStartOffset: -1,
      }
      const led = isNobodys ? errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED : findLed(broker, name, id, index)
      if (typeof led === 'number') notLed(response, led, leaderHint(broker, name, id, index), context.version)
      else append(broker, led.partition, led.leader, request, records, response, waits, context.version)
      if (response.errorCode !== errors.NONE) failed++
      return response
    }),
  }))

  if (request.acks === 0) {
    if (failed > 0) context.close('a produce with acks=0 failed, and there is no other way to say so')
    else context.stayQuiet()
    return undefined
  }
  const hints = failed === 0 ? [] : [...hintsIn(responses)]
  const response = hints.length === 0 ? { responses } : { responses, nodeEndpoints: endpointsOf(broker, hints) }
  if (waits.length > 0) new PendingProduce(broker, response, context, waits, request.timeoutMs)
  else if (isTooEarly(response, context.version)) answerLater(broker, response, context)
  else return response
  return undefined
}

/**
 * Who is told no leader looks for one, at once and with whichever broker, and that one may not have heard of the new leader yet: such
 * a client comes back here, and has used up a retry.
 */
const isTooEarly = ({ responses }: Response, version: number): boolean =>
  version < firstVersionWithLeaderHints &&
  responses.some((topic) => topic.partitionResponses.some((each) => each.errorCode === errors.NOT_LEADER_OR_FOLLOWER))

function answerLater({ deadlines, env }: Broker, response: Response, context: Context<Response>): void {
  deadlines.at(env.monotonicMs() + newsMs, () => context.answer(response))
}

function notLed(response: PartitionResponse, errorCode: number, hint: LeaderHint | undefined, version: number): void {
  response.errorCode = errorCode
  if (version < firstVersionWithLeaderHints || hint === undefined) return
  if (errorCode === errors.NOT_LEADER_OR_FOLLOWER) response.currentLeader = hint
}

function* hintsIn(
  topics: readonly { readonly partitionResponses: readonly PartitionResponse[] }[],
): Generator<LeaderHint> {
  for (const { partitionResponses } of topics) {
    for (const { currentLeader } of partitionResponses) if (currentLeader !== undefined) yield currentLeader
  }
}

function append(
  broker: Broker,
  partition: Partition,
  leader: Leader,
  { acks, transactionalId }: Request,
  records: Uint8Array | null,
  response: PartitionResponse,
  waits: Wait[],
  version: number,
): void {
  response.errorCode = refusal(leader, acks, transactionalId, records, version)
  if (response.errorCode !== errors.NONE || records === null) return
  let result: LeaderAppend
  try {
    result = broker.replicas.append(partition, leader, records, viewOf(records), 'client')
  } catch (error) {
    response.errorCode = storageErrorOf(error) // A full disk: nothing of it is in the log.
    return
  }
  response.errorCode = result.errorCode
  if (result.errorCode !== errors.NONE) {
    if (version >= firstVersionWithRecordErrors) explain(broker, partition, records, response)
    return
  }
  response.baseOffset = result.baseOffset
  response.logAppendTimeMs = result.logAppendTime
  response.logStartOffset = partition.log.logStartOffset
  broker.traffic.appended(result.isDuplicate ? 0 : result.lastOffset - result.baseOffset + 1, records.length)
  const endOffset = result.lastOffset + 1
  if (acks === -1 && partition.highWatermark < endOffset) waits.push(new Wait(endOffset, leader, response))
}

/** Which records are to blame, in Kafka's words, where it was single ones. */
function explain(broker: Broker, { log, name }: Partition, records: Uint8Array, response: PartitionResponse): void {
  const { errorCode } = response
  if (errorCode !== errors.INVALID_RECORD && errorCode !== errors.INVALID_TIMESTAMP) return
  const nowMs = broker.env.wallMs()
  const refused = log.refusedRecords(records, viewOf(records), 0, nowMs).records
  if (refused.length === 0) return
  const { messageTimestampBeforeMaxMs: before, messageTimestampAfterMaxMs: after } = log.config
  response.recordErrors = refused.map(({ index, timestamp }) => ({
    batchIndex: index,
    batchIndexErrorMessage:
      timestamp === undefined
        ? `Compacted topic cannot accept message without key in topic partition ${name}.`
        : `Timestamp ${timestamp} of message with offset ${index} is out of range. The timestamp should be within [${nowMs - before}, ${nowMs + after}]`,
  }))
  response.errorMessage =
    errorCode === errors.INVALID_TIMESTAMP
      ? 'One or more records have been rejected due to invalid timestamp'
      : `One or more records have been rejected due to ${refused.length} record errors in total`
}

const hasTransactionalBatches = ({ topicData }: Request): boolean =>
  topicData.some(({ partitionData }) =>
    partitionData.some(({ records }) => records !== null && isTransactional(records)),
  )

// Without a view: this is asked of every batch there is.
const isTransactional = (records: Uint8Array): boolean =>
  records[batch.magicAt] === batch.batchMagic && (records[batch.attributesAt + 1]! & batch.transactionalBit) !== 0

function refusal(
  leader: Leader,
  acks: number,
  transactionalId: string | null,
  records: Uint8Array | null,
  version: number,
): number {
  if (acks !== -1 && acks !== 0 && acks !== 1) return errors.INVALID_REQUIRED_ACKS
  if (transactionalId !== null) return errors.INVALID_TXN_STATE
  if (records === null || records.length === 0) return errors.INVALID_RECORD
  if (version < firstVersionWithZstd && isZstd(records)) return errors.UNSUPPORTED_COMPRESSION_TYPE
  return acks === -1 && leader.isr.length < leader.minInsyncReplicas ? errors.NOT_ENOUGH_REPLICAS : errors.NONE
}

const isZstd = (records: Uint8Array): boolean =>
  records.length >= batch.batchHeaderBytes && batch.codec(viewOf(records), 0) === batch.codecs.zstd

/** One partition of a produce that waits for its in-sync replicas. */
class Wait implements AppendWait {
  readonly origin = 'client'
  readonly endOffset: number
  readonly response: PartitionResponse
  isOver = false
  pending: PendingProduce | undefined

  constructor(endOffset: number, leader: Leader, response: PartitionResponse) {
    this.endOffset = endOffset
    this.response = response
    leader.waiting.push(this)
  }

  completed(errorCode: number): void {
    if (this.isOver) return
    this.isOver = true
    this.response.errorCode = errorCode
    this.pending?.oneCompleted()
  }
}

class PendingProduce {
  readonly #broker: Broker
  readonly #response: Response
  readonly #context: Context<Response>
  readonly #waits: readonly Wait[]
  readonly deadlineMs: number
  #remaining: number

  constructor(
    broker: Broker,
    response: Response,
    context: Context<Response>,
    waits: readonly Wait[],
    timeoutMs: number,
  ) {
    this.#broker = broker
    this.#response = response
    this.#context = context
    this.#waits = waits
    this.#remaining = waits.length
    this.deadlineMs = broker.env.monotonicMs() + Math.max(0, timeoutMs)
    for (const wait of waits) wait.pending = this
    broker.expiries.add(this)
  }

  get isOver(): boolean {
    return this.#remaining === 0
  }

  oneCompleted(): void {
    if (--this.#remaining > 0) return
    if (isTooEarly(this.#response, this.#context.version)) answerLater(this.#broker, this.#response, this.#context)
    else this.#context.answer(this.#response)
  }

  /** The records stay in the log and may yet be committed: the client does not know, and is told so. */
  expire(): void {
    for (const wait of this.#waits) wait.completed(errors.REQUEST_TIMED_OUT)
  }
}
