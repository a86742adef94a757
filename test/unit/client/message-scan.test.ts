import { gzipSync } from 'node:zlib'
import { afterEach, describe, expect, test } from 'vitest'
import { seededRandom } from '../../../src-broker/base/random.ts'
import type { ReadRecord } from '../../../src-broker/client/fetched-batch.ts'
import { MessageScan, type ScanPage, type ScanStart } from '../../../src-broker/client/message-scan.ts'
import { codecs } from '../../../src-broker/records/batch.ts'
import { buildEndMarker } from '../../../src-broker/records/control.ts'
import { checksum, FakeCluster, FakeLog, type FakeRecord } from './fake-cluster.ts'
import { kafkaBatches } from './kafka-batches.ts'

let cluster: FakeCluster
afterEach(() => cluster.stop())

const plenty = { records: 1e9, milliseconds: 10_000 }

function scanOf(from: ScanStart, { contains = '', partitions = allPartitions(), pageRows = 50 } = {}): MessageScan {
  return new MessageScan(cluster.client, { topic: 'flights', partitions, from, contains }, pageRows)
}

const allPartitions = () => cluster.topics.get('flights')!.map((_, partition) => partition)

const newest: ScanStart = { kind: 'newest' }
const oldest: ScanStart = { kind: 'oldest' }

/** `2@17`: partition 2, offset 17. */
const places = (rows: readonly ReadRecord[]) => rows.map(({ partition, offset }) => `${partition}@${offset}`).join(' ')
const text = (bytes: Uint8Array | null) => (bytes === null ? null : Buffer.from(bytes).toString())

async function everyPage(scan: MessageScan, limit = 50): Promise<ScanPage[]> {
  const pages: ScanPage[] = []
  do pages.push(await scan.page(limit, plenty))
  while (pages.at(-1)!.stopped === 'page-full')
  return pages
}

/** One batch a call; times are minutes, to be read at a glance. */
const logOf = (...batches: (readonly number[])[]) =>
  batches.reduce(
    (log, times) => log.append(times.map((timestamp) => ({ timestamp, value: `at ${timestamp}` }))),
    new FakeLog(),
  )

/** Batches of single records, `count` of them, `bytes` long each. */
function longLog(count: number, bytes: number, perBatch = 1): FakeLog {
  const log = new FakeLog()
  for (let first = 0; first < count; first += perBatch) {
    log.append(
      Array.from({ length: perBatch }, (_, i) => ({ timestamp: first + i, value: `${first + i} `.padEnd(bytes, 'x') })),
    )
  }
  return log
}

