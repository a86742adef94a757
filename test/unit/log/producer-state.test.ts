import { describe, expect, test } from 'vitest'
import type { LogConfig } from '../../../src-broker/core/log/log-config.ts'
import { emptyLogStart, type PartitionLog } from '../../../src-broker/core/log/partition-log.ts'
import { decodeProducerSnapshot, encodeProducerSnapshot } from '../../../src-broker/core/log/producer-snapshot.ts'
import { buildEndMarker } from '../../../src-broker/records/control.ts'
import { crc32c } from '../records/samples.ts'
import {
  append,
  appendBytes,
  fill,
  follow,
  newLog,
  openLog,
  recoverLog,
  replicated,
  startMs,
  type Written,
} from './bench.ts'

const largest = 2_147_483_647

const numbered = (baseSequence: number, producerEpoch = 0, producerId = 7): Written => ({
  producerId,
  producerEpoch,
  baseSequence,
})

/** Sends batches of `count` records from `sequence` on in `epoch`, in order; shows what became of each. */
function send(...batches: [sequence: number, count: number, epoch?: number][]): string[] {
  const { log } = newLog()
  return batches.map(([sequence, count, epoch = 0]) => {
    const result = append(log, Array<string>(count).fill('x'), numbered(sequence, epoch))
    return result.errorCode === 0
      ? `${result.isDuplicate ? 'again ' : ''}${result.baseOffset}`
      : `error ${result.errorCode}`
  })
}

test.each<[string, string[], string[]]>([
  ['batches in order are appended', send([0, 2], [2, 1], [3, 4]), ['0', '2', '3']],
  ['a gap is out of order', send([0, 2], [3, 1]), ['0', 'error 45']],
  [
    'what is sent again gets the offset it had',
    send([0, 2], [2, 1], [0, 2], [2, 1], [3, 1]),
    ['0', '2', 'again 0', 'again 2', '3'],
  ],
  ['part of a batch is no duplicate', send([0, 3], [0, 2]), ['0', 'error 45']],
  [
    'five batches are remembered, the sixth back is not',
    send([0, 1], [1, 1], [2, 1], [3, 1], [4, 1], [5, 1], [1, 1], [0, 1]),
    ['0', '1', '2', '3', '4', '5', 'again 1', 'error 45'],
  ],
  ['an unknown producer may begin anywhere', send([500, 1], [501, 1]), ['0', '1']],
  ['a new epoch begins at 0', send([0, 1], [0, 1, 1], [1, 1, 1]), ['0', '1', '2']],
  ['a new epoch that begins elsewhere is out of order', send([0, 1], [1, 1, 1]), ['0', 'error 45']],
  ['an old epoch is fenced', send([0, 1], [0, 1, 3], [1, 1, 2]), ['0', '1', 'error 47']],
  [
    'an old epoch is fenced even where the batch was here once',
    send([0, 1], [0, 1, 3], [0, 1]),
    ['0', '1', 'error 47'],
  ],
  ['after the largest sequence comes 0', send([largest, 1], [0, 1], [1, 1]), ['0', '1', '2']],
  [
    'a batch may lie across the wrap',
    send([largest - 1, 4], [2, 1], [largest - 1, 4], [largest, 1]),
    ['0', '4', 'again 0', 'error 45'],
  ],
])('%s', (_, outcome, expected) => {
  expect(outcome).toEqual(expected)
})

test('producers do not disturb one another', () => {
  const { log } = newLog()
  const outcome = [0, 1, 2].flatMap((sequence) =>
    [7, 8].map((id) => append(log, ['x'], numbered(sequence, 0, id)).baseOffset),
  )
  expect(outcome).toEqual([0, 1, 2, 3, 4, 5])
  expect(append(log, ['x'], numbered(1, 0, 8))).toMatchObject({ isDuplicate: true, baseOffset: 3 })
})

test("a duplicate is answered with the original time where the records carry the broker's", () => {
  const { log } = newLog({ messageTimestampType: 'LogAppendTime' })
  append(log, ['x'], { ...numbered(0), nowMs: startMs })
  expect(append(log, ['x'], { ...numbered(0), nowMs: startMs + 500 })).toMatchObject({
    isDuplicate: true,
    logAppendTime: startMs,
  })
})

