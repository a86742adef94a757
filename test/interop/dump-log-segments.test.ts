// Apache Kafka's own tool reads the files we write. Skipped by `npm test`, which needs no Java.
//
//   KAFKA_LIB=…/lib npx vitest run --project interop test/interop/dump-log-segments.test.ts
//
// KAFKA_LIB is a folder with the jars of Apache Kafka 4.3: of its release, or of org.apache.kafka:kafka_2.13:4.3.1 and
// org.apache.kafka:kafka-tools:4.3.1 with all they depend on, as Maven's dependency:copy-dependencies puts them.
import { execFile } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Kafka, logLevel } from 'kafkajs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { compress } from '../../src-broker/client/compress.ts'
import { decompress } from '../../src-broker/client/compression.ts'
import { cleanable } from '../../src-broker/core/log/cleanable.ts'
import { compact } from '../../src-broker/core/log/compaction.ts'
import { defaultLogConfig, type LogConfig } from '../../src-broker/core/log/log-config.ts'
import { emptyLogStart, PartitionLog } from '../../src-broker/core/log/partition-log.ts'
import * as batch from '../../src-broker/records/batch.ts'
import { buildBatch, type NewRecord } from '../../src-broker/records/build.ts'
import { buildEndMarker } from '../../src-broker/records/control.ts'
import { startCluster } from '../../src-broker/runtime/cluster-host.ts'
import { FileDisk } from '../../src-broker/runtime/file-disk.ts'
import { freePorts } from '../support/free-ports.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { crc32c, text, viewOf } from '../unit/records/samples.ts'

const jars = process.env.KAFKA_LIB ?? ''
if (jars === '') console.log("Kafka's dump tool: skipped, KAFKA_LIB is not set to a folder with its jars")

const startMs = 1_700_000_000_000
const folder = temporaryFolder()
const disk = new FileDisk(folder.path)
afterAll(() => {
  disk.close()
  folder.remove()
})

/** What the tool prints, file by file; its complaints come with it. */
async function dump(files: readonly string[], ...options: string[]): Promise<string> {
  const tool = [
    '-cp',
    join(jars, '*'),
    'org.apache.kafka.tools.DumpLogSegments',
    '--files',
    files.join(','),
    ...options,
  ]
  const { stdout, stderr } = await promisify(execFile)('java', tool, { maxBuffer: 1 << 28 })
  return stdout + stderr
}

const complaints = (output: string): string[] =>
  output
    .split('\n')
    .filter((line) => /isvalid: false|mismatch|exception|error|corrupt|out of order|invalid/i.test(line))

/** Records that are followed by another than the next one. The tool begins each file at -1, and wonders at the first. */
const gaps = (output: string): string[] => output.match(/^ *\d+ is followed by \d+/gm) ?? []

const filesOf = (directory: string, ...kinds: string[]): string[] =>
  readdirSync(join(folder.path, directory))
    .filter((name) => kinds.some((kind) => name.endsWith(kind)))
    .map((name) => join(folder.path, directory, name))

function newLog(directory: string, config: Partial<LogConfig>): PartitionLog {
  disk.makeDirectory(directory)
  const env = { disk, crc32c, compress, decompress }
  return PartitionLog.open(env, directory, { ...defaultLogConfig, indexIntervalBytes: 200, ...config }, emptyLogStart)
}

function append(
  log: PartitionLog,
  records: readonly NewRecord[],
  options: Parameters<typeof buildBatch>[2] = {},
): void {
  const bytes = buildBatch(records, crc32c, options)
  const origin = options.isControl ? 'coordinator' : 'client'
  const { errorCode } = log.appendAsLeader(bytes, viewOf(bytes), 0, bytes.length, {
    leaderEpoch: 3,
    nowMs: startMs,
    origin,
  })
  expect(errorCode).toBe(0)
}

const record = (key: string | null, value: string | null, ms = 0): NewRecord => ({
  key: key === null ? null : text(key),
  value: value === null ? null : text(value),
  timestamp: startMs + ms,
  headers: [{ key: 'trace', value: text('x') }],
})

const codecs = Object.values(batch.codecs)
const packedBy = (codec: batch.Codec) => ({ codec, compress: (block: Uint8Array) => compress(codec, block) })