describe('merging', () => {
  test('newest first: partitions are merged by time, the order within each is kept', async () => {
    cluster = (await FakeCluster.start(3)).topic('flights', logOf([1, 4], [9]), logOf([2, 3, 8]), logOf([5], [6], [7]))
    const page = await scanOf(newest).page(5, plenty)
    expect([places(page.rows), page.stopped]).toEqual(['0@2 1@2 2@2 2@1 2@0', 'page-full'])
  })

  test('oldest first is the mirror image', async () => {
    cluster = (await FakeCluster.start(2)).topic('flights', logOf([1, 4], [9]), logOf([2, 3, 8]), logOf([5], [6], [7]))
    const page = await scanOf(oldest).page(50, plenty)
    expect([places(page.rows), page.stopped]).toEqual(['0@0 1@0 1@1 0@1 2@0 2@1 2@2 1@2 0@2', 'end'])
  })

  test('times that go backward within a partition change nothing about its order', async () => {
    cluster = (await FakeCluster.start()).topic('flights', logOf([50, 10, 40]), logOf([30, 20]))
    const page = await scanOf(newest).page(50, plenty)
    const ofPartition = (partition: number) => page.rows.filter((row) => row.partition === partition)
    expect([places(ofPartition(0)), places(ofPartition(1))]).toEqual(['0@2 0@1 0@0', '1@1 1@0'])
  })

  test('any topic, any page size, any direction: every record once and in order, with the scan kept or begun anew at each page', async () => {
    for (let seed = 1; seed <= 12; seed++) {
      const random = seededRandom(seed)
      const below = (bound: number) => Math.floor(random() * bound)
      cluster = await FakeCluster.start(1 + below(3))
      const expected: { time: number; place: string }[] = []
      let time = 0
      const logs = Array.from({ length: 1 + below(5) }, () => new FakeLog())
      for (let batch = below(60); batch > 0; batch--) {
        const partition = below(logs.length)
        const log = logs[partition]!
        if (below(4) === 0) log.skip(below(3) === 0 ? 100_000 : below(50))
        const records = Array.from({ length: 1 + below(8) }, (_, index) => {
          expected.push({ time: ++time, place: `${partition}@${log.highWatermark + index}` })
          return { timestamp: time, value: 'x'.repeat(below(3000)) }
        })
        log.append(records)
      }
      for (const log of logs) if (below(4) === 0) log.skip(below(1000))
      cluster.topic('flights', ...logs)
      for (const from of [newest, oldest]) {
        const ordered = expected.toSorted((a, b) => (from === newest ? b.time - a.time : a.time - b.time))
        const limit = 1 + below(20)
        const pageRows = limit
        const kept = (await everyPage(scanOf(from, { pageRows }), limit)).map((page) => places(page.rows))
        expect(kept.filter(Boolean).join(' '), `seed ${seed}`).toBe(ordered.map(({ place }) => place).join(' '))

        const anew: string[] = []
        for (let scan = scanOf(from, { pageRows }); ; ) {
          const page = await scan.page(limit, plenty)
          anew.push(places(page.rows))
          if (page.stopped !== 'page-full') break
          const position = JSON.parse(JSON.stringify(scan.position()))
          scan = scanOf({ kind: 'position', position }, { pageRows })
        }
        expect(anew.filter(Boolean).join(' '), `seed ${seed}`).toBe(ordered.map(({ place }) => place).join(' '))
      }
      await cluster.stop()
    }
  })
})

describe('where to begin', () => {
  test('at an offset, in every partition that has it; before the beginning means the beginning', async () => {
    const log = logOf([1], [2], [3], [4])
    log.logStartOffset = 1
    log.batches.shift()
    cluster = (await FakeCluster.start()).topic('flights', log, logOf([1, 2, 3], [4]))
    const at = async (offset: number) => places((await scanOf({ kind: 'offset', offset }).page(50, plenty)).rows)
    expect([await at(0), await at(2), await at(99)]).toEqual(['1@0 0@1 1@1 0@2 1@2 0@3 1@3', '0@2 1@2 0@3 1@3', ''])
  })

  test('at a time: the first record that is not older, in each partition', async () => {
    cluster = (await FakeCluster.start()).topic('flights', logOf([10], [20], [30]), logOf([5], [25]), logOf([1]))
    const page = await scanOf({ kind: 'timestamp', timestampMs: 20 }).page(50, plenty)
    expect([places(page.rows), page.stopped]).toEqual(['0@1 1@1 0@2', 'end'])
  })

  test('only the partitions that were asked for', async () => {
    cluster = (await FakeCluster.start(2)).topic('flights', logOf([1]), logOf([2]), logOf([3]))
    expect(places((await scanOf(newest, { partitions: [0, 2] }).page(50, plenty)).rows)).toBe('2@0 0@0')
  })
})

