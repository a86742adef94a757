import { expect, test } from 'vitest'
import { writeTopicId } from '../../../src-broker/core/log/partition-metadata.ts'
import { append, batchOf, contents, directory, fill, filled, newLog, openLog, recoverLog } from './bench.ts'

const smallBatchBytes = batchOf(['r0']).length
const file = (base: number, kind = '.log') => `${directory}/${String(base).padStart(20, '0')}${kind}`

test('a flush moves the recovery point to the log end, with the epochs on disk before it', () => {
  const { disk, log } = newLog({ segmentBytes: 3 * smallBatchBytes })
  fill(log, 5, { leaderEpoch: 1 })
  log.flush()
  expect(log.recoveryPoint).toBe(5)
  const recovered = recoverLog(disk.crash(), 5)
  expect([contents(recovered), recovered.latestEpoch, recovered.damage]).toEqual([filled(0, 5), 1, undefined])
})

test('half a flush names the files that are not synced yet, the other half counts what was there when it began', () => {
  const { disk, log } = newLog({ segmentBytes: 3 * smallBatchBytes })
  expect(log.beginFlush()).toEqual([])
  fill(log, 7)
  // Closed segments have the last word of their time index to sync, too.
  expect(log.beginFlush()).toEqual([file(0), file(0, '.timeindex'), file(3), file(3, '.timeindex'), file(6)])
  fill(log, 1)
  expect(log.recoveryPoint).toBe(0)
  log.endFlush()
  expect(log.recoveryPoint).toBe(7)
  expect(log.beginFlush()).toEqual([file(6)])
  for (const path of log.beginFlush()) disk.open(path).sync()
  log.endFlush()
  expect([log.recoveryPoint, log.beginFlush()]).toEqual([8, []])
})

test('what is cut off while a flush is under way was not flushed by it', () => {
  const { log } = newLog()
  fill(log, 6)
  log.beginFlush()
  log.truncateTo(4)
  fill(log, 3, { leaderEpoch: 1 })
  log.endFlush()
  expect([log.recoveryPoint, log.logEndOffset]).toEqual([4, 7])
})

test('what was cut off does not come back with a power loss, where the log went on in another segment', () => {
  const { disk, log } = newLog({ segmentBytes: 3 * smallBatchBytes })
  fill(log, 3)
  log.flush()
  log.truncateTo(2)
  append(log, ['too long for the rest of the first segment'.repeat(2)], { leaderEpoch: 1 })
  log.flush()
  const recovered = recoverLog(disk.crash(), 3)
  expect([log.segmentsFrom(0), recovered.segmentsFrom(0)]).toEqual([recovered.segmentsFrom(0), log.segmentsFrom(0)])
})

test('once flushed, a log keeps the id of its topic through a power loss', () => {
  const { disk, log } = newLog()
  const topicId = '0123456789ab4def8123456789abcdef'
  writeTopicId(disk, directory, topicId)
  fill(log, 3)
  for (const path of log.beginFlush()) disk.open(path).sync()
  log.endFlush()
  expect(recoverLog(disk.crash(), 3).topicId).toBe(topicId)
})

test('a log whose topic is known, but not written down any more, has it written down with the next flush', () => {
  const { disk, log } = newLog()
  const topicId = '0123456789ab4def8123456789abcdef'
  fill(log, 3)
  log.close()
  const start = { isClean: true, recoveryPoint: 3, logStartOffset: 0, highWatermark: 3, topicId }
  const reopened = openLog(disk, start)
  fill(reopened, 1)
  reopened.flush()
  expect(recoverLog(disk.kill(), 4).topicId).toBe(topicId)
})
