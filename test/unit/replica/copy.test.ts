import { expect, test } from 'vitest'
import { DiskError } from '../../../src-broker/base/disk.ts'
import { seededRandom } from '../../../src-broker/base/random.ts'
import type { Env } from '../../../src-broker/core/env.ts'
import { copyAnnounced } from '../../../src-broker/core/replica/copy.ts'
import { announced, becomeFollower, follow } from '../../../src-broker/core/replica/follower.ts'
import { Partition } from '../../../src-broker/core/replica/partition.ts'
import type { Follower } from '../../../src-broker/core/replica/role.ts'
import { envOn, newLog, startMs } from '../log/bench.ts'
import { clean, put, records } from '../log/compaction-bench.ts'

const small = { segmentBytes: 240, cleanupPolicy: 'compact' } as const

/** A leader's log and a follower that has its first batches; `ask` has it told all that the leader has. */
function pair(batchesCopied: number) {
  const leader = newLog(small)
  const own = newLog(small)
  const partition = new Partition('orders', '11111111-1111-1111-1111-111111111111', 0, 0, own.log)
  const follower: Follower = becomeFollower(1, 0)
  partition.role = follower
  const env: Env = {
    ...envOn(own.disk),
    wallMs: () => startMs,
    monotonicMs: () => 0,
    random: seededRandom(1),
    openPeerFile: (_, path) => {
      const file = leader.disk.openForReading(path)
      if (file === undefined) throw new DiskError('ENOENT', path)
      return { ...file, close: () => {} }
    },
  }
  const ask = () => {
    const source = follow({ kind: 'follow', leaderHandle: 0, ...leader.log.place(own.log.logEndOffset) }, 0)
    source.leaderEndOffset = leader.log.logEndOffset
    follower.source = source
    for (const { baseOffset, sizeInBytes } of leader.log.segmentsFrom(source.segmentBase)) {
      announced(source, baseOffset, sizeInBytes)
    }
    return source
  }
  const copy = () => copyAnnounced(env, partition, follower, follower.source!)
  for (let index = 0; index < batchesCopied; index++) put(leader.log, `a=${index}`)
  ask()
  copy()
  return { leader, own, ask, copy }
}

test.each([
  ['in a file of its own', 240],
  ['in a file with its neighbours', 10_000],
])('a place that was compacted away meanwhile (%s) is asked for anew: nothing is skipped', (_, segmentBytes) => {
  const { leader, own, ask, copy } = pair(1)
  // Equally long, three in a file: with the first one gone the third lies where the second was.
  for (const key of 'bcdefg') put(leader.log, `${key}=1`)
  put(leader.log, 'a=2')
  put(leader.log, 'h=1')
  put(leader.log, 'i=1')
  ask()
  leader.log.config = { ...leader.log.config, segmentBytes }
  expect(clean(leader.disk, leader.log)).toBe(9)
  expect(records(leader.log)[0]).toBe('1 b=1')
  expect(copy()).toBe('lost')
  expect(own.log.logEndOffset).toBe(1)
  ask()
  expect(copy()).toBe('done')
  expect(records(own.log).slice(1)).toEqual(records(leader.log))
})