describe('what it costs', () => {
  test('a hundred empty partitions cost no fetch at all', async () => {
    cluster = (await FakeCluster.start(3)).topic('flights', ...Array.from({ length: 100 }, () => new FakeLog()))
    const page = await scanOf(newest).page(50, plenty)
    expect([page.rows.length, page.stopped, cluster.fetches]).toEqual([0, 'end', 0])
  })

  test('the newest fifty of a long topic take one fetch and a few kilobytes', async () => {
    cluster = (await FakeCluster.start()).topic('flights', longLog(20_000, 100, 10), longLog(20_000, 100, 10))
    const page = await scanOf(newest).page(50, plenty)
    expect([page.rows.length, page.rows[0]!.offset, cluster.fetches]).toEqual([50, 19_999, 1])
    expect(cluster.bytesSent).toBeLessThan(50_000)
  })

  test.each([
    ['newest', newest],
    ['oldest', oldest],
  ])('reading a whole topic page by page from its %s record fetches each byte about once', async (_name, from) => {
    const logs = [longLog(3_000, 1_000, 5), longLog(3_000, 1_000), longLog(600, 5_000, 3)]
    cluster = (await FakeCluster.start()).topic('flights', ...logs)
    const pages = await everyPage(scanOf(from))
    const unique = logs.flatMap((log) => log.batches).reduce((sum, { bytes }) => sum + bytes.length, 0)
    expect(pages.reduce((sum, page) => sum + page.rows.length, 0)).toBe(6_600)
    // What is left over is the tail of each answer, which a broker cuts off in the middle of a batch.
    expect(cluster.bytesSent / unique).toBeLessThan(1.05)
    expect(pages.reduce((sum, page) => sum + page.fetchedBytes, 0) / unique).toBeLessThan(1.02)
  })

  test('a compacted topic with ten million offsets missing is crossed in a handful of fetches', async () => {
    const log = logOf([1], [2])
      .skip(10_000_000)
      .append([{ timestamp: 3 }])
      .skip(5_000_000)
    cluster = (await FakeCluster.start()).topic('flights', log)
    const page = await scanOf(newest).page(50, plenty)
    expect([places(page.rows), page.stopped]).toEqual(['0@10000002 0@1 0@0', 'end'])
    expect(cluster.fetches).toBeLessThan(20)
  })

  test('a wide gap above a dense stretch does not make the reader lose itself in the stretch', async () => {
    const log = longLog(4_000, 1_000).skip(2_000_000)
    cluster = (await FakeCluster.start()).topic('flights', log)
    const page = await scanOf(newest).page(10, plenty)
    expect(page.rows.map(({ offset }) => offset)).toEqual(Array.from({ length: 10 }, (_, i) => 3_999 - i))
    expect(cluster.bytesSent).toBeLessThan(1_500_000)
  })

  test('large records are not fetched by the hundred: a window is bounded in bytes', async () => {
    cluster = (await FakeCluster.start()).topic('flights', longLog(60, 500_000))
    const page = await scanOf(newest, { pageRows: 500 }).page(5, plenty)
    expect(page.rows.map(({ offset }) => offset)).toEqual([59, 58, 57, 56, 55])
    expect(page.fetchedBytes).toBeLessThan(8_000_000)
  })

  test('nothing is waited for where the end of the log holds no records', async () => {
    cluster = (await FakeCluster.start()).topic('flights', logOf([1]).skip(50), new FakeLog().skip(7))
    const page = await scanOf(oldest).page(50, plenty)
    expect([places(page.rows), page.stopped]).toEqual(['0@0', 'end'])
    expect(page.scannedRecords).toBe(1)
  })
})

