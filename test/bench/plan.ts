// What is measured, and with how much of it.
import { fetchBytes, type Requests } from './measure.ts'

export const parts = ['produce', 'requests', 'fetch', 'latency', 'start', 'memory', 'recovery', 'many-logs'] as const
export type Part = (typeof parts)[number]

/** One line of the tables. */
export interface Cell {
  readonly part: Exclude<Part, 'start' | 'memory' | 'recovery' | 'many-logs'>
  readonly title: string
  readonly replicationFactor: 1 | 3
  readonly requests: Requests
  /** Requests of a measured pass; for fetch, those that fill the topic first. */
  readonly count: number
}

/** About what a record costs beyond its value, and a batch beyond its records. */
const recordOverheadBytes = 10
const batchOverheadBytes = 61

export const requestBytes = ({ recordBytes, recordsPerRequest }: Requests): number =>
  batchOverheadBytes + recordsPerRequest * (recordBytes + recordOverheadBytes)

const depths = { large: 5, middle: 20, one: 64, openLoop: 5_000 }
const largeBytes = 1_000_000
const middleBytes = 15_000
const megabytesOneReplica = 600
const megabytesThreeReplicas = 400
const oneRecordRequests = 300_000
const openLoopSeconds = 3

export const number = (value: number, digits = 0): string =>
  value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })

const replication = [
  { replicationFactor: 1, acks: 1, text: 'RF 1, acks=1' },
  { replicationFactor: 3, acks: -1, text: 'RF 3, acks=all' },
] as const
type Replication = (typeof replication)[number]

function bulk(kind: Replication, recordBytes: number, size: 'large' | 'middle'): Cell {
  const wanted = size === 'large' ? largeBytes : middleBytes
  const recordsPerRequest = Math.floor(wanted / (recordBytes === 100 ? recordBytes + recordOverheadBytes : recordBytes))
  const megabytes = kind.replicationFactor === 1 ? megabytesOneReplica : megabytesThreeReplicas
  const requests = { recordBytes, recordsPerRequest, acks: kind.acks, depth: depths[size], requestsPerSecond: 0 }
  return {
    part: 'produce',
    title: `${number(recordBytes)} B, ${size === 'large' ? '1 MB' : '15 KB'} requests, ${kind.text}`,
    replicationFactor: kind.replicationFactor,
    requests,
    count: Math.ceil((megabytes << 20) / requestBytes(requests)),
  }
}

const oneRecord = ({ replicationFactor, acks, text }: Replication, recordBytes: number): Cell => ({
  part: 'requests',
  title: `1 × ${number(recordBytes)} B, ${text}`,
  replicationFactor,
  requests: { recordBytes, recordsPerRequest: 1, acks, depth: depths.one, requestsPerSecond: 0 },
  count: oneRecordRequests,
})

const fetching = (kind: Replication, recordBytes: number): Cell => ({
  ...bulk(kind, recordBytes, 'large'),
  part: 'fetch',
  title: `${number(recordBytes)} B, up to ${number(fetchBytes)} bytes a fetch, RF ${kind.replicationFactor}`,
})

const openLoop = ({ replicationFactor, acks, text }: Replication, requestsPerSecond: number): Cell => ({
  part: 'latency',
  title: `1 × 100 B at ${number(requestsPerSecond)}/s, ${text}`,
  replicationFactor,
  requests: { recordBytes: 100, recordsPerRequest: 1, acks, depth: depths.openLoop, requestsPerSecond },
  count: requestsPerSecond * openLoopSeconds,
})

export const cells: readonly Cell[] = [
  ...replication.flatMap((kind) =>
    [1000, 100].flatMap((bytes) => [bulk(kind, bytes, 'large'), bulk(kind, bytes, 'middle')]),
  ),
  ...replication.flatMap((kind) => [1000, 100].map((bytes) => oneRecord(kind, bytes))),
  ...replication.flatMap((kind) => [1000, 100].map((bytes) => fetching(kind, bytes))),
  ...replication.flatMap((kind) => [1_000, 10_000].map((rate) => openLoop(kind, rate))),
]
