import { produce } from '../protocol/messages/00-produce.ts'
import { buildBatch, type NewRecord } from '../records/build.ts'
import type { ClusterClient } from './cluster-client.ts'
import { finder } from './offsets.ts'
import { partitionOfKey } from './partitioner.ts'

export interface Produced {
  readonly partition: number
  readonly offset: number
  /** The broker's where the topic says so, else the producer's. */
  readonly timestamp: number
}

/** The last version that names topics. */
const versionMax = 12
const produceTimeoutMs = 10_000
/** A partition that is between leaders is waited for, one that lacks replicas is not waited for long: somebody looks on. */
const patienceMs = 3_000

/**
 * Writes single records, acknowledged by every in-sync replica. Keyed records go where the Java client would put them, others round
 * the partitions. Never writes twice: where the connection broke before the answer, the failure says so (`wasSent`).
 */
export class Producer {
  readonly #client: ClusterClient
  #nextKeyless = 0

  constructor(client: ClusterClient) {
    this.#client = client
  }

  async send(topic: string, partition: number | null, record: NewRecord): Promise<Produced> {
    const to = partition ?? (await this.#partitionFor(topic, record.key))
    const { crc32c } = await import('@node-rs/crc32')
    const batch = buildBatch([record], (bytes, from, end) => crc32c(bytes.subarray(from, end)))
    const [outcome] = await this.#client.byLeader(
      [{ topic, partition: to }],
      async (connection, items) => {
        const topicData = items.map((item) => ({
          name: item.topic,
          partitionData: [{ index: item.partition, records: batch }],
        }))
        const answer = await connection.call(
          produce,
          { acks: -1, timeoutMs: produceTimeoutMs, topicData },
          { versionMax, timeoutMs: produceTimeoutMs + 1_000 },
        )
        const find = finder(items)
        return answer.responses.flatMap(({ name, partitionResponses }) =>
          partitionResponses.flatMap(({ index, errorCode, errorMessage, recordErrors, ...value }) => {
            const item = find(name, index)
            const detail = recordErrors[0]?.batchIndexErrorMessage ?? errorMessage
            return item === undefined ? [] : [{ item, errorCode, value, detail }]
          }),
        )
      },
      { patienceMs, isRepeatable: false },
    )
    if (outcome!.failure !== null) throw outcome!.failure
    const { baseOffset, logAppendTimeMs } = outcome!.value
    return { partition: to, offset: baseOffset, timestamp: logAppendTimeMs < 0 ? record.timestamp : logAppendTimeMs }
  }

  async #partitionFor(topic: string, key: Uint8Array | null): Promise<number> {
    const { partitions } = await this.#client.topic(topic)
    return key === null ? this.#nextKeyless++ % partitions.length : partitionOfKey(key, partitions.length)
  }
}
