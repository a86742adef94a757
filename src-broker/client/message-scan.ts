// Messages of a topic, page by page: newest first, or onward from an offset or a time, over any of its partitions.
//
// Partitions are read in parallel and merged by time, the order within each partition kept. A row is handed out once no partition
// can still bring an earlier one: each has a row at hand, is at its end, or has come past that time already.
// With a text to look for, a page is full, the end, or the budget: it never takes longer than it was allowed, and says how far it came.
import { setImmediate } from 'node:timers/promises'
import type { ClusterClient, Outcome } from './cluster-client.ts'
import { KafkaFailure } from './failures.ts'
import { type Fetched, fetchBatches } from './fetch-batches.ts'
import type { ReadRecord } from './fetched-batch.ts'
import { type LogRange, logRanges, offsetsAt } from './offsets.ts'
import { type Appetite, BackwardScan, ForwardScan, type OffsetRange, type PartitionScan } from './partition-scan.ts'
import { type TextFilter, textFilter } from './text-filter.ts'

export interface ScanRequest {
  readonly topic: string
  readonly partitions: readonly number[]
  readonly from: ScanStart
  /** Looked for in key, value and headers, case ignored; empty takes all. */
  readonly contains: string
}

export type ScanStart =
  | { readonly kind: 'newest' }
  | { readonly kind: 'oldest' }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'timestamp'; readonly timestampMs: number }
  | { readonly kind: 'position'; readonly position: ScanPosition }

/** Where a scan has come to. Plain data: it may leave the process and come back. */
export interface ScanPosition {
  readonly isBackward: boolean
  /** What is still unread; null where the partition could not be asked where it begins and ends. */
  readonly unread: readonly { readonly partition: number; readonly range: OffsetRange | null }[]
}

/** How much one page may cost. */
export interface ScanBudget {
  readonly records: number
  readonly milliseconds: number
}

export interface ScanPage {
  readonly rows: readonly ReadRecord[]
  readonly stopped: 'page-full' | 'end' | 'scan-limit'
  /** Decoded, or passed over as a whole because the text is not in it. */
  readonly scannedRecords: number
  readonly scannedBytes: number
  /** What came over the wire for it. */
  readonly fetchedBytes: number
  /** Partitions that could not be read, although something may be there. Asked again with the next page. */
  readonly unreachable: readonly { readonly partition: number; readonly failure: Error }[]
}

/** Rows of unknown size: a page's share is asked for by count, and what one answer may bring is bounded. */
const lookingAppetite = { bytesFirst: 65_536, bytesMax: 1_048_576 }
const searchingAppetite = { offsets: 4_096, bytesFirst: 1_048_576, bytesMax: 8_388_608 }
const answerBytesMax = 33_554_432
const offsetsMin = 16
/** A page does not wait long for a partition without a leader. */
const fetchPatienceMs = 1_500
/** Other work of the process gets its turn this often. */
const turnMs = 10

export class MessageScan {
  readonly #client: ClusterClient
  readonly #request: ScanRequest
  readonly #filter: TextFilter | null
  readonly #isBackward: boolean
  readonly #appetite: Appetite
  #scans: PartitionScan[] = []
  /** Partitions whose range is still to be found out. */
  #unknown = new Set<number>()

  constructor(client: ClusterClient, request: ScanRequest, pageRows: number) {
    this.#client = client
    this.#request = request
    this.#filter = textFilter(request.contains)
    const { from } = request
    this.#isBackward = from.kind === 'newest' || (from.kind === 'position' && from.position.isBackward)
    this.#appetite = this.#appetiteFor(pageRows)
    if (from.kind !== 'position') this.#unknown = new Set(request.partitions)
    else {
      for (const { partition, range } of from.position.unread) {
        if (range === null) this.#unknown.add(partition)
        else this.#scans.push(this.#scanOf(partition, range))
      }
    }
  }

  /** The next rows. One call at a time. */
  async page(limit: number, budget: ScanBudget): Promise<ScanPage> {
    const work = new Work(budget)
    const unreachable = new Map<number, Error>()
    const rows: ReadRecord[] = []
    await this.#findRanges(unreachable)
    while (rows.length < limit) {
      const first = this.#first()
      const blocking = work.isDone ? [] : this.#blocking(first, unreachable)
      if (blocking.length > 0) await this.#readOn(blocking, work, unreachable)
      else if (first === undefined) break
      else rows.push(first.take())
    }
    const isEnd = this.#unknown.size === 0 && this.#scans.every((scan) => scan.isExhausted)
    return {
      rows,
      stopped: isEnd ? 'end' : rows.length === limit ? 'page-full' : 'scan-limit',
      scannedRecords: work.records,
      scannedBytes: work.bytes,
      fetchedBytes: work.fetchedBytes,
      unreachable: [...unreachable].map(([partition, failure]) => ({ partition, failure })),
    }
  }

