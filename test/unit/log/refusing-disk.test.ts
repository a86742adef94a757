// A disk that refuses something, and goes on later: what is in a log then, and what is written down of it.
import { describe, expect, test } from 'vitest'
import { DiskError } from '../../../src-broker/base/disk.ts'
import { decodeText } from '../../../src-broker/base/text.ts'
import { defaultLogConfig } from '../../../src-broker/core/log/log-config.ts'
import { LogDirectory } from '../../../src-broker/core/log/log-directory.ts'
import { emptyLogStart } from '../../../src-broker/core/log/partition-log.ts'
import { MemoryDisk } from '../../support/memory-disk.ts'
import { append, batchOf, contents, envOn, fill, filled, openLog, recoverLog } from './bench.ts'
import { cleanerOn } from './cleaner-bench.ts'
import { put, records } from './compaction-bench.ts'

const topicId = '0123456789abcdef0123456789abcdef'
const otherId = 'fedcba9876543210fedcba9876543210'
const smallBatchBytes = batchOf(['r0']).length
const segment = (base: number, kind = '.log') => `orders-0/${String(base).padStart(20, '0')}${kind}`
const textOf = (disk: MemoryDisk, path: string) => decodeText(disk.read(path) ?? new Uint8Array(0))

/** Lets `write` have its way with every write to a file. */
function onWrite(disk: MemoryDisk, write: (path: string, length: number) => number): void {
  const { open } = disk
  disk.open = (path) => {
    const file = open.call(disk, path)
    const whole = file.write.bind(file)
    file.write = (bytes, from, to, position) => {
      const taken = write(path, to - from)
      whole(bytes, from, from + taken, position)
      if (taken < to - from) throw new DiskError('ENOSPC', path)
    }
    return file
  }
}

describe('a write that a full disk took half of, at the end of a segment that is closed next', () => {
  const config = { segmentBytes: 3 * smallBatchBytes }
  function torn() {
    const disk = new MemoryDisk()
    disk.makeDirectory('orders-0')
    let isFull = false
    onWrite(disk, (path, length) => (isFull && path.endsWith('.log') ? length >> 1 : length))
    const log = openLog(disk, emptyLogStart, config)
    fill(log, 2)
    isFull = true
    expect(() => append(log, ['no'])).toThrow('ENOSPC')
    isFull = false
    append(log, ['too long for what is left of the segment'])
    fill(log, 3)
    return { disk, log }
  }

  test('does not make a recovery cut off the segments behind it', () => {
    const { disk, log } = torn()
    expect(contents(recoverLog(disk.kill(), 0, config))).toEqual(contents(log))
  })

  test('is not handed out to readers after an orderly stop', () => {
    const { disk, log } = torn()
    const read = () => log.read(0, 1_000_000, log.logEndOffset, true).byteLength
    const before = read()
    log.close()
    const again = openLog(disk, { ...emptyLogStart, recoveryPoint: log.recoveryPoint }, config)
    expect(again.read(0, 1_000_000, again.logEndOffset, true).byteLength).toBe(before)
  })
})

/** A compacted log and its cleaner, which runs every second; `pass` lets seconds pass. */
function cleaned(disk = new MemoryDisk()) {
  const compacted = { cleanupPolicy: 'compact', deleteRetentionMs: 1_000, minCleanableDirtyRatio: 0 } as const
  const config = { ...defaultLogConfig, segmentBytes: 100, ...compacted }
  const { logs, pass, settle } = cleanerOn(disk, config, 1_000)
  const log = logs.create('prices', 0, topicId, config)
  return {
    logs,
    log,
    write(...batches: readonly string[]): void {
      for (const pairs of batches) put(log, pairs)
      log.highWatermark = log.logEndOffset
      log.flush()
    },
    pass(seconds: number): void {
      for (let second = 0; second < seconds; second++) {
        pass(1_000)
        settle()
      }
    },
  }
}

const many = (key: string) => Array.from({ length: 10 }, (_, value) => `${key}=${value}`)

test('a key that was deleted does not come back where the log was compacted, then cut, and written anew', () => {
  const { logs, log, write, pass } = cleaned()
  write(...many('a'))
  pass(5)
  expect(logs.cleanedTo('prices', 0)).toBeGreaterThan(5)
  log.truncateTo(0)
  write('k=1', 'k=', ...many('b'))
  pass(60)
  write(...many('c'))
  pass(60)
  // The tombstone is old enough to go, and goes; the value that it deleted must have gone before.
  expect(records(log).filter((record) => / k=/.test(record))).toEqual([])
})

