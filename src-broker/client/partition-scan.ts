// Reading one partition in one direction, without reading anything twice and without waiting for what is not there.
//
// What is still to be read is a range of offsets, [from, to), fixed when the scan begins. Going forward it is eaten up from below.
// Going backward from above, in windows: Kafka reads forward only, so a window's beginning is guessed from what the bytes per
// offset were so far, read once from there up to the end of the window, and handed out in reverse. The next window ends where the
// first batch of this one began. Gaps (compaction, markers, retention) are crossed by position: a window with little in it makes
// the next one up to eight times wider, and one that turns out to hold far too much is begun again closer to its end.
import type { Fetched, FetchWanted } from './fetch-batches.ts'
import { type FetchedBatch, type ReadRecord, recordsOf } from './fetched-batch.ts'
import type { LogRange } from './offsets.ts'
import type { TextFilter } from './text-filter.ts'

export interface OffsetRange {
  readonly from: number
  /** Not included. */
  readonly to: number
}

/** How much to read at a time. */
export interface Appetite {
  /** Offsets of the first backward window. */
  readonly offsets: number
  readonly bytesFirst: number
  readonly bytesMax: number
}

const widerAtMost = 8
/** A backward window that holds this many times what was aimed at is begun again closer to its end. */
const overshootMax = 2
/** Where little is expected: a few kilobytes too much cost less than another question. */
const answerBytesMin = 4_096

export abstract class PartitionScan {
  readonly partition: number
  readonly topic: string
  /** Bytes to aim at with the next fetch or window; grows while nothing matches. */
  protected targetBytes: number
  protected readonly appetite: Appetite
  protected from: number
  protected to: number
  /** Batches in the order in which they are handed out, not decoded yet. */
  protected batches: FetchedBatch[] = []
  /** Rows of the batch in work, in the order in which they are handed out. */
  #rows: ReadRecord[] = []
  #nextRow = 0
  #frontier: number | null = null
  protected readonly clip: OffsetRange

  constructor(topic: string, partition: number, range: OffsetRange, appetite: Appetite) {
    this.topic = topic
    this.partition = partition
    this.from = range.from
    this.to = Math.max(range.from, range.to)
    this.clip = range
    this.appetite = appetite
    this.targetBytes = appetite.bytesFirst
  }

  get head(): ReadRecord | undefined {
    return this.#rows[this.#nextRow]
  }

  /** No row at hand, but bytes. */
  get needsDecoding(): boolean {
    return this.head === undefined && this.batches.length > 0
  }

  /** Nothing at hand, but more in the log. */
  get needsFetch(): boolean {
    return this.head === undefined && this.batches.length === 0 && this.from < this.to
  }

  get isExhausted(): boolean {
    return this.head === undefined && this.batches.length === 0 && this.from >= this.to
  }

  /** The time that the scan has come to, where it is known: the log being in order, what is still unread lies beyond it. */
  get frontier(): number | null {
    return this.#frontier
  }

  take(): ReadRecord {
    const row = this.#rows[this.#nextRow++]!
    this.#frontier = row.timestamp
    return row
  }

  /** Decodes the next batch; its matching rows, if any, become the head. */
  decodeNext(filter: TextFilter | null): FetchedBatch {
    const batch = this.batches.shift()!
    this.#rows = this.inOrder(recordsOf(batch, this.partition, this.clip.from, this.clip.to, filter))
    this.#nextRow = 0
    if (this.#rows.length === 0 && batch.maxTimestamp >= 0) this.#frontier = batch.maxTimestamp
    return batch
  }

  /** The log is not where it was when the scan began: retention took its beginning, or its topic was created again. */
  nowLiesIn({ logStartOffset, highWatermark }: LogRange): void {
    this.to = Math.min(this.to, highWatermark)
    this.from = Math.min(this.to, Math.max(this.from, logStartOffset))
    this.restart()
  }

  /** Where a later scan has to go on so that no row is missed or repeated. */
  abstract unread(): OffsetRange
  abstract nextFetch(): FetchWanted
  abstract took(fetched: Fetched): void
  protected abstract inOrder(rows: ReadRecord[]): ReadRecord[]
  protected abstract restart(): void

  /** Where to go on; never where we were, whatever the broker sent. */
  protected offsetAfter(batches: readonly FetchedBatch[], offset: number): number {
    const next = (batches.at(-1)?.lastOffset ?? -1) + 1
    return next > offset ? next : this.to
  }

  protected grow(): void {
    this.targetBytes = Math.min(2 * this.targetBytes, this.appetite.bytesMax)
  }
}

export class ForwardScan extends PartitionScan {
  unread(): OffsetRange {
    const first = this.head?.offset ?? this.batches[0]?.baseOffset ?? this.from
    return { from: Math.max(first, this.clip.from), to: this.to }
  }

