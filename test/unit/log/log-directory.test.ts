import { expect, test, vi } from 'vitest'
import { decodeText, encodeText } from '../../../src-broker/base/text.ts'
import { deletedDirectoryName, parsePartitionDirectoryName } from '../../../src-broker/core/log/file-names.ts'
import { defaultLogConfig } from '../../../src-broker/core/log/log-config.ts'
import { LogDirectory } from '../../../src-broker/core/log/log-directory.ts'
import { MemoryDisk } from '../../support/memory-disk.ts'
import { contents, envOn, fill, filled } from './bench.ts'

const topicId = '0123456789abcdef0123456789abcdef'

const start = (disk: MemoryDisk) => new LogDirectory(envOn(disk), defaultLogConfig)

const withLogs = (disk = new MemoryDisk()) => {
  const logs = start(disk)
  for (const partition of [0, 1]) fill(logs.create('orders', partition, topicId, defaultLogConfig), 3 + partition)
  return { disk, logs }
}

const textOf = (disk: MemoryDisk, path: string) => decodeText(disk.read(path) ?? new Uint8Array(0))

test('a new partition has a directory with its topic id', () => {
  const { disk, logs } = withLogs()
  expect(textOf(disk, 'orders-0/partition.metadata')).toBe('version: 0\ntopic_id: ASNFZ4mrze8BI0VniavN7w')
  expect(logs.get('orders', 0)?.topicId).toBe(topicId)
  expect(logs.get('orders', 2)).toBeUndefined()
  expect([...logs.all()].map(({ topic, partition }) => `${topic}/${partition}`)).toEqual(['orders/0', 'orders/1'])
})

test('an orderly stop leaves the marker and checkpoints in the form of Kafka, and the next start takes the marker away', () => {
  const { disk, logs } = withLogs()
  logs.get('orders', 0)!.highWatermark = 2
  logs.get('orders', 1)!.advanceLogStartOffset(1)
  logs.close(17)
  expect(textOf(disk, 'recovery-point-offset-checkpoint')).toBe('0\n2\norders 0 3\norders 1 4\n')
  expect(textOf(disk, 'replication-offset-checkpoint')).toBe('0\n2\norders 0 2\norders 1 1\n')
  expect(textOf(disk, 'log-start-offset-checkpoint')).toBe('0\n1\norders 1 1\n')
  expect(textOf(disk, '.kafka_cleanshutdown')).toBe('{"version":0,"brokerEpoch":17}')

  const again = start(disk)
  expect([again.wasClean, again.cleanShutdownEpoch, disk.exists('.kafka_cleanshutdown')]).toEqual([true, 17, false])
  const [zero, one] = [again.get('orders', 0)!, again.get('orders', 1)!]
  expect([zero.logEndOffset, zero.highWatermark, one.logStartOffset]).toEqual([3, 2, 1])
  expect([contents(zero), contents(one)]).toEqual([filled(0, 3), filled(1, 4)])
})

test('after an orderly stop nobody looks into a directory to know whose it is; after any other everybody does', () => {
  const { disk, logs } = withLogs()
  logs.close()
  const read = vi.spyOn(disk, 'read')
  expect(start(disk).get('orders', 1)!.topicId).toBe(topicId)
  expect(read.mock.calls.flat()).not.toContain('orders-1/partition.metadata')
  const left = disk.kill()
  const readAgain = vi.spyOn(left, 'read')
  expect(start(left).get('orders', 1)!.topicId).toBe(topicId)
  expect(readAgain.mock.calls.flat()).toContain('orders-1/partition.metadata')
})

