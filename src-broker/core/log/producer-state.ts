// What a partition remembers of the producers that number their batches: enough to refuse gaps and zombies, and to
// answer a batch that comes twice with the place it got the first time. Follows Kafka's ProducerAppendInfo.

import { errors } from '../../protocol/errors.ts'
import * as batch from '../../records/batch.ts'
import { type EndMarker, readEndMarker } from '../../records/control.ts'
import type { Origin } from '../../records/validate.ts'
import { Producer, type RememberedBatch, rememberedBatch } from './producer.ts'
import type { ProducerSnapshotEntry } from './producer-snapshot.ts'

const noEpoch = -1

/** Steps through the numbered batches that lie before a snapshot, as far back as some client may send them again. */
export type OlderBatches = (note: (view: DataView, at: number) => void) => void

export class ProducerState {
  readonly #producers = new Map<number, Producer>()
  /** Producer ids with an open transaction, the earliest first. */
  readonly #open = new Map<number, number>()
  /** The one asked for last: a batch is checked, then noted. */
  #recentId = -1
  #recent: Producer | undefined
  /** Of the snapshot that was restored, until they were looked at. */
  #olderBatches: OlderBatches | undefined
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
        if (epoch === producer.epoch) this.duplicate = this.#findBatch(producer, sequence, batch.lastSequence(view, at))
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
    this.#olderBatches = undefined
    this.#open.clear()
    this.#recentId = -1
  }

  /** For a snapshot. */
  entries(): ProducerSnapshotEntry[] {
    return Array.from(this.#producers, ([producerId, producer]) => producer.toEntry(producerId))
  }

  /** `olderBatches` is asked once at most, when a batch comes that may be one of those for which a snapshot has no room. */
  restore(entries: readonly ProducerSnapshotEntry[], olderBatches?: OlderBatches): void {
    this.clear()
    this.#olderBatches = olderBatches
    for (const entry of entries) this.#producers.set(entry.producerId, Producer.of(entry))
    const open = entries.filter((entry) => entry.transactionFirstOffset >= 0)
    open.sort((a, b) => a.transactionFirstOffset - b.transactionFirstOffset)
    for (const entry of open) this.#open.set(entry.producerId, entry.transactionFirstOffset)
  }

  #findBatch(producer: Producer, firstSequence: number, lastSequence: number): RememberedBatch | undefined {
    const found = producer.find(firstSequence, lastSequence)
    if (found !== undefined || this.#olderBatches === undefined) return found
    this.#recall(this.#olderBatches)
    this.#olderBatches = undefined
    return producer.find(firstSequence, lastSequence)
  }

  #recall(olderBatches: OlderBatches): void {
    const older = new Map<Producer, RememberedBatch[]>()
    olderBatches((view, at) => {
      const producer = this.#producers.get(batch.producerId(view, at))
      if (producer?.epoch !== batch.producerEpoch(view, at) || batch.isControl(view, at)) return
      const batches = older.get(producer) ?? []
      older.set(producer, batches)
      batches.push(rememberedBatch(view, at))
    })
    for (const [producer, batches] of older) producer.recall(batches)
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