test('a coordinator writes for a producer without sequences, but not in an old epoch', () => {
  const { log } = newLog()
  const written: Written = { producerId: 7, producerEpoch: 3, origin: 'coordinator', isTransactional: true }
  expect(append(log, ['offset commit'], written).errorCode).toBe(0)
  expect(append(log, ['offset commit'], written).errorCode).toBe(0)
  expect(append(log, ['offset commit'], { ...written, producerEpoch: 2 }).errorCode).toBe(47)
})

test('in an open transaction a producer writes nothing outside of it; a marker ends it', () => {
  const { log } = newLog()
  append(log, ['a'], { ...numbered(0), isTransactional: true })
  append(log, ['b'], { ...numbered(0, 0, 8), isTransactional: true })
  expect(append(log, ['c'], numbered(1)).errorCode).toBe(48)
  expect(log.firstOpenOffset).toBe(0)
  end(log, 7)
  expect(log.firstOpenOffset).toBe(1)
  end(log, 8)
  expect(log.firstOpenOffset).toBe(Infinity)
  expect(append(log, ['c'], numbered(1)).errorCode).toBe(0)
})

const end = (log: Parameters<typeof append>[0], producerId: number, producerEpoch = 0) =>
  appendBytes(
    log,
    buildEndMarker({ type: 'commit', producerId, producerEpoch, coordinatorEpoch: 0, timestamp: startMs }, crc32c),
    { origin: 'coordinator' },
  )

test('a marker with a newer epoch begins that epoch: the next batch has sequence 0 (KIP-890)', () => {
  const { log } = newLog()
  append(log, ['a'], { ...numbered(0), isTransactional: true })
  end(log, 7, 1)
  expect(append(log, ['late'], { ...numbered(1), isTransactional: true }).errorCode).toBe(47)
  expect(append(log, ['b'], { ...numbered(1, 1), isTransactional: true }).errorCode).toBe(45)
  expect(append(log, ['b'], { ...numbered(0, 1), isTransactional: true }).errorCode).toBe(0)
})

test.each<[string, (bench: ReturnType<typeof newLog>) => ReturnType<typeof newLog>['log']]>([
  [
    'an orderly stop',
    ({ disk, log }) => {
      const { logEndOffset } = log
      log.close()
      return openLog(disk, { isClean: true, recoveryPoint: logEndOffset, logStartOffset: 0, highWatermark: 0 })
    },
  ],
  ['a kill, from the log', ({ disk }) => recoverLog(disk.kill())],
  [
    'a kill after a flush, from before the recovery point',
    ({ disk, log }) => {
      log.flush()
      return recoverLog(disk.crash(), log.logEndOffset)
    },
  ],
])('producers are known after %s', (_, restart) => {
  const bench = newLog()
  append(bench.log, ['a', 'b'], numbered(0))
  append(bench.log, ['c'], { ...numbered(0, 2, 8), isTransactional: true })
  append(bench.log, ['d'], numbered(2))
  const log = restart(bench)
  expect(append(log, ['d'], numbered(2))).toMatchObject({ isDuplicate: true, baseOffset: 3 })
  expect(append(log, ['e'], numbered(4)).errorCode).toBe(45)
  expect(append(log, ['e'], numbered(0, 1, 8)).errorCode).toBe(47)
  expect(log.firstOpenOffset).toBe(2)
})

test('a follower knows the producers it was sent, and can lead without a gap', () => {
  const { log } = newLog()
  follow(log, replicated(['a', 'b'], 0, 0, numbered(0)), replicated(['c'], 2, 0, numbered(2)))
  expect(append(log, ['c'], { ...numbered(2), leaderEpoch: 1 })).toMatchObject({ isDuplicate: true, baseOffset: 2 })
  expect(append(log, ['d'], { ...numbered(3), leaderEpoch: 1 })).toMatchObject({ errorCode: 0, baseOffset: 3 })
})

test('truncation takes back what the producers had written', () => {
  const { log } = newLog({ segmentBytes: 200 })
  for (let sequence = 0; sequence < 6; sequence++) append(log, ['x'.repeat(60)], numbered(sequence))
  expect(log.truncateTo(3)).toBe(3)
  expect(append(log, ['x'], numbered(5)).errorCode).toBe(45)
  expect(append(log, ['x'.repeat(60)], numbered(3))).toMatchObject({ isDuplicate: false, baseOffset: 3 })
})