test.each([
  ['is gone', undefined],
  ['has fewer lines than it says', '0\n2\norders-0 0123456789abcdef0123456789abcdef 3 3 0\n'],
  ['says something else', '0\n2\norders-0 3\norders-1 4\n'],
])('where the file of an orderly stop %s, Kafka’s checkpoints and the directories say the same', (_, content) => {
  const { disk, logs } = withLogs()
  logs.get('orders', 1)!.highWatermark = 2
  logs.get('orders', 1)!.advanceLogStartOffset(1)
  logs.close(17)
  if (content === undefined) disk.remove('stop-checkpoint')
  else disk.replace('stop-checkpoint', encodeText(content))
  const again = start(disk)
  const one = again.get('orders', 1)!
  expect([one.logEndOffset, one.highWatermark, one.logStartOffset, one.topicId]).toEqual([4, 2, 1, topicId])
  expect(again.vouchedEpoch()).toBe(17)
})

test('a log whose topic was written down wrongly at the stop is asked itself before it counts as another topic’s', () => {
  const { disk, logs } = withLogs()
  logs.close()
  const ids = 'stop-checkpoint'
  disk.replace(ids, encodeText(textOf(disk, ids).replace(topicId, topicId.replace('0', 'f'))))
  const log = start(disk).get('orders', 0)!
  expect(log.topicId).not.toBe(topicId)
  expect(log.belongsTo(topicId)).toBe(true)
  expect(log.belongsTo('f'.repeat(32))).toBe(false)
})

test('vouches for the last orderly stop only where all logs are whole, and says which is not', () => {
  const { disk, logs } = withLogs()
  logs.get('orders', 1)!.highWatermark = 4
  logs.close(17)
  const sound = start(disk)
  expect(sound.vouchedEpoch()).toBe(17)
  sound.close(18)
  disk.tamper('orders-1/00000000000000000000.log', (content) => content.slice(0, content.length / 2))
  const cut = start(disk)
  const found: string[] = []
  cut.onDamageFound = ({ topic, partition, log }) => found.push(`${topic}-${partition} ends at ${log.damage?.offset}`)
  expect([cut.cleanShutdownEpoch, cut.vouchedEpoch(), cut.get('orders', 1)!.logEndOffset]).toEqual([18, -1, 2])
  expect(found).toEqual(['orders-1 ends at 2'])
})

test('does not vouch where a log that had records is gone since: it would lead without them', () => {
  const { disk, logs } = withLogs()
  logs.create('orders', 2, topicId, defaultLogConfig)
  logs.close(17)
  disk.remove('orders-2')
  const sound = start(disk)
  expect(sound.vouchedEpoch()).toBe(17)
  sound.close(18)
  disk.remove('orders-1')
  const poor = start(disk)
  poor.create('orders', 1, topicId, defaultLogConfig)
  expect([poor.cleanShutdownEpoch, poor.vouchedEpoch()]).toEqual([18, -1])
})

test('a log that never had a record is not looked at, whoever asks how large it is or what is too old', () => {
  const { disk, logs } = withLogs()
  logs.create('orders', 2, topicId, defaultLogConfig)
  logs.close(17)
  const again = start(disk)
  const list = vi.spyOn(disk, 'list')
  expect(again.vouchedEpoch()).toBe(17)
  const limits = { nowMs: 0, retentionMs: 0, retentionBytes: 0, highWatermark: 0 }
  const sizes = [...again.all()].map(({ log }) => {
    log.deleteOldSegments(limits)
    return log.sizeInBytes > 0
  })
  expect(sizes).toEqual([true, true, false])
  expect(list.mock.calls).toEqual([['orders-0'], ['orders-1']])
})

test('a log that never had a record has no epoch to speak of, and nobody looks for the file: thousands of followers ask at a start', () => {
  const { disk, logs } = withLogs()
  logs.create('orders', 2, topicId, defaultLogConfig).assignEpoch(3, 0)
  logs.close(17)
  const log = start(disk).get('orders', 2)!
  const read = vi.spyOn(disk, 'read')
  log.assignEpoch(4, 0)
  expect(log.latestEpoch).toBe(4)
  log.forgetEmptyEpochs()
  expect([log.latestEpoch, read.mock.calls]).toEqual([-1, []])
  // Also where somebody else has made it look: a leader before this one may have written less, and earlier.
  log.assignEpoch(5, 0)
  expect(log.endOffsetForEpoch(5)).toEqual({ epoch: 5, endOffset: 0 })
  log.forgetEmptyEpochs()
  fill(log, 2, { leaderEpoch: 2 })
  expect(log.latestEpoch).toBe(2)
})

