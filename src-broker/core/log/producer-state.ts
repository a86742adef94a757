// What a partition remembers of the producers that number their batches: enough to refuse gaps and zombies, and to
// answer a batch that comes twice with the place it got the first time. Follows Kafka's ProducerAppendInfo.

import { errors } from '../../protocol/errors.ts'
import * as batch from '../../records/batch.ts'
import type { Origin } from '../../records/validate.ts'
import type { ProducerSnapshotEntry } from './producer-snapshot.ts'

/** How many batches a client may have in flight and still send again (max.in.flight.requests.per.connection of 5). */
const batchesRemembered = 5
const noEpoch = -1
const noSequence = -1

/** One batch of a producer, and where it went. */
export interface RememberedBatch {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly baseOffset: number
  readonly lastOffset: number
  readonly timestamp: number
}

interface Producer {
  epoch: number
  coordinatorEpoch: number
  lastTimestamp: number
  /** First offset of its open transaction, -1 without one. */
  transactionFirstOffset: number
  /** Newest last, at most five, all of the current epoch. */
  readonly batches: RememberedBatch[]
}

/** What a transaction marker ended. */
export interface EndedTransaction {
  readonly producerId: number
  readonly firstOffset: number
  readonly lastOffset: number
}

export class ProducerState {
  readonly #producers = new Map<number, Producer>()
  /** Producer ids with an open transaction, the earliest first. */
  readonly #open = new Map<number, number>()
  /** The batch that `check` found to be here already, else undefined. */
  duplicate: RememberedBatch | undefined

  get size(): number {
    return this.#producers.size
  }

  /** Where the earliest open transaction begins; Infinity without one. */
  get firstOpenOffset(): number {
    for (const offset of this.#open.values()) return offset
    return Infinity
  }

  /** Error code of a batch that is about to be appended; 0 also for a duplicate, which is then in `duplicate`. */
  check(view: DataView, at: number, origin: Origin): number {
    this.duplicate = undefined
    const producer = this.#producers.get(batch.producerId(view, at))
    if (producer === undefined) return errors.NONE // Its state is new or has expired: any sequence is as good as another.
    const epoch = batch.producerEpoch(view, at)
    if (origin === 'client') {
      const sequence = batch.baseSequence(view, at)
      if (epoch === producer.epoch) {
        this.duplicate = findDuplicate(producer, sequence, batch.lastSequence(view, at))
        if (this.duplicate !== undefined) return errors.NONE
        if (!follows(producer.batches.at(-1)?.lastSequence ?? noSequence, sequence)) {
          return errors.OUT_OF_ORDER_SEQUENCE_NUMBER
        }
      } else if (epoch > producer.epoch && sequence !== 0 && producer.epoch !== noEpoch) {
        return errors.OUT_OF_ORDER_SEQUENCE_NUMBER
      }
    }
    if (epoch < producer.epoch) return errors.INVALID_PRODUCER_EPOCH
    const isOutsideTransaction = !batch.isTransactional(view, at) && !batch.isControl(view, at)
    if (isOutsideTransaction && producer.transactionFirstOffset >= 0) return errors.INVALID_TXN_STATE
    return errors.NONE
  }

  /** Takes note of a data batch that is in the log, or on its way there as a whole. */
  update(view: DataView, at: number): void {
    const producer = this.#producer(batch.producerId(view, at), batch.producerEpoch(view, at))
    const baseOffset = batch.baseOffset(view, at)
    const timestamp = batch.maxTimestamp(view, at)
    if (producer.batches.length === batchesRemembered) producer.batches.shift()
    producer.batches.push({
      firstSequence: batch.baseSequence(view, at),
      lastSequence: batch.lastSequence(view, at),
      baseOffset,
      lastOffset: baseOffset + batch.lastOffsetDelta(view, at),
      timestamp,
    })
    producer.lastTimestamp = timestamp
    if (batch.isTransactional(view, at) && producer.transactionFirstOffset < 0) {
      producer.transactionFirstOffset = baseOffset
      this.#open.set(batch.producerId(view, at), baseOffset)
    }
  }

  /** Takes note of a transaction marker; returns the transaction it ended, undefined where it was empty. */
  end(view: DataView, at: number, coordinatorEpoch: number): EndedTransaction | undefined {
    const producerId = batch.producerId(view, at)
    const producer = this.#producer(producerId, batch.producerEpoch(view, at))
    const firstOffset = producer.transactionFirstOffset
    producer.coordinatorEpoch = coordinatorEpoch
    producer.lastTimestamp = batch.maxTimestamp(view, at)
    producer.transactionFirstOffset = -1
    this.#open.delete(producerId)
    return firstOffset < 0 ? undefined : { producerId, firstOffset, lastOffset: batch.baseOffset(view, at) }
  }

  /** Forgets producers that have been silent since before `beforeMs`, save those with an open transaction. */
  expire(beforeMs: number): void {
    for (const [producerId, producer] of this.#producers) {
      if (producer.lastTimestamp < beforeMs && producer.transactionFirstOffset < 0) this.#producers.delete(producerId)
    }
  }

  clear(): void {
    this.#producers.clear()
    this.#open.clear()
  }

  /** Only the newest batch of each goes into a snapshot: Kafka's format has room for one. */
  entries(): ProducerSnapshotEntry[] {
    return Array.from(this.#producers, ([producerId, producer]) => {
      const last = producer.batches.at(-1)
      return {
        producerId,
        epoch: producer.epoch,
        lastSequence: last?.lastSequence ?? noSequence,
        lastOffset: last?.lastOffset ?? -1,
        timestamp: producer.lastTimestamp,
        offsetDelta: last === undefined ? 0 : last.lastOffset - last.baseOffset,
        coordinatorEpoch: producer.coordinatorEpoch,
        transactionFirstOffset: producer.transactionFirstOffset,
      }
    })
  }

