// DeleteRecords, versions 0–2: moves the log start, answered when all live replicas have moved it.
// An offset of -1 is the high watermark; one behind it is out of range, one before the log start changes nothing. Topics that are
// only compacted refuse (POLICY_VIOLATION), and so do those of the cluster itself. Files go with the next retention check.
import type { Broker } from '../core/broker.ts'
import type { Partition } from '../core/replica/partition.ts'
import type { RequestOf, ResponseInput } from '../protocol/api.ts'
import { errors } from '../protocol/errors.ts'
import type { deleteRecords as schema } from '../protocol/messages/21-delete-records.ts'
import type { Context, Handler } from './handler.ts'
import { isInternalTopic } from './internal-topics.ts'
import { findLed } from './leadership.ts'
import { storageErrorOf } from './storage-error.ts'

type Request = RequestOf<typeof schema>
type Response = ResponseInput<typeof schema>

interface PartitionResult {
  readonly partitionIndex: number
  lowWatermark: number
  errorCode: number
}

const upToHighWatermark = -1

export const deleteRecords: Handler<Request, Response> = (broker, request, context) => {
  const pending = new PendingDeletion(broker, context, request.timeoutMs)
  const topics = request.topics.map(({ name, partitions }) => ({
    name,
    partitions: partitions.map(({ partitionIndex, offset }) => {
      const result: PartitionResult = { partitionIndex, lowWatermark: -1, errorCode: errors.NONE }
      result.errorCode = deleteBefore(broker, name, offset, result, pending)
      return result
    }),
  }))
  return pending.answerWith({ throttleTimeMs: 0, topics })
}

function deleteBefore(
  broker: Broker,
  topic: string,
  asked: number,
  result: PartitionResult,
  pending: PendingDeletion,
): number {
  const led = findLed(broker, topic, undefined, result.partitionIndex)
  if (typeof led === 'number') return led
  if (isInternalTopic(topic)) return errors.INVALID_TOPIC_EXCEPTION
  const { partition, leader } = led
  if (partition.log.config.cleanupPolicy === 'compact') return errors.POLICY_VIOLATION
  const offset = asked === upToHighWatermark ? partition.highWatermark : asked
  if (offset < 0 || offset > partition.highWatermark) return errors.OFFSET_OUT_OF_RANGE
  try {
    broker.replicas.deleteBefore(partition, offset)
  } catch (error) {
    return storageErrorOf(error)
  }
  result.lowWatermark = broker.deletions.lowWatermark(partition, leader)
  if (result.lowWatermark < offset) pending.waitFor(partition, offset, result)
  return errors.NONE
}

class PendingDeletion {
  readonly deadlineMs: number
  readonly #broker: Broker
  readonly #context: Context<Response>
  readonly #waiting = new Set<Wait>()
  #response: Response | undefined

  constructor(broker: Broker, context: Context<Response>, timeoutMs: number) {
    this.#broker = broker
    this.#context = context
    this.deadlineMs = broker.env.monotonicMs() + Math.max(0, timeoutMs)
  }

  waitFor(partition: Partition, offset: number, result: PartitionResult): void {
    const wait = new Wait(partition, offset, result, () => this.#over(wait))
    this.#waiting.add(wait)
    this.#broker.deletions.add(wait)
  }

  /** The answer, where nothing has to be waited for. */
  answerWith(response: Response): Response | undefined {
    if (this.isOver) return response
    this.#response = response
    this.#broker.expiries.add(this)
    return undefined
  }

  get isOver(): boolean {
    return this.#waiting.size === 0
  }

  expire(): void {
    for (const wait of [...this.#waiting]) {
      this.#broker.deletions.remove(wait)
      wait.completed(errors.REQUEST_TIMED_OUT, wait.result.lowWatermark)
    }
  }

  #over(wait: Wait): void {
    this.#waiting.delete(wait)
    if (this.isOver) this.#context.answer(this.#response!)
  }
}

class Wait {
  readonly partition: Partition
  readonly offset: number
  readonly result: PartitionResult
  readonly #over: () => void

  constructor(partition: Partition, offset: number, result: PartitionResult, over: () => void) {
    this.partition = partition
    this.offset = offset
    this.result = result
    this.#over = over
  }

  completed(errorCode: number, lowWatermark: number): void {
    this.result.errorCode = errorCode
    this.result.lowWatermark = lowWatermark
    this.#over()
  }
}
