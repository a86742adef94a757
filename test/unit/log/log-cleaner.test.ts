import { describe, expect, test } from 'vitest'
import { decodeText } from '../../../src-broker/base/text.ts'
import { defaultLogConfig } from '../../../src-broker/core/log/log-config.ts'
import { LogDirectory } from '../../../src-broker/core/log/log-directory.ts'
import type { PartitionLog } from '../../../src-broker/core/log/partition-log.ts'
import { MemoryDisk } from '../../support/memory-disk.ts'
import { envOn, segments } from './bench.ts'
import { cleanerOn } from './cleaner-bench.ts'
import { put, records } from './compaction-bench.ts'

const backoffMs = 15_000
const config = { ...defaultLogConfig, segmentBytes: 100, cleanupPolicy: 'compact' } as const
const topicId = '11111111-1111-1111-1111-111111111111'

function bench() {
  const disk = new MemoryDisk()
  const on = cleanerOn(disk, config, backoffMs)
  return {
    ...on,
    disk,
    /** A log whose keys were each written so often; all of it committed. */
    log(topic: string, values: number, wasFlushed = true): PartitionLog {
      const log = on.logs.create(topic, 0, topicId, config)
      for (let value = 1; value <= values; value++) put(log, `a=${value} b=${value}`)
      log.highWatermark = log.logEndOffset
      if (wasFlushed) log.flush()
      return log
    },
    checkpoint: () => decodeText(disk.read('cleaner-offset-checkpoint') ?? new Uint8Array(0)),
  }
}

describe('the cleaner', () => {
  test('compacts after its backoff, and remembers how far over a restart', () => {
    const { disk, log: logOf, pass, settle, checkpoint } = bench()
    const log = logOf('prices', 4)
    pass(backoffMs - 1)
    settle()
    expect(segments(log)).toBe('0:79 2:79 4:79 6:79')
    pass(1)
    settle()
    expect(records(log)).toEqual(['[0..1]', '[2..3]', '4 a=3', '5 b=3', '6 a=4', '7 b=4'])
    expect(checkpoint()).toBe('0\n1\nprices 0 6\n')
    expect(new LogDirectory(envOn(disk), config).cleanedTo('prices', 0)).toBe(6)
  })

  test('leaves alone what is hardly dirty, and logs that are not compacted', () => {
    const { log: logOf, pass, settle } = bench()
    const clean = logOf('prices', 4)
    pass(backoffMs)
    settle()
    const before = segments(clean)
    put(clean, 'c=1 d=1')
    const deleted = logOf('orders', 4)
    deleted.config = { ...config, cleanupPolicy: 'delete' }
    clean.config = { ...config, minCleanableDirtyRatio: 0.9 }
    pass(backoffMs)
    settle()
    expect([segments(clean), segments(deleted)]).toEqual([`${before} 8:79`, '0:79 2:79 4:79 6:79'])
  })

  test('does not wait for dirt where max.compaction.lag.ms is over', () => {
    const { log: logOf, pass, settle } = bench()
    const log = logOf('prices', 4)
    log.config = { ...config, minCleanableDirtyRatio: 1, maxCompactionLagMs: 20_000 }
    pass(backoffMs)
    settle()
    expect(records(log)).toHaveLength(8)
    pass(backoffMs)
    settle()
    expect(records(log)).toHaveLength(6)
  })

  test('asks for a flush where what it could compact is not safely on disk, and compacts it the next time', () => {
    const { log: logOf, pass, settle, flushes } = bench()
    const log = logOf('prices', 4, false)
    pass(backoffMs)
    settle()
    expect([flushes(), records(log).length]).toEqual([1, 8])
    log.flush()
    pass(backoffMs)
    settle()
    expect([flushes(), records(log).length]).toEqual([1, 6])
  })

  test('gives up where the log is cut meanwhile, and leaves nothing behind', () => {
    const { disk, log: logOf, pass, settle, checkpoint } = bench()
    const log = logOf('prices', 4)
    pass(backoffMs) // It waits for the first sync now.
    expect(disk.list('prices-0').filter((name) => name.endsWith('.cleaned'))).not.toEqual([])
    log.truncateTo(5)
    settle()
    expect(records(log)).toEqual(['0 a=1', '1 b=1', '2 a=2', '3 b=2'])
    expect([disk.list('prices-0').filter((name) => name.endsWith('.cleaned')), checkpoint()]).toEqual([[], ''])
  })

  test('gives up where the topic is deleted meanwhile', () => {
    const { disk, logs, log: logOf, pass, settle } = bench()
    logOf('prices', 4)
    pass(backoffMs)
    logs.remove('prices', 0)
    settle()
    expect(disk.list('').filter((name) => name.startsWith('prices'))).toEqual([])
  })

  test('leaves a log with a rotten batch as it is and compacts the others', () => {
    const { disk, log: logOf, pass, settle } = bench()
    const rotten = logOf('prices', 9)
    const sound = logOf('rates', 4)
    disk.tamper('prices-0/00000000000000000004.log', (content) => content.fill(0x55, 65, 70))
    pass(backoffMs)
    settle()
    pass(backoffMs)
    settle()
    expect([segments(rotten).split(' ').length, records(sound).length]).toEqual([9, 6])
  })
})