test('a log for which there was no room while it was compacted is compacted once there is', () => {
  let isFull = true
  const disk = new MemoryDisk()
  onWrite(disk, (path, length) => (isFull && path.endsWith('.cleaned') ? 0 : length))
  const { logs, write, pass } = cleaned(disk)
  write(...many('a'))
  pass(5)
  expect(logs.cleanedTo('prices', 0)).toBe(0)
  isFull = false
  pass(600)
  expect(logs.cleanedTo('prices', 0)).toBeGreaterThan(5)
})

test('a log that the disk will not read is left out by the cleaner, which goes on with the others', () => {
  const disk = new MemoryDisk()
  const { logs, log, write, pass } = cleaned(disk)
  write(...many('a'))
  log.abandon()
  const { list } = disk
  disk.list = (directory) => {
    if (directory === 'prices-0') throw new DiskError('EIO', directory)
    return list.call(disk, directory)
  }
  const sound = logs.create('orders', 0, otherId, log.config)
  for (const pairs of many('b')) put(sound, pairs)
  sound.highWatermark = sound.logEndOffset
  sound.flush()
  pass(60)
  expect([logs.cleanedTo('prices', 0), logs.cleanedTo('orders', 0) > 5]).toEqual([0, true])
})

test('a topic made anew has nothing of the old one, also where the disk would not rename the old log at first', () => {
  const disk = new MemoryDisk()
  const logs = new LogDirectory(envOn(disk), defaultLogConfig)
  fill(logs.create('orders', 0, topicId, defaultLogConfig), 3)
  const { rename } = disk
  disk.rename = (from) => {
    disk.rename = rename
    throw new DiskError('EBUSY', from)
  }
  // As MetadataApplier does it, which takes the refusal for a partition that is offline, and tries again a second later.
  const open = () => {
    if (logs.get('orders', 0) !== undefined) logs.remove('orders', 0)
    return logs.create('orders', 0, otherId, defaultLogConfig)
  }
  expect(open).toThrow('EBUSY')
  const log = open()
  append(log, ['new'])
  expect(contents(log)).toEqual(['0 new'])
})

describe('the recovery point that is written down', () => {
  const config = { ...defaultLogConfig, indexIntervalBytes: 0, segmentBytes: 12 * smallBatchBytes }
  const checkpoint = 'recovery-point-offset-checkpoint'
  /** Ten records, all of them synced, of which the disk has lost five. */
  function spoilt(isClean: boolean): MemoryDisk {
    const disk = new MemoryDisk()
    const logs = new LogDirectory(envOn(disk), config)
    const log = logs.create('orders', 0, topicId, config)
    fill(log, 10)
    log.flush()
    if (isClean) logs.close()
    else logs.checkpoint()
    const after = disk.kill()
    after.tamper(segment(0), (content) => content.slice(0, 5 * smallBatchBytes))
    return after
  }

  test('follows where a start finds a log shorter', () => {
    const disk = spoilt(false)
    expect(new LogDirectory(envOn(disk), config).get('orders', 0)!.logEndOffset).toBe(5)
    expect(textOf(disk, checkpoint)).toBe('0\n1\norders 0 5\n')
  })

  test('so that a recovery looks at what was copied after that: a power loss may have left a hole in it', () => {
    const disk = spoilt(false)
    fill(new LogDirectory(envOn(disk), config).get('orders', 0)!, 15, { leaderEpoch: 1 })
    const dark = disk.kill()
    // Nothing of it was synced: the platter has got the index and most of the pages, and not the one with offset 7.
    dark.tamper(segment(0), (content) => content.fill(0, 7 * smallBatchBytes, 8 * smallBatchBytes))
    const log = new LogDirectory(envOn(dark), config).get('orders', 0)!
    expect([log.logEndOffset, contents(log)]).toEqual([7, filled(0, 7)])
  })

  test('follows also where there was no room for it at first', () => {
    const disk = spoilt(true)
    const log = new LogDirectory(envOn(disk), config).get('orders', 0)!
    disk.isFull = true
    expect(() => log.ensureOpen()).toThrow('ENOSPC')
    disk.isFull = false
    log.ensureOpen()
    expect([log.logEndOffset, textOf(disk, checkpoint)]).toEqual([5, '0\n1\norders 0 5\n'])
  })

  test('a log whose truncation cannot be written down stays as it is', () => {
    const disk = new MemoryDisk()
    const logs = new LogDirectory(envOn(disk), config)
    const log = logs.create('orders', 0, topicId, config)
    fill(log, 10, { leaderEpoch: 3 })
    log.flush()
    logs.checkpoint()
    disk.isFull = true
    expect(() => log.truncateTo(5)).toThrow('ENOSPC')
    expect([log.logEndOffset, log.recoveryPoint, log.latestEpoch, contents(log)]).toEqual([10, 10, 3, filled(0, 10)])
    disk.isFull = false
    expect([log.truncateTo(5), textOf(disk, checkpoint)]).toEqual([5, '0\n1\norders 0 5\n'])
  })
})