describe('looking for a text', () => {
  const record = (timestamp: number, more: Partial<FakeRecord> = {}): FakeRecord => ({
    timestamp,
    value: `{"n":${timestamp}}`,
    ...more,
  })

  test('it is found in key, value and headers, whatever its case', async () => {
    const log = new FakeLog()
      .append([record(1, { key: 'Detroit' }), record(2), record(3, { value: 'to DETROIT' })])
      .append([
        record(4, { headers: { city: 'detroit' } }),
        record(5, { headers: { Detroit: '' } }),
        record(6, { value: null }),
      ])
    cluster = (await FakeCluster.start()).topic('flights', log)
    const page = await scanOf(newest, { contains: 'dEtRoIt' }).page(50, plenty)
    expect([places(page.rows), page.stopped, page.scannedRecords]).toEqual(['0@4 0@3 0@2 0@0', 'end', 6])
  })

  test('signs that mean something in a pattern are just signs, and letters beyond ASCII work', async () => {
    const log = new FakeLog().append([
      record(1, { value: 'a.b(c)*[d]' }),
      record(2, { value: 'axb' }),
      record(3, { value: 'ZÜRICH' }),
    ])
    cluster = (await FakeCluster.start()).topic('flights', log)
    const find = async (contains: string) => places((await scanOf(newest, { contains }).page(50, plenty)).rows)
    expect([await find('A.B(c)*[D]'), await find('a.b'), await find('zürich'), await find('zurich')]).toEqual([
      '0@0',
      '0@0',
      '0@2',
      '',
    ])
  })

  test('it is found in compressed batches', async () => {
    const log = new FakeLog().append([record(1), record(2, { value: 'needle' })], {
      compression: { codec: codecs.gzip, compress: gzipSync },
    })
    for (const { bytes } of kafkaBatches) log.appendBytes(bytes, 6)
    cluster = (await FakeCluster.start()).topic('flights', log)
    expect(places((await scanOf(newest, { contains: 'NEEDLE' }).page(50, plenty)).rows)).toBe('0@1')
  })

  test('a search that ends early says so, keeps what it found, and goes on from there', async () => {
    const log = new FakeLog()
    for (let time = 0; time < 3_000; time++)
      log.append([record(time, { value: time % 1_000 === 7 ? 'needle' : 'hay' })])
    cluster = (await FakeCluster.start()).topic('flights', log)
    const scan = scanOf(newest, { contains: 'needle' })
    const first = await scan.page(50, { records: 1_500, milliseconds: 10_000 })
    expect([places(first.rows), first.stopped, first.scannedRecords]).toEqual(['0@2007', 'scan-limit', 1_500])
    const again = scanOf({ kind: 'position', position: scan.position() }, { contains: 'needle' })
    for (const second of [await scan.page(50, plenty), await again.page(50, plenty)]) {
      expect([places(second.rows), second.stopped, second.scannedRecords]).toEqual(['0@1007 0@7', 'end', 1_500])
    }
  })

  test('a match is shown at once where every other partition has come past its time', async () => {
    const early = longLog(5_000, 200)
    const late = new FakeLog()
    for (let time = 0; time < 60; time++) late.append([record(1_000_000 + time, { value: 'needle' })])
    cluster = (await FakeCluster.start()).topic('flights', early, late)
    const page = await scanOf(newest, { contains: 'needle' }).page(50, plenty)
    expect([page.rows.length, page.rows[0]!.offset, page.stopped]).toEqual([50, 59, 'page-full'])
    expect(page.scannedRecords).toBeLessThan(1_000)
  })

  test('a batch without the text is passed over as a whole, at hundreds of thousands of records a second', async () => {
    const values = Array.from({ length: 500 }, (_, i) =>
      record(i, { key: 'DTW', value: `{"origin":"DTW","delay":${i},"to":"LAS"}` }),
    )
    const log = new FakeLog()
    for (let batch = 0; batch < 400; batch++) log.append(values)
    cluster = (await FakeCluster.start()).topic('flights', log)
    const startedMs = performance.now()
    const page = await scanOf(newest, { contains: 'not in there' }).page(50, plenty)
    const perSecond = page.scannedRecords / ((performance.now() - startedMs) / 1_000)
    expect([page.scannedRecords, page.stopped]).toEqual([200_000, 'end'])
    expect(perSecond).toBeGreaterThan(100_000)
  })
})