describe.runIf(jars !== '')('Kafka’s dump tool reads without complaint', { timeout: 120_000 }, () => {
  test('segments with every codec, their indexes and producers', async () => {
    const log = newLog('orders-0', { segmentBytes: 4_000 })
    for (let index = 0; index < 100; index++) {
      const records = [record('k', `value ${index}`.repeat(20), index), record(null, null, index)]
      const producer = { producerId: 7, producerEpoch: 0, baseSequence: 2 * index }
      append(log, records, { ...producer, compression: packedBy(codecs[index % codecs.length]!) })
    }
    log.close()
    const segments = await dump(filesOf('orders-0', '.log'), '--deep-iteration', '--print-data-log')
    expect([complaints(segments), gaps(segments), segments.match(/^\| offset: /gm)?.length]).toEqual([[], [], 200])
    const rest = filesOf('orders-0', '.index', '.timeindex', '.snapshot')
    expect(rest.length).toBeGreaterThan(6)
    const indexes = await dump(rest)
    expect([complaints(indexes), indexes.match(/producerId: 7/g)?.length]).toEqual([
      [],
      filesOf('orders-0', '.snapshot').length,
    ])
    expect(complaints(await dump(filesOf('orders-0', '.index'), '--index-sanity-check'))).toEqual([])
  })

  test('batches that the topic had us pack anew, and the broker’s own time', async () => {
    for (const codec of codecs) {
      const name = `repacked${codec}-0`
      const log = newLog(name, { compression: { codec, level: undefined }, messageTimestampType: 'LogAppendTime' })
      for (const from of codecs)
        append(log, [record('k', 'v'.repeat(70_000)), record('l', 'w')], { compression: packedBy(from) })
      log.close()
      const output = await dump(filesOf(name, '.log'), '--deep-iteration', '--print-data-log')
      const word = Object.keys(batch.codecs)[codec]!
      expect([complaints(output), output.match(new RegExp(`compresscodec: ${word}`, 'g'))?.length]).toEqual([[], 5])
      // Said of 5 batches and of their 10 records.
      expect(output.match(/LogAppendTime: 1700000000000/g)?.length).toBe(15)
    }
  })

  test('compacted segments: rewritten and emptied batches, tombstones with their horizon, their indexes', async () => {
    const log = newLog('prices-0', { segmentBytes: 2_000, cleanupPolicy: 'compact' })
    for (let index = 0; index < 200; index++) {
      const records = [
        record(`k${index % 20}`, `value ${index}`),
        record(`t${index % 50}`, index % 3 === 0 ? null : 'x'),
      ]
      const producer = { producerId: index % 30, producerEpoch: 0, baseSequence: 2 * Math.floor(index / 30) }
      append(log, records, { ...producer, compression: packedBy(codecs[index % codecs.length]!) })
    }
    const before = log.sizeInBytes
    clean(log)
    log.close()
    expect(log.sizeInBytes).toBeLessThan(before / 2)
    const output = await dump(filesOf('prices-0', '.log'), '--deep-iteration', '--print-data-log')
    expect(complaints(output)).toEqual([])
    expect(output).toMatch(/deleteHorizonMs: OptionalLong\[1700086400000\]/)
    expect(gaps(output)).not.toEqual([])
    expect(output).toMatch(/count: 0 /)
    expect(complaints(await dump(filesOf('prices-0', '.index', '.timeindex', '.snapshot')))).toEqual([])
  })

  test('transactions and their markers', async () => {
    const log = newLog('payments-0', {})
    const producer = { producerId: 9, producerEpoch: 1, isTransactional: true }
    append(log, [record('a', '1')], { ...producer, baseSequence: 0 })
    const marker = buildEndMarker({ type: 'abort', coordinatorEpoch: 4, timestamp: startMs, ...producer }, crc32c)
    log.appendAsLeader(marker, viewOf(marker), 0, marker.length, {
      leaderEpoch: 3,
      nowMs: startMs,
      origin: 'coordinator',
    })
    log.close()
    const output = await dump(filesOf('payments-0', '.log', '.snapshot'), '--deep-iteration', '--print-data-log')
    expect(complaints(output)).toEqual([])
    expect(output).toMatch(/endTxnMarker: ABORT coordinatorEpoch: 4/)
  })

  describe('of a cluster', () => {
    const data = 'cluster'
    beforeAll(async () => {
      const cluster = await startCluster({
        brokerCount: 1,
        port: await freePorts(1),
        dataDirectory: join(folder.path, data),
      })
      const kafka = new Kafka({ brokers: [...cluster.bootstrap], logLevel: logLevel.NOTHING })
      const producer = kafka.producer()
      await producer.connect()
      await producer.send({ topic: 'letters', messages: [{ key: 'a', value: '1' }] })
      await producer.disconnect()
      const consumer = kafka.consumer({ groupId: 'readers' })
      await consumer.connect()
      await consumer.subscribe({ topic: 'letters', fromBeginning: true })
      await new Promise<void>((resolve) => void consumer.run({ eachMessage: async () => resolve() }))
      await consumer.disconnect()
      await cluster.close()
    })

    test('the offsets of groups', async () => {
      const broker = readdirSync(join(folder.path, data)).find((name) => /1$/.test(name))!
      const files = readdirSync(join(folder.path, data, broker))
        .filter((name) => name.startsWith('__consumer_offsets-'))
        .flatMap((name) => filesOf(join(data, broker, name), '.log'))
      const output = await dump(files, '--offsets-decoder')
      expect(complaints(output)).toEqual([])
      expect(output).toMatch(/"group":"readers","topic":"letters"/)
    })

    test('the metadata of the cluster', async () => {
      const broker = readdirSync(join(folder.path, data)).find((name) => /1$/.test(name))!
      const output = await dump(
        filesOf(join(data, broker, '__cluster_metadata-0'), '.log'),
        '--cluster-metadata-decoder',
      )
      expect(complaints(output)).toEqual([])
      expect(output).toMatch(/"type":"TOPIC_RECORD","version":0,"data":{"name":"letters"/)
    })
  })
})

function clean(log: PartitionLog): void {
  const { segments, producers } = log.content
  const { config, logStartOffset, directory } = log
  const range = cleanable({
    segments,
    config,
    logStartOffset,
    cleanedTo: 0,
    limitOffset: log.logEndOffset,
    nowMs: startMs,
  })
  const { from, to } = range!
  const env = { disk, crc32c, compress, decompress }
  for (const pause of compact({
    env,
    directory,
    segments,
    producers,
    config,
    from,
    to,
    nowMs: startMs,
    mapBytesMax: 1 << 20,
  })) {
    if (typeof pause !== 'number') for (const path of pause) disk.open(path).sync()
  }
}
