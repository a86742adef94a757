import type { ClusterClient } from '../../src-broker/client/cluster-client.ts'
import { KafkaFailure } from '../../src-broker/client/failures.ts'
import { fetchBatches } from '../../src-broker/client/fetch-batches.ts'
import { type FetchedBatch, type ReadRecord, recordsOf } from '../../src-broker/client/fetched-batch.ts'
import { MessageScan, type ScanPosition, type ScanStart } from '../../src-broker/client/message-scan.ts'
import { Producer } from '../../src-broker/client/producer.ts'
import * as batch from '../../src-broker/records/batch.ts'
import type { Handlers } from '../contract/contract.ts'
import type {
  BatchFacts,
  MessageDetail,
  MessagePage,
  MessageQuery,
  MessageRow,
  PayloadInput,
  ProduceOutcome,
  ProduceRequest,
} from '../contract/messages.ts'
import { RequestFailed } from '../contract/rpc.ts'
import type { Journal } from '../store/journal.ts'
import { cursorOf, positionOf, WaitingScans } from './cursors.ts'
import { detailBytesMax, hexOf, payloadOf, rowBytesMax } from './payload.ts'

/** A search stops after this much and says so; the window decides whether it goes on. */
const searchBudget = { records: 5_000_000, milliseconds: 3_000 }
const detailFetchBytes = 65_536

export class MessageService {
  readonly handlers: Pick<Handlers, 'messages.page' | 'messages.detail' | 'messages.produce'>
  readonly #client: ClusterClient
  readonly #journal: Journal
  readonly #producer: Producer
  readonly #waiting = new WaitingScans()

  constructor(client: ClusterClient, journal: Journal) {
    this.#client = client
    this.#journal = journal
    this.#producer = new Producer(client)
    this.handlers = {
      'messages.page': (query) => this.#page(query),
      'messages.detail': ({ topic, partition, offset }) => this.#detail(topic, partition, offset),
      'messages.produce': (request) => this.#produce(request),
    }
  }

  close(): void {
    this.#waiting.clear()
  }

  async #page(query: MessageQuery): Promise<MessagePage> {
    const startedMs = performance.now()
    const scan = await this.#scanFor(query)
    const page = await scan.page(query.limit, searchBudget)
    // What is there is shown, and the cursor asks the others again; where nothing is there the reason is all there is to show.
    const failure = page.unreachable[0]?.failure
    if (failure !== undefined && page.rows.length === 0) throw failure
    const position = scan.position()
    const nextCursor = page.stopped === 'end' ? null : cursorOf(position)
    if (nextCursor !== null) this.#waiting.put(keyOf(query, nextCursor), scan)
    return {
      rows: page.rows.map(rowOf),
      nextCursor,
      scannedRecords: page.scannedRecords,
      scannedBytes: page.scannedBytes,
      tookMs: performance.now() - startedMs,
      stopped: page.stopped,
      unreadOffsets: unreadOffsets(position),
      unreachable: page.unreachable.map(({ partition, failure: { message } }) => ({ partition, reason: message })),
    }
  }

  async #scanFor(query: MessageQuery): Promise<MessageScan> {
    const { topic, contains, from } = query
    const waiting = from.kind === 'cursor' ? this.#waiting.take(keyOf(query, from.cursor)) : undefined
    if (waiting !== undefined) return waiting
    const partitions = await this.#partitionsOf(topic, query.partitions)
    const start: ScanStart =
      from.kind === 'cursor' ? { kind: 'position', position: await positionOf(from.cursor) } : from
    return new MessageScan(this.#client, { topic, partitions, from: start, contains }, query.limit)
  }

  async #partitionsOf(topic: string, asked: readonly number[] | null): Promise<readonly number[]> {
    const there = (await this.#client.topic(topic)).partitions.map(({ partition }) => partition)
    if (asked === null) return there
    const missing = asked.find((partition) => !there.includes(partition))
    if (missing === undefined) return [...new Set(asked)]
    throw new RequestFailed('UNKNOWN_TOPIC_OR_PARTITION', `Topic ${topic} has no partition ${missing}.`)
  }

  async #detail(topic: string, partition: number, offset: number): Promise<MessageDetail> {
    await this.#partitionsOf(topic, [partition])
    const [outcome] = await fetchBatches(this.#client, [{ topic, partition, offset, bytesMax: detailFetchBytes }])
    const { value: answer, failure } = outcome!
    const isOutside = failure instanceof KafkaFailure && failure.code === 'OFFSET_OUT_OF_RANGE'
    if (failure !== null && !isOutside) throw failure
    const fetched = answer?.batches[0]
    const record = fetched && recordsOf(fetched, partition, offset, offset + 1, null)[0]
    if (fetched === undefined || record === undefined) {
      const text = `There is no record at offset ${offset} of partition ${partition}: it was deleted, compacted away, or never written.`
      throw new RequestFailed('RECORD_NOT_FOUND', text)
    }
    const { key, value, headers } = record
    return {
      ...rowOf(record),
      key: payloadOf(key, detailBytesMax),
      value: payloadOf(value, detailBytesMax),
      headers: headers.map((header) => ({ key: header.key, value: payloadOf(header.value, detailBytesMax) })),
      batch: factsOf(fetched),
      keyHex: key && hexOf(key.subarray(0, detailBytesMax)),
      valueHex: value && hexOf(value.subarray(0, detailBytesMax)),
    }
  }

  async #produce(request: ProduceRequest): Promise<ProduceOutcome> {
    const { topic, partition } = request
    await this.#partitionsOf(topic, partition === null ? null : [partition])
    const produced = await this.#producer.send(topic, partition, {
      key: bytesOf(request.key),
      value: bytesOf(request.value),
      headers: request.headers.map(({ key, value }) => ({ key, value: bytesOf(value) })),
      timestamp: Date.now(),
    })
    const outcome = { partition: produced.partition, offset: produced.offset, timestampMs: produced.timestamp }
    await this.#journal.record({ atMs: Date.now(), kind: 'messages.produce', payload: { topic, ...outcome } })
    return outcome
  }
}