  restore(entries: readonly ProducerSnapshotEntry[]): void {
    this.clear()
    for (const entry of entries) {
      const { epoch, coordinatorEpoch, timestamp, transactionFirstOffset } = entry
      const batches = entry.lastOffset < 0 ? [] : [batchOf(entry)]
      const producer = { epoch, coordinatorEpoch, lastTimestamp: timestamp, transactionFirstOffset, batches }
      this.#producers.set(entry.producerId, producer)
    }
    const open = entries.filter((entry) => entry.transactionFirstOffset >= 0)
    open.sort((a, b) => a.transactionFirstOffset - b.transactionFirstOffset)
    for (const entry of open) this.#open.set(entry.producerId, entry.transactionFirstOffset)
  }

  /** The producer, in the epoch of the batch at hand. A new epoch starts without batches. */
  #producer(producerId: number, epoch: number): Producer {
    let producer = this.#producers.get(producerId)
    if (producer === undefined) {
      producer = { epoch, coordinatorEpoch: -1, lastTimestamp: -1, transactionFirstOffset: -1, batches: [] }
      this.#producers.set(producerId, producer)
    } else if (producer.epoch !== epoch) {
      producer.epoch = epoch
      producer.batches.length = 0
    }
    return producer
  }
}

function findDuplicate(producer: Producer, firstSequence: number, lastSequence: number): RememberedBatch | undefined {
  for (let index = producer.batches.length - 1; index >= 0; index--) {
    const candidate = producer.batches[index]!
    if (candidate.firstSequence === firstSequence && candidate.lastSequence === lastSequence) return candidate
  }
  return undefined
}

/** After the largest sequence comes 0. */
const follows = (lastSequence: number, sequence: number): boolean => sequence === batch.addToSequence(lastSequence, 1)

function batchOf(entry: ProducerSnapshotEntry): RememberedBatch {
  const { lastSequence, lastOffset, offsetDelta, timestamp } = entry
  const firstSequence =
    lastSequence >= offsetDelta ? lastSequence - offsetDelta : lastSequence - offsetDelta + 2_147_483_648
  return { firstSequence, lastSequence, baseOffset: lastOffset - offsetDelta, lastOffset, timestamp }
}