test('a silent producer is forgotten, one with an open transaction is not', () => {
  const { log } = newLog()
  append(log, ['a'], numbered(0))
  append(log, ['b'], { ...numbered(0, 0, 8), isTransactional: true })
  log.expireProducers(startMs + 1)
  expect(append(log, ['c'], numbered(9)).errorCode).toBe(0)
  expect(append(log, ['d'], { ...numbered(9, 0, 8), isTransactional: true }).errorCode).toBe(45)
})

describe.each([
  ['an orderly stop', true],
  ['a kill', false],
])('after %s', (_, isOrderly) => {
  const restarted = (config: Partial<LogConfig> = {}, batches = 7) => {
    const { disk, log } = newLog(config)
    for (let sequence = 0; sequence < batches; sequence++) append(log, ['x'], numbered(sequence))
    for (const producerId of [8, 9]) append(log, ['x'], numbered(0, 0, producerId))
    const recoveryPoint = log.logEndOffset
    if (isOrderly) log.close()
    return isOrderly
      ? openLog(disk, { ...emptyLogStart, recoveryPoint }, config)
      : recoverLog(disk.kill(), recoveryPoint, config)
  }
  const again = (log: PartitionLog, sequences: readonly number[], producerId = 7): string[] =>
    sequences.map((sequence) => {
      const { errorCode, isDuplicate, baseOffset } = append(log, ['x'], numbered(sequence, 0, producerId))
      return errorCode === 0 ? `${isDuplicate ? 'again ' : ''}${baseOffset}` : `error ${errorCode}`
    })

  test('five batches of each producer are known, and no more', () => {
    const log = restarted()
    expect(again(log, [2, 3, 4, 5, 6, 7])).toEqual(['again 2', 'again 3', 'again 4', 'again 5', 'again 6', '9'])
    expect(again(log, [1, 3, 2])).toEqual(['error 45', 'again 3', 'error 45'])
    expect([again(log, [0], 8), again(log, [0, 1], 9)]).toEqual([['again 7'], ['again 8', '10']])
  })

  test('so they are where they lie in several segments', () => {
    expect(again(restarted({ segmentBytes: 160 }), [2, 3, 4, 5, 6])).toEqual([2, 3, 4, 5, 6].map((at) => `again ${at}`))
  })

  test('so they are where newer ones came first', () => {
    expect(again(restarted(), [7, 4, 2])).toEqual(['9', 'again 4', 'error 45'])
  })
})

test("a snapshot has the form of Kafka's and a damaged one is none", () => {
  const entries = [
    {
      producerId: 7,
      epoch: 2,
      lastSequence: 41,
      lastOffset: 99,
      offsetDelta: 3,
      timestamp: startMs,
      coordinatorEpoch: -1,
      transactionFirstOffset: 90,
    },
  ]
  const bytes = encodeProducerSnapshot(entries, crc32c)
  expect(Buffer.from(bytes).toString('hex')).toBe(
    '0001' +
      'c13f0273' +
      '00000001' +
      '0000000000000007' +
      '0002' +
      '00000029' +
      '0000000000000063' +
      '00000003' +
      '0000018bcfe56800' +
      'ffffffff' +
      '000000000000005a',
  )
  expect(decodeProducerSnapshot(bytes, crc32c)).toEqual(entries)
  for (const at of [1, 3, 9, 30]) {
    const damaged = bytes.slice()
    damaged[at]! ^= 4
    expect(decodeProducerSnapshot(damaged, crc32c)).toBeUndefined()
  }
  expect(decodeProducerSnapshot(bytes.slice(0, -1), crc32c)).toBeUndefined()
})

test('a torn snapshot is passed over: the producers are read from the log', () => {
  const { disk, log } = newLog({ segmentBytes: 200 })
  for (let sequence = 0; sequence < 6; sequence++) append(log, ['x'.repeat(60)], numbered(sequence))
  for (const name of disk.list('orders-0').filter((one) => one.endsWith('.snapshot'))) {
    disk.tamper(`orders-0/${name}`, (content) => content.slice(0, 8))
  }
  const reopened = recoverLog(disk.kill(), 6)
  expect(append(reopened, ['x'.repeat(60)], numbered(5))).toMatchObject({ isDuplicate: true, baseOffset: 5 })
  fill(reopened, 1)
})