function unreadOffsets({ unread }: ScanPosition): number | null {
  let sum = 0
  for (const { range } of unread) {
    if (range === null) return null
    sum += range.to - range.from
  }
  return sum
}

const keyOf = ({ topic, contains }: MessageQuery, cursor: string): string => JSON.stringify([topic, contains, cursor])

export function rowOf(record: ReadRecord): MessageRow {
  const { view, at } = record.batch
  return {
    partition: record.partition,
    offset: record.offset,
    timestampMs: record.timestamp,
    timestampType: isBatch(record.batch) && batch.isLogAppendTime(view, at) ? 'append' : 'create',
    kind: record.kind,
    key: payloadOf(record.key, rowBytesMax),
    value: payloadOf(record.value, rowBytesMax),
    headerCount: record.headers.length,
  }
}

const isBatch = ({ view, at, sizeBytes }: FetchedBatch): boolean => batch.isWhole(view, at, at + sizeBytes)

const codecNames = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const

function factsOf(fetched: FetchedBatch): BatchFacts {
  const { view, at, baseOffset, lastOffset, sizeBytes, recordCount } = fetched
  const isKnown = isBatch(fetched)
  return {
    baseOffset,
    lastOffset,
    sizeBytes,
    recordCount,
    leaderEpoch: isKnown ? batch.partitionLeaderEpoch(view, at) : -1,
    compression: (isKnown && codecNames[batch.codec(view, at)]) || 'none',
    isTransactional: isKnown && batch.isTransactional(view, at),
    producerId: isKnown ? view.getBigInt64(at + 43).toString() : '-1',
    producerEpoch: isKnown ? batch.producerEpoch(view, at) : -1,
    baseSequence: isKnown ? batch.baseSequence(view, at) : -1,
  }
}

function bytesOf(input: PayloadInput): Uint8Array | null {
  switch (input.kind) {
    case 'null':
      return null
    case 'empty':
      return new Uint8Array(0)
    case 'text':
      return Buffer.from(input.text, 'utf8')
    case 'hex':
      return Buffer.from(input.hex, 'hex')
  }
}
