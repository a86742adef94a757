import { expect, test } from 'vitest'
import { Deadlines } from '../../../src-broker/base/deadlines.ts'
import type { Env } from '../../../src-broker/core/env.ts'
import { Announcements, answered } from '../../../src-broker/core/replica/announcements.ts'
import { announcementWidth } from '../../../src-broker/core/replica/hand-off.ts'
import type { Outbox } from '../../../src-broker/core/replica/outbox.ts'
import type { Partition } from '../../../src-broker/core/replica/partition.ts'
import type { Leader, Stream } from '../../../src-broker/core/replica/role.ts'

test('a follower that is held up is told a hundred times and no more, and of the rest once when it answers', () => {
  const told: number[] = []
  const deadlines = new Deadlines()
  const outbox = { announcements: () => told } as unknown as Outbox
  const announcements = new Announcements({ monotonicMs: () => 0 } as Env, deadlines, outbox)
  const stream: Stream = {
    followerHandle: 1,
    segmentBase: 0,
    position: 0,
    highWatermark: -1,
    logStartOffset: -1,
    unanswered: 0,
  }
  const leader = { epoch: 1, followers: new Map([[2, { stream }]]) } as unknown as Leader
  const log = { activeSegmentBase: 0, activeSegmentSize: 0, logEndOffset: 0, logStartOffset: 0 }
  const partition = { leader, log, highWatermark: 0 } as unknown as Partition
  const append = (): void => {
    log.activeSegmentSize += 70
    log.logEndOffset++
    Object.assign(partition, { highWatermark: log.logEndOffset })
    announcements.announce(partition, leader)
    deadlines.run(1_000)
  }
  const entries = (): number => told.length / announcementWidth
  for (let count = 0; count < 5_000; count++) append()
  expect(entries()).toBe(100)
  expect([answered(stream), answered(stream)]).toEqual([true, false])
  announcements.announce(partition, leader)
  expect([entries(), stream.position, told.at(-3)]).toEqual([101, 5_000 * 70, 5_000])
})
