// The frames that the load generators send, whole and ahead of time, so that making them costs nothing while it is measured.
import { crc32c } from '@node-rs/crc32'
import { writeRequest } from '../../src-broker/protocol/frames.ts'
import { produce } from '../../src-broker/protocol/messages/00-produce.ts'
import { fetch } from '../../src-broker/protocol/messages/01-fetch.ts'
import { WireWriter } from '../../src-broker/protocol/writer.ts'
import { buildBatch } from '../../src-broker/records/build.ts'

const header = { correlationId: 0, clientId: 'load' }
const produceVersion = 7
const fetchVersion = 11
/** Behind the fetch offset: log start offset, partition max bytes, no forgotten topics, an empty rack. */
const behindFetchOffsetBytes = 8 + 4 + 4 + 2

/** `count` records without keys, of `recordBytes` of text each. */
export function recordBatch(recordBytes: number, count: number): Uint8Array {
  const timestamp = Date.now()
  const records = Array.from({ length: count }, (_, index) => ({
    key: null,
    value: text(recordBytes, index),
    timestamp,
  }))
  return buildBatch(records, (bytes, from, to) => crc32c(Buffer.from(bytes.subarray(from, to))))
}

function text(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; at++) bytes[at] = 0x61 + ((at * 7 + seed) % 26)
  return bytes
}

export function produceFrame(topic: string, acks: number, records: Uint8Array): Uint8Array {
  const writer = new WireWriter(records.length + 1024)
  writeRequest(writer, produce, produceVersion, header, {
    transactionalId: null,
    acks,
    timeoutMs: 30_000,
    topicData: [{ name: topic, partitionData: [{ index: 0, records }] }],
  })
  return writer.take()
}

/** `offsetAt` is where the generator puts the offset it is at. */
export function fetchFrame(topic: string, partitionMaxBytes: number): { frame: Uint8Array; offsetAt: number } {
  const writer = new WireWriter()
  writeRequest(writer, fetch, fetchVersion, header, {
    maxWaitMs: 500,
    minBytes: 1,
    maxBytes: 50 << 20,
    topics: [{ topic, partitions: [{ partition: 0, fetchOffset: 0, partitionMaxBytes }] }],
    forgottenTopicsData: [],
    rackId: '',
  })
  const frame = writer.take()
  return { frame, offsetAt: frame.length - behindFetchOffsetBytes - 8 }
}
