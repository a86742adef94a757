// Brokers that hold logs: batches in memory, served by Metadata, ListOffsets and Fetch as Kafka would serve them. Each broker
// leads the partitions that are given to it. Counts what it sent, so that a test can say how much a reader asked for.
import { crc32c } from '@node-rs/crc32'
import { ClusterClient } from '../../../src-broker/client/cluster-client.ts'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { fetch, listOffsets, metadata } from '../../../src-broker/protocol/messages/index.ts'
import { type BatchOptions, buildBatch } from '../../../src-broker/records/build.ts'
import { FakeBroker } from './fake-broker.ts'

export const checksum = (bytes: Uint8Array, from: number, to: number): number => crc32c(bytes.subarray(from, to))

export interface FakeRecord {
  readonly timestamp: number
  readonly key?: string | null
  readonly value?: string | null
  readonly headers?: Record<string, string>
}

const bytes = (text: string | null | undefined) => (text === null || text === undefined ? null : Buffer.from(text))

export class FakeLog {
  readonly batches: { base: number; last: number; maxTimestamp: number; bytes: Uint8Array }[] = []
  logStartOffset = 0
  highWatermark = 0

  /** One batch. */
  append(records: readonly FakeRecord[], options: BatchOptions = {}): this {
    const built = buildBatch(
      records.map(({ timestamp, key, value, headers }) => ({
        timestamp,
        key: bytes(key),
        value: bytes(value),
        headers: Object.entries(headers ?? {}).map(([name, text]) => ({ key: name, value: Buffer.from(text) })),
      })),
      checksum,
      { ...options, baseOffset: this.highWatermark },
    )
    return this.appendBytes(built, records.length, Math.max(...records.map(({ timestamp }) => timestamp)))
  }

  /** A batch as it is, said to hold so many records. */
  appendBytes(batch: Uint8Array, recordCount: number, maxTimestamp = 0): this {
    const base = this.highWatermark
    this.highWatermark += recordCount
    this.batches.push({ base, last: this.highWatermark - 1, maxTimestamp, bytes: batch })
    return this
  }

  /** Offsets that no batch has any more: compaction, or markers. */
  skip(offsets: number): this {
    this.highWatermark += offsets
    return this
  }

  read(offset: number, bytesMax: number): Uint8Array {
    const parts: Uint8Array[] = []
    let left = bytesMax
    for (const { last, bytes } of this.batches) {
      if (last < offset) continue
      if (parts.length > 0 && bytes.length > left) {
        parts.push(bytes.subarray(0, Math.max(0, left))) // Kafka cuts the last batch off.
        break
      }
      parts.push(bytes)
      left -= bytes.length
      if (left <= 0) break
    }
    return Buffer.concat(parts)
  }
}

export class FakeCluster {
  readonly brokers: FakeBroker[] = []
  readonly topics = new Map<string, { log: FakeLog; leader: number }[]>()
  fetches = 0
  bytesSent = 0
  readonly client: ClusterClient

  private constructor(brokers: FakeBroker[], client: ClusterClient) {
    this.brokers = brokers
    this.client = client
  }

  static async start(brokerCount = 1): Promise<FakeCluster> {
    const brokers = await Promise.all(Array.from({ length: brokerCount }, () => FakeBroker.start()))
    const client = new ClusterClient({
      bootstrap: brokers.map(({ port }) => `127.0.0.1:${port}`),
      clientId: 'test',
      connectTimeoutMs: 300,
      requestTimeoutMs: 2_000,
    })
    const cluster = new FakeCluster(brokers, client)
    for (const [index, broker] of brokers.entries()) cluster.#script(broker, index + 1)
    return cluster
  }

  /** A topic whose partitions are led by the brokers in turn. */
  topic(name: string, ...logs: FakeLog[]): this {
    this.topics.set(
      name,
      logs.map((log, index) => ({ log, leader: 1 + (index % this.brokers.length) })),
    )
    return this
  }

  async stop(): Promise<void> {
    this.client.close()
    await Promise.all(this.brokers.map((broker) => broker.stop()))
  }

  #script(broker: FakeBroker, brokerId: number): void {
    broker.on(metadata, ({ topics }) => ({
      brokers: this.brokers.map(({ port }, index) => ({ nodeId: index + 1, host: '127.0.0.1', port, rack: null })),
      controllerId: 1,
      topics: (topics?.map(({ name }) => name!) ?? [...this.topics.keys()]).map((name) => ({
        errorCode: this.topics.has(name) ? 0 : errors.UNKNOWN_TOPIC_OR_PARTITION,
        name,
        partitions: (this.topics.get(name) ?? []).map(({ leader }, partitionIndex) => ({
          errorCode: 0,
          partitionIndex,
          leaderId: leader,
          replicaNodes: [leader],
          isrNodes: [leader],
        })),
      })),
    }))
    broker.on(listOffsets, ({ topics }) => ({
      topics: topics.map(({ name, partitions }) => ({
        name,
        partitions: partitions.map(({ partitionIndex, timestamp }) => {
          const { log, errorCode } = this.#partition(name, partitionIndex, brokerId)
          if (log === null) return { partitionIndex, errorCode }
          if (timestamp === -1) return { partitionIndex, errorCode, offset: log.highWatermark }
          if (timestamp === -2) return { partitionIndex, errorCode, offset: log.logStartOffset }
          const found = log.batches.find(({ maxTimestamp }) => maxTimestamp >= timestamp)
          return { partitionIndex, errorCode, offset: found?.base ?? -1, timestamp: found?.maxTimestamp ?? -1 }
        }),
      })),
    }))
    broker.on(fetch, ({ topics, maxBytes }) => {
      this.fetches++
      let left = maxBytes
      return {
        responses: topics.map(({ topic, partitions }) => ({
          topic,
          partitions: partitions.map(({ partition, fetchOffset, partitionMaxBytes }) => {
            const { log, errorCode } = this.#partition(topic, partition, brokerId)
            const nothing = { partitionIndex: partition, highWatermark: -1, records: new Uint8Array(0) }
            if (log === null) return { ...nothing, errorCode }
            if (fetchOffset < log.logStartOffset || fetchOffset > log.highWatermark) {
              return { ...nothing, errorCode: errors.OFFSET_OUT_OF_RANGE }
            }
            const records = left > 0 ? log.read(fetchOffset, Math.min(left, partitionMaxBytes)) : nothing.records
            left -= records.length
            this.bytesSent += records.length
            const { highWatermark, logStartOffset } = log
            return { partitionIndex: partition, errorCode: 0, highWatermark, logStartOffset, records }
          }),
        })),
      }
    })
  }

  #partition(topic: string, partition: number, brokerId: number): { log: FakeLog | null; errorCode: number } {
    const entry = this.topics.get(topic)?.[partition]
    if (entry === undefined) return { log: null, errorCode: errors.UNKNOWN_TOPIC_OR_PARTITION }
    return entry.leader === brokerId
      ? { log: entry.log, errorCode: 0 }
      : { log: null, errorCode: errors.NOT_LEADER_OR_FOLLOWER }
  }
}