  took({ batches }: Fetched): void {
    this.batches = batches.filter((batch) => batch.lastOffset >= this.from && batch.baseOffset < this.to)
    this.from = Math.min(this.to, this.offsetAfter(batches, this.from))
    this.grow()
  }

  nextFetch(): FetchWanted {
    return { topic: this.topic, partition: this.partition, offset: this.from, bytesMax: this.targetBytes }
  }

  protected inOrder(rows: ReadRecord[]): ReadRecord[] {
    return rows
  }

  protected restart(): void {}
}

interface Window {
  /** Where it begins: moves up where the beginning had to be dropped. */
  from: number
  /** Up to where it has been read. */
  at: number
  batches: FetchedBatch[]
  bytes: number
}

export class BackwardScan extends PartitionScan {
  #window: Window | null = null
  /** Offsets of the next window. */
  #span: number
  /** Bytes per offset in the last window; null before the first. */
  #density: number | null = null
  /**
   * A window was begun again because the log is full up to here. If the new one turns out nearly empty, the guess was wrong the
   * other way, and the truth is found by halving what lies between.
   */
  #fullBelow: number | null = null

  constructor(topic: string, partition: number, range: OffsetRange, appetite: Appetite) {
    super(topic, partition, range, appetite)
    this.#span = appetite.offsets
  }

  unread(): OffsetRange {
    const last = this.head?.offset ?? this.batches[0]?.lastOffset
    return { from: this.from, to: last === undefined ? this.to : Math.min(last + 1, this.clip.to) }
  }

  nextFetch(): FetchWanted {
    this.#window ??= newWindow(this.#nextBegin())
    const { at } = this.#window
    return { topic: this.topic, partition: this.partition, offset: at, bytesMax: this.#bytesLeftIn(this.#window) }
  }

  took({ batches }: Fetched): void {
    const window = this.#window!
    const startedAt = window.at
    window.at = this.offsetAfter(batches, startedAt)
    for (const batch of batches) if (batch.baseOffset < this.to) this.#keep(window, batch)
    if (window.at >= this.to) return this.#finish(window)
    const density = sizeOf(batches) / (window.at - startedAt)
    const closer = this.to - Math.max(1, Math.floor(this.targetBytes / density))
    const isTooMuch = density * (this.to - window.at) > overshootMax * this.targetBytes
    if (!isTooMuch || closer <= window.at) return
    this.#fullBelow = window.at
    this.#window = newWindow(closer)
  }

  protected inOrder(rows: ReadRecord[]): ReadRecord[] {
    return rows.reverse()
  }

  protected restart(): void {
    this.#window = null
    this.#fullBelow = null
  }

  #nextBegin(): number {
    const guess = this.#fullBelow === null ? this.to - this.#span : Math.floor((this.#fullBelow + this.to) / 2)
    return Math.max(this.from, guess)
  }

  /** What to ask for: behind the window's end lies what has been read already. */
  #bytesLeftIn({ from, at, bytes }: Window): number {
    const density = at > from ? bytes / (at - from) : this.#density
    if (density === null || density === 0) return this.targetBytes
    return Math.min(this.targetBytes, Math.max(answerBytesMin, Math.ceil(density * (this.to - at)) + 1))
  }

  /** Memory is bounded: of a window that is larger than anybody guessed the end is kept, its beginning is read another time. */
  #keep(window: Window, batch: FetchedBatch): void {
    window.batches.push(batch)
    window.bytes += batch.sizeBytes
    while (window.batches.length > 1 && window.bytes - window.batches[0]!.sizeBytes > this.#windowBytesMax) {
      window.bytes -= window.batches.shift()!.sizeBytes
      window.from = window.batches[0]!.baseOffset
    }
  }

  get #windowBytesMax(): number {
    return 2 * overshootMax * this.appetite.bytesMax
  }

  #finish(window: Window): void {
    const end = this.to
    this.to = Math.max(this.from, Math.min(window.from, window.batches[0]?.baseOffset ?? window.from))
    this.batches = window.batches.reverse()
    this.#window = null
    const isFull = window.bytes >= this.targetBytes / overshootMax
    if (isFull) this.grow()
    if (isFull || (this.#fullBelow ?? 0) >= this.to - 1) this.#fullBelow = null
    const widest = this.#span * widerAtMost
    this.#density = window.bytes / Math.max(1, end - this.to)
    this.#span = Math.max(1, Math.min(widest, Math.ceil(this.targetBytes / this.#density)))
  }
}

const newWindow = (from: number): Window => ({ from, at: from, batches: [], bytes: 0 })

const sizeOf = (batches: readonly FetchedBatch[]): number => batches.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
