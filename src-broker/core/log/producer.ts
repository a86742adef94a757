// One producer that numbers its batches, as a partition remembers it.
import * as batch from '../../records/batch.ts'
import type { ProducerSnapshotEntry } from './producer-snapshot.ts'

/** How many batches a client may have in flight and still send again (max.in.flight.requests.per.connection of 5). */
const batchesRemembered = 5
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

type Slot = { -readonly [Field in keyof RememberedBatch]: RememberedBatch[Field] }

export class Producer {
  epoch: number
  coordinatorEpoch = -1
  lastTimestamp = -1
  /** First offset of its open transaction, -1 without one. */
  transactionFirstOffset = -1
  /** Of the newest batch in this epoch, -1 without one. */
  lastSequence = noSequence
  /** The newest is at `#newest`, the older before it, round and round. Slots are used again: this is on the hot path. */
  #batches: Slot[] = []
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

  /** The newest that goes into a snapshot: Kafka's format has room for one. */
  toEntry(producerId: number): ProducerSnapshotEntry {
    const { epoch, coordinatorEpoch, lastTimestamp: timestamp, transactionFirstOffset, newest } = this
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
  }

  remember(view: DataView, at: number): void {
    const slot = this.#nextSlot()
    fill(slot, view, at)
    this.lastSequence = slot.lastSequence
    this.lastTimestamp = slot.timestamp
  }

  find(firstSequence: number, lastSequence: number): RememberedBatch | undefined {
    return this.#batches.find((one) => one.firstSequence === firstSequence && one.lastSequence === lastSequence)
  }

  /** Batches that were not remembered, oldest first. Those that came before the ones that are go in front of them. */
  recall(older: readonly RememberedBatch[]): void {
    const known = [...this.#batches.slice(this.#newest + 1), ...this.#batches.slice(0, this.#newest + 1)]
    const before = older.filter(({ lastOffset }) => lastOffset < (known[0]?.baseOffset ?? 0))
    this.#batches = [...before, ...known].slice(-batchesRemembered)
    this.#newest = this.#batches.length - 1
  }

  #nextSlot(): Slot {
    this.#newest = (this.#newest + 1) % batchesRemembered
    if (this.#newest === this.#batches.length) this.#batches.push(emptySlot())
    return this.#batches[this.#newest]!
  }
}

/** A batch in the log. */
export function rememberedBatch(view: DataView, at: number): RememberedBatch {
  const slot = emptySlot()
  fill(slot, view, at)
  return slot
}

const emptySlot = (): Slot => ({ firstSequence: -1, lastSequence: -1, baseOffset: -1, lastOffset: -1, timestamp: -1 })

function fill(slot: Slot, view: DataView, at: number): void {
  const delta = batch.lastOffsetDelta(view, at)
  slot.firstSequence = batch.baseSequence(view, at)
  slot.lastSequence = batch.addToSequence(slot.firstSequence, delta)
  slot.baseOffset = batch.baseOffset(view, at)
  slot.lastOffset = slot.baseOffset + delta
  slot.timestamp = batch.maxTimestamp(view, at)
}
