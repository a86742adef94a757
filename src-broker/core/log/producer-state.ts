// What a partition remembers of the producers that number their batches: enough to refuse gaps and zombies, and to
// answer a batch that comes twice with the place it got the first time. Follows Kafka's ProducerAppendInfo.

import { errors } from '../../protocol/errors.ts'
import * as batch from '../../records/batch.ts'
import { type EndMarker, readEndMarker } from '../../records/control.ts'
import type { Origin } from '../../records/validate.ts'
import type { ProducerSnapshotEntry } from './producer-snapshot.ts'

/** How many batches a client may have in flight and still send again (max.in.flight.requests.per.connection of 5). */
const batchesRemembered = 5
const noEpoch = -1
const noSequence = -1
/** After the last of them comes 0 again. */
const sequences = 2_147_483_648

/** One batch of a producer, and where it went. */
export interface RememberedBatch {
  readonly firstSequence: number
  readonly lastSequence: number
  readonly baseOffset: number
  readonly lastOffset: number
  readonly timestamp: number
}

export class ProducerState {
  readonly #producers = new Map<number, Producer>()
  /** Producer ids with an open transaction, the earliest first. */
  readonly #open = new Map<number, number>()
  /** The one asked for last: a batch is checked, then noted. */
  #recentId = -1
  #recent: Producer | undefined
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

  /** Where the newest batch of a producer ends that is remembered; -1 where none is. */
  lastOffsetOf(producerId: number): number {
    return this.#producers.get(producerId)?.newest?.lastOffset ?? -1
  }

  /** Error code of a batch that is about to be appended; 0 also for a duplicate, which is then in `duplicate`. */
  check(view: DataView, at: number, origin: Origin): number {
    this.duplicate = undefined
    const producer = this.#find(batch.producerId(view, at))
    if (producer === undefined) return 0 // New, or its state has expired: any sequence is as good as another.
    const epoch = batch.producerEpoch(view, at)
    if (origin === 'client') {
      const sequence = batch.baseSequence(view, at)
      const expected = epoch === producer.epoch ? batch.addToSequence(producer.lastSequence, 1) : 0
      if (sequence !== expected && epoch >= producer.epoch && producer.epoch !== noEpoch) {
        if (epoch === producer.epoch) this.duplicate = producer.find(sequence, batch.lastSequence(view, at))
        return this.duplicate === undefined ? errors.OUT_OF_ORDER_SEQUENCE_NUMBER : 0
      }
    }
    if (epoch < producer.epoch) return errors.INVALID_PRODUCER_EPOCH
    const isOutsideTransaction = !batch.isTransactional(view, at) && !batch.isControl(view, at)
    return isOutsideTransaction && producer.transactionFirstOffset >= 0 ? errors.INVALID_TXN_STATE : 0
  }

  /** Takes note of a numbered batch that is in the log. Of a control batch the body has to be there. */
  note(bytes: Uint8Array, view: DataView, at: number): void {
    if (!batch.isControl(view, at)) this.#noteData(view, at)
    else {
      const marker = readEndMarker(bytes, view, at)
      if (marker !== undefined) this.#noteMarker(view, at, marker)
    }
  }

