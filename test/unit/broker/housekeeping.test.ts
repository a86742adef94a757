import { crc32c } from '@node-rs/crc32'
import { expect, test } from 'vitest'
import { Deadlines } from '../../../src-broker/base/deadlines.ts'
import { seededRandom } from '../../../src-broker/base/random.ts'
import { decodeText } from '../../../src-broker/base/text.ts'
import { Housekeeping } from '../../../src-broker/core/housekeeping.ts'
import { defaultLogConfig } from '../../../src-broker/core/log/log-config.ts'
import { LogDirectory } from '../../../src-broker/core/log/log-directory.ts'
import { Partition } from '../../../src-broker/core/replica/partition.ts'
import { MemoryDisk } from '../../support/memory-disk.ts'
import { fill } from '../log/bench.ts'

const topicId = '0123456789abcdef0123456789abcdef'
const minuteMs = 60_000

/** A broker's logs and what keeps house with them. Syncs are held until `sync` is called. */
function house(partitionCount: number, disk = new MemoryDisk()) {
  const deadlines = new Deadlines()
  let nowMs = 0
  const env = {
    wallMs: () => nowMs,
    monotonicMs: () => nowMs,
    random: seededRandom(1),
    disk,
    crc32c: (bytes: Uint8Array, from: number, to: number) => crc32c(bytes.subarray(from, to)),
    compress: (_: number, block: Uint8Array) => block,
    decompress: (_: number, block: Uint8Array) => block,
    openPeerFile: () => {
      throw new Error('nobody is followed here')
    },
  }
  const logs = new LogDirectory(env, defaultLogConfig)
  const partitions = Array.from({ length: partitionCount }, (_, index) => {
    const log = logs.create('orders', index, topicId, defaultLogConfig)
    return new Partition('orders', topicId, index, index, log)
  })
  const waiting: { path: string; done: () => void }[] = []
  const housekeeping = new Housekeeping({
    env,
    deadlines,
    logs,
    config: () => ({ producerIdExpirationMs: minuteMs }),
    retentionCheckIntervalMs: 5 * minuteMs,
    partitions: () => partitions,
    retryOffline: () => {},
    sync: (path, done) => waiting.push({ path, done }),
  })
  housekeeping.start()
  return {
    disk,
    logs,
    housekeeping,
    waiting,
    log: (index: number) => partitions[index]!.log,
    recoveryPoints: () => decodeText(disk.read('recovery-point-offset-checkpoint') ?? new Uint8Array(0)),
    pass: (milliseconds: number) => {
      for (const until = nowMs + milliseconds; nowMs < until; ) deadlines.run((nowMs += 1_000))
    },
    sync: () => {
      while (waiting.length > 0) waiting.shift()!.done()
    },
  }
}

test('what was appended is synced every minute, and then written down as safe', () => {
  const { log, pass, sync, recoveryPoints } = house(3)
  fill(log(0), 3)
  fill(log(2), 5)
  pass(minuteMs)
  expect(recoveryPoints()).toBe('0\n3\norders 0 0\norders 1 0\norders 2 0\n')
  sync()
  expect(recoveryPoints()).toBe('0\n3\norders 0 3\norders 1 0\norders 2 5\n')
})

test('a flush that ends after the orderly stop leaves the checkpoints as they are', () => {
  const { log, logs, housekeeping, waiting, pass, sync, recoveryPoints } = house(2)
  fill(log(0), 3)
  pass(minuteMs)
  expect(waiting).toHaveLength(1)
  housekeeping.stop()
  logs.close(17)
  sync()
  pass(2 * minuteMs)
  expect(recoveryPoints()).toBe('0\n2\norders 0 3\norders 1 0\n')
  expect(waiting).toEqual([])
})

test('a full disk stops nothing: there is room again, and all is written down', () => {
  const { disk, log, pass, sync, recoveryPoints } = house(2)
  fill(log(0), 3, { leaderEpoch: 4 })
  disk.isFull = true
  pass(10 * minuteMs)
  sync()
  disk.isFull = false
  pass(minuteMs)
  sync()
  expect(recoveryPoints()).toBe('0\n2\norders 0 3\norders 1 0\n')
})

test('elections write nothing where no leader has: neither at a flush nor at the stop', () => {
  const { disk, log, logs, pass, sync } = house(2)
  fill(log(0), 3, { leaderEpoch: 1 })
  for (const index of [0, 1]) log(index).assignEpoch(2, log(index).logEndOffset)
  pass(minuteMs)
  sync()
  logs.close(17)
  const epochs = (index: number) => disk.read(`orders-${index}/leader-epoch-checkpoint`)
  expect(decodeText(epochs(0)!)).toBe('0\n1\n1 0\n')
  expect(epochs(1)).toBeUndefined()
})