  position(): ScanPosition {
    const known = this.#scans.map((scan) => ({ partition: scan.partition, range: scan.unread() }))
    return {
      isBackward: this.#isBackward,
      unread: [...known, ...[...this.#unknown].map((partition) => ({ partition, range: null }))],
    }
  }

  #appetiteFor(pageRows: number): Appetite {
    const count = Math.max(1, this.#request.partitions.length)
    const appetite =
      this.#filter === null
        ? { ...lookingAppetite, offsets: Math.max(offsetsMin, Math.ceil((2 * pageRows) / count)) }
        : searchingAppetite
    const share = Math.max(lookingAppetite.bytesFirst, Math.floor(answerBytesMax / count))
    return {
      offsets: appetite.offsets,
      bytesFirst: Math.min(appetite.bytesFirst, share),
      bytesMax: Math.min(appetite.bytesMax, share),
    }
  }

  #scanOf(partition: number, range: OffsetRange): PartitionScan {
    const Scan = this.#isBackward ? BackwardScan : ForwardScan
    return new Scan(this.#request.topic, partition, range, this.#appetite)
  }

  async #findRanges(unreachable: Map<number, Error>): Promise<void> {
    const partitions = [...this.#unknown]
    if (partitions.length === 0) return
    const { topic, from } = this.#request
    const wanted = partitions.map((partition) => ({ topic, partition }))
    const options = { patienceMs: fetchPatienceMs }
    const [ranges, times] = await Promise.all([
      logRanges(this.#client, wanted, options),
      from.kind === 'timestamp'
        ? offsetsAt(
            this.#client,
            wanted.map((item) => ({ ...item, timestamp: from.timestampMs })),
            options,
          )
        : [],
    ])
    partitions.forEach((partition, index) => {
      const range = ranges[index]!
      const failure = range.failure ?? times[index]?.failure
      if (failure) unreachable.set(partition, failure)
      else {
        this.#unknown.delete(partition)
        this.#scans.push(this.#scanOf(partition, startingRange(from, range.value!, times[index]?.value?.offset)))
      }
    })
  }

  /** The partition whose row at hand comes next. */
  #first(): PartitionScan | undefined {
    let first: PartitionScan | undefined
    for (const scan of this.#scans) {
      if (scan.head === undefined) continue
      if (first?.head === undefined || this.#comesBefore(scan.head.timestamp, first.head.timestamp)) first = scan
    }
    return first
  }

  /** Partitions that might still bring a row that comes before the first one at hand. */
  #blocking(first: PartitionScan | undefined, unreachable: ReadonlyMap<number, Error>): PartitionScan[] {
    return this.#scans.filter(
      (scan) =>
        (scan.needsDecoding || (scan.needsFetch && !unreachable.has(scan.partition))) &&
        (first?.head === undefined || !this.#isBeyond(scan, first.head.timestamp)),
    )
  }

  /** One step: a batch of each partition that has one at hand, or else one fetch for all of them. */
  async #readOn(scans: readonly PartitionScan[], work: Work, unreachable: Map<number, Error>): Promise<void> {
    const undecoded = scans.filter((scan) => scan.needsDecoding)
    if (undecoded.length === 0) return this.#fetch(scans, work, unreachable)
    for (const scan of undecoded) {
      if (work.isDone) return
      work.scanned(scan.decodeNext(this.#filter))
      if (work.isDueToPause) await work.pause()
    }
  }

  async #fetch(scans: readonly PartitionScan[], work: Work, unreachable: Map<number, Error>): Promise<void> {
    const wanted = scans.map((scan) => scan.nextFetch())
    const outcomes = await fetchBatches(this.#client, wanted, { patienceMs: fetchPatienceMs })
    await Promise.all(
      scans.map(async (scan, index) => {
        const outcome = outcomes[index]!
        if (outcome.failure === null) {
          work.fetched(outcome.value)
          scan.took(outcome.value)
        } else if (isOutOfRange(outcome)) await this.#adjust(scan, unreachable)
        else unreachable.set(scan.partition, outcome.failure)
      }),
    )
  }

  /** Records at the beginning of the log went away while we were reading. */
  async #adjust(scan: PartitionScan, unreachable: Map<number, Error>): Promise<void> {
    const [range] = await logRanges(this.#client, [scan], { patienceMs: fetchPatienceMs })
    if (range!.failure !== null) unreachable.set(scan.partition, range!.failure)
    else scan.nowLiesIn(range!.value)
  }

  #isBeyond(scan: PartitionScan, timestamp: number): boolean {
    return scan.frontier !== null && !this.#comesBefore(scan.frontier, timestamp)
  }

  #comesBefore(one: number, other: number): boolean {
    return this.#isBackward ? one > other : one < other
  }
}

function startingRange(from: ScanStart, range: LogRange, offsetAtTime: number | undefined): OffsetRange {
  const to = range.highWatermark
  if (from.kind === 'offset') return { from: Math.min(to, Math.max(range.logStartOffset, from.offset)), to }
  if (from.kind === 'timestamp') return { from: offsetAtTime === undefined || offsetAtTime < 0 ? to : offsetAtTime, to }
  return { from: range.logStartOffset, to }
}

const isOutOfRange = ({ failure }: Outcome<Fetched>): boolean =>
  failure instanceof KafkaFailure && failure.code === 'OFFSET_OUT_OF_RANGE'

/** What a page has cost so far. */
class Work {
  records = 0
  bytes = 0
  fetchedBytes = 0
  readonly #budget: ScanBudget
  readonly #startedMs = performance.now()
  #turnStartedMs = this.#startedMs

  constructor(budget: ScanBudget) {
    this.#budget = budget
  }

  get isDone(): boolean {
    return this.records >= this.#budget.records || performance.now() - this.#startedMs >= this.#budget.milliseconds
  }

  get isDueToPause(): boolean {
    return performance.now() - this.#turnStartedMs >= turnMs
  }

  async pause(): Promise<void> {
    await setImmediate()
    this.#turnStartedMs = performance.now()
  }

  scanned({ recordCount, sizeBytes }: { readonly recordCount: number; readonly sizeBytes: number }): void {
    this.records += recordCount
    this.bytes += sizeBytes
  }

  fetched({ batches }: Fetched): void {
    for (const batch of batches) this.fetchedBytes += batch.sizeBytes
    this.#turnStartedMs = performance.now()
  }
}