  #noteData(view: DataView, at: number): void {
    const producerId = batch.producerId(view, at)
    const producer = this.#producer(producerId, batch.producerEpoch(view, at))
    producer.remember(view, at)
    if (batch.isTransactional(view, at) && producer.transactionFirstOffset < 0) {
      producer.transactionFirstOffset = batch.baseOffset(view, at)
      this.#open.set(producerId, producer.transactionFirstOffset)
    }
  }

  #noteMarker(view: DataView, at: number, marker: EndMarker): void {
    const producerId = batch.producerId(view, at)
    const producer = this.#producer(producerId, batch.producerEpoch(view, at))
    producer.coordinatorEpoch = marker.coordinatorEpoch
    producer.lastTimestamp = batch.maxTimestamp(view, at)
    producer.transactionFirstOffset = -1
    this.#open.delete(producerId)
  }

  /** Forgets producers that have been silent since before `beforeMs`, save those with an open transaction. */
  expire(beforeMs: number): void {
    for (const [producerId, producer] of this.#producers) {
      if (producer.lastTimestamp < beforeMs && producer.transactionFirstOffset < 0) this.#producers.delete(producerId)
    }
    this.#recentId = -1
  }

  clear(): void {
    this.#producers.clear()
    this.#open.clear()
    this.#recentId = -1
  }

  /** Only the newest batch of each goes into a snapshot: Kafka's format has room for one. */
  entries(): ProducerSnapshotEntry[] {
    return Array.from(this.#producers, ([producerId, producer]) => {
      const { epoch, coordinatorEpoch, lastTimestamp: timestamp, transactionFirstOffset, newest } = producer
      return {
        producerId,
        epoch,
        lastSequence: newest?.lastSequence ?? noSequence,
        lastOffset: newest?.lastOffset ?? -1,
        offsetDelta: newest === undefined ? 0 : newest.lastOffset - newest.baseOffset,
        timestamp,
        coordinatorEpoch,
        transactionFirstOffset,
      }
    })
  }

  restore(entries: readonly ProducerSnapshotEntry[]): void {
    this.clear()
    for (const entry of entries) this.#producers.set(entry.producerId, Producer.of(entry))
    const open = entries.filter((entry) => entry.transactionFirstOffset >= 0)
    open.sort((a, b) => a.transactionFirstOffset - b.transactionFirstOffset)
    for (const entry of open) this.#open.set(entry.producerId, entry.transactionFirstOffset)
  }

  #find(producerId: number): Producer | undefined {
    if (producerId !== this.#recentId) {
      this.#recentId = producerId
      this.#recent = this.#producers.get(producerId)
    }
    return this.#recent
  }

  /** The producer, in the epoch of the batch at hand. A new epoch starts without batches. */
  #producer(producerId: number, epoch: number): Producer {
    let producer = this.#find(producerId)
    if (producer === undefined) {
      producer = new Producer(epoch)
      this.#producers.set(producerId, producer)
      this.#recent = producer
    } else if (producer.epoch !== epoch) producer.startEpoch(epoch)
    return producer
  }
}

class Producer {
  epoch: number
  coordinatorEpoch = -1
  lastTimestamp = -1
  /** First offset of its open transaction, -1 without one. */
  transactionFirstOffset = -1
  /** Of the newest batch in this epoch, -1 without one. */
  lastSequence = noSequence
  /** The newest is at `#newest`, the older before it, round and round. Slots are used again: this is on the hot path. */
  readonly #batches: { -readonly [Field in keyof RememberedBatch]: RememberedBatch[Field] }[] = []
  #newest = -1

  constructor(epoch: number) {
    this.epoch = epoch
  }

  static of(entry: ProducerSnapshotEntry): Producer {
    const producer = new Producer(entry.epoch)
    producer.coordinatorEpoch = entry.coordinatorEpoch
    producer.lastTimestamp = entry.timestamp
    producer.transactionFirstOffset = entry.transactionFirstOffset
    const { lastSequence, lastOffset, offsetDelta, timestamp } = entry
    if (lastOffset < 0) return producer
    const firstSequence = batch.addToSequence(lastSequence, sequences - offsetDelta)
    producer.#batches.push({ firstSequence, lastSequence, baseOffset: lastOffset - offsetDelta, lastOffset, timestamp })
    producer.#newest = 0
    producer.lastSequence = lastSequence
    return producer
  }

  get newest(): RememberedBatch | undefined {
    return this.#batches[this.#newest]
  }

  startEpoch(epoch: number): void {
    this.epoch = epoch
    this.lastSequence = noSequence
    this.#batches.length = 0
    this.#newest = -1
  }

  remember(view: DataView, at: number): void {
    const slot = this.#nextSlot()
    const delta = batch.lastOffsetDelta(view, at)
    slot.firstSequence = batch.baseSequence(view, at)
    slot.lastSequence = batch.addToSequence(slot.firstSequence, delta)
    slot.baseOffset = batch.baseOffset(view, at)
    slot.lastOffset = slot.baseOffset + delta
    slot.timestamp = batch.maxTimestamp(view, at)
    this.lastSequence = slot.lastSequence
    this.lastTimestamp = slot.timestamp
  }

  find(firstSequence: number, lastSequence: number): RememberedBatch | undefined {
    return this.#batches.find((one) => one.firstSequence === firstSequence && one.lastSequence === lastSequence)
  }

  #nextSlot() {
    this.#newest = (this.#newest + 1) % batchesRemembered
    if (this.#newest === this.#batches.length) {
      this.#batches.push({ firstSequence: -1, lastSequence: -1, baseOffset: -1, lastOffset: -1, timestamp: -1 })
    }
    return this.#batches[this.#newest]!
  }
}