test('without the marker every log is recovered from its recovery point', () => {
  const { disk, logs } = withLogs()
  logs.get('orders', 0)!.flush()
  logs.checkpoint()
  const killed = start(disk.kill())
  expect(killed.cleanShutdownEpoch).toBe(-1)
  expect([killed.wasClean, killed.get('orders', 0)!.logEndOffset, killed.get('orders', 1)!.logEndOffset]).toEqual([
    false,
    3,
    4,
  ])
  const crashed = start(disk.crash())
  expect([crashed.get('orders', 0)!.logEndOffset, crashed.get('orders', 1)!.logEndOffset]).toEqual([3, 0])
})

test('a crash after an orderly stop and a start is a crash', () => {
  const { disk, logs } = withLogs()
  logs.close()
  fill(start(disk).get('orders', 0)!, 2)
  expect(contents(start(disk.kill()).get('orders', 0)!)).toEqual(filled(0, 5))
})

test('when flushed records are cut off, the checkpoint follows at once', () => {
  const { disk, logs } = withLogs()
  const log = logs.get('orders', 0)!
  log.flush()
  logs.checkpoint()
  log.truncateTo(1)
  expect(textOf(disk, 'recovery-point-offset-checkpoint')).toBe('0\n2\norders 0 1\norders 1 0\n')
})

test('what was written down of a removed partition is not taken for the next one of its name', () => {
  const { disk, logs } = withLogs()
  logs.get('orders', 0)!.flush()
  logs.checkpoint()
  logs.cleaned('orders', 0, 2)
  logs.remove('orders', 0)
  fill(logs.create('orders', 0, 'f'.repeat(32), defaultLogConfig), 2, { leaderEpoch: 4 })
  const left = disk.kill()
  const killed = start(left)
  const log = killed.get('orders', 0)!
  expect([log.latestEpoch, log.recoveryPoint, killed.cleanedTo('orders', 0)]).toEqual([4, 0, 0])
  killed.remove('orders', 0)
  const leftAgain = left.kill()
  start(leftAgain).create('orders', 0, topicId, defaultLogConfig)
  expect(textOf(leftAgain, 'recovery-point-offset-checkpoint')).toBe('0\n1\norders 1 0\n')
})

test('a removed partition is gone, with all its files, and so is what a crash left of one', () => {
  const { disk, logs } = withLogs()
  logs.remove('orders', 0)
  logs.remove('orders', 7)
  expect([logs.get('orders', 0), disk.exists('orders-0')]).toEqual([undefined, false])
  fill(logs.create('orders', 0, topicId, defaultLogConfig), 1)
  expect(logs.get('orders', 0)!.logEndOffset).toBe(1)

  const left = deletedDirectoryName('orders', 5, topicId)
  disk.makeDirectory(left)
  disk.replace(`${left}/00000000000000000000.log`, encodeText('rest'))
  const again = start(disk.kill())
  expect([again.get('orders', 5), disk.kill().exists(left)]).toEqual([undefined, true])
})

test('a checkpoint that cannot be read costs a recovery, nothing else', () => {
  const { disk, logs } = withLogs()
  logs.close()
  disk.replace('recovery-point-offset-checkpoint', encodeText('rubbish'))
  expect(start(disk).get('orders', 1)!.logEndOffset).toBe(4)
})

test('names of partitions keep their dashes, names of removed ones their length', () => {
  expect(parsePartitionDirectoryName('my-topic-3-12')).toEqual({ topic: 'my-topic-3', partition: 12 })
  expect(['orders', 'orders-', '-1', 'orders-01', 'meta.properties'].map(parsePartitionDirectoryName)).toEqual(
    Array(5).fill(undefined),
  )
  expect(deletedDirectoryName('t'.repeat(249), 3, topicId)).toHaveLength(255)
})