describe('what is not a plain record', () => {
  test('transaction markers are rows of their own kind', async () => {
    const log = logOf([1])
    for (const type of ['commit', 'abort'] as const) {
      const marker = { type, producerId: 7, producerEpoch: 0, coordinatorEpoch: 0, timestamp: 2 }
      const bytes = buildEndMarker(marker, checksum)
      new DataView(bytes.buffer).setBigInt64(0, BigInt(log.highWatermark))
      log.appendBytes(bytes, 1)
    }
    cluster = (await FakeCluster.start()).topic('flights', log)
    const { rows } = await scanOf(oldest).page(50, plenty)
    expect(rows.map(({ kind }) => kind)).toEqual(['record', 'transaction-commit', 'transaction-abort'])
  })

  test('a damaged batch is a row that shows its bytes, and hides nothing around it', async () => {
    const lz4 = Buffer.from(kafkaBatches[3]!.bytes)
    lz4.writeBigInt64BE(1n, 0)
    lz4.fill(0xff, 75, 90)
    const log = logOf([1])
      .appendBytes(lz4, 6)
      .append([{ timestamp: 8 }])
    cluster = (await FakeCluster.start()).topic('flights', log)
    for (const from of [newest, oldest]) {
      const { rows } = await scanOf(from).page(50, plenty)
      expect(rows.map(({ kind }) => kind)).toEqual(['record', 'unreadable', 'record'])
      expect(rows[1]!.value).toHaveLength(lz4.length)
    }
  })

  test('null, empty and text are told apart; headers come along', async () => {
    const log = new FakeLog().append([
      { timestamp: 1, key: null, value: null },
      { timestamp: 2, key: '', value: '' },
      { timestamp: 3, key: 'k', value: 'v', headers: { trace: 'abc' } },
    ])
    cluster = (await FakeCluster.start()).topic('flights', log)
    const { rows } = await scanOf(oldest).page(50, plenty)
    expect(rows.map(({ key, value, headers }) => [text(key), text(value), headers.length])).toEqual([
      [null, null, 0],
      ['', '', 0],
      ['k', 'v', 1],
    ])
  })

  test('batches whose offsets go backward or nowhere end the partition, they do not hold the reader', async () => {
    const odd = logOf([1], [2], [3])
    for (const { bytes } of odd.batches) new DataView(bytes.buffer).setBigInt64(0, 0n)
    cluster = (await FakeCluster.start()).topic('flights', odd)
    for (const from of [newest, oldest]) {
      const page = await scanOf(from).page(50, plenty)
      expect(page.stopped).toBe('end')
      expect(cluster.fetches).toBeLessThan(10)
    }
  })
})

describe('while the cluster changes', () => {
  test('a partition whose leader moved is read from the new one', async () => {
    cluster = (await FakeCluster.start(2)).topic('flights', logOf([1], [2]), logOf([3]))
    expect(places((await scanOf(newest).page(50, plenty)).rows)).toBe('1@0 0@1 0@0')
    cluster.topics.get('flights')![0]!.leader = 2
    expect(places((await scanOf(newest).page(50, plenty)).rows)).toBe('1@0 0@1 0@0')
  })

  test('a partition without a leader does not hide the others, and nobody says that all has been read', async () => {
    cluster = (await FakeCluster.start(2)).topic('flights', logOf([1], [2]), logOf([3]))
    cluster.topics.get('flights')![0]!.leader = -1
    const scan = scanOf(newest)
    const page = await scan.page(50, plenty)
    expect([places(page.rows), page.stopped]).toEqual(['1@0', 'scan-limit'])
    expect(page.unreachable.map(({ partition, failure }) => `${partition} ${failure.message}`)).toEqual([
      '0 Partition 0 of topic flights: The partition has no leader at present.',
    ])
    cluster.topics.get('flights')![0]!.leader = 1
    const next = await scanOf({ kind: 'position', position: scan.position() }).page(50, plenty)
    expect([places(next.rows), next.stopped]).toEqual(['0@1 0@0', 'end'])
  })

  test('retention that takes the beginning while it is read shortens the scan', async () => {
    const log = longLog(400, 1_000)
    cluster = (await FakeCluster.start()).topic('flights', log)
    for (const from of [oldest, newest]) {
      log.logStartOffset = 0
      const scan = scanOf(from, { pageRows: 10 })
      await scan.page(10, plenty)
      log.logStartOffset = 380
      const rest = await everyPage(scan)
      expect(rest.at(-1)!.stopped).toBe('end')
      expect(rest.flatMap(({ rows }) => rows).length).toBeLessThan(200)
    }
  })
})
