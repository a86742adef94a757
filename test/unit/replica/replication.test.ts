import { afterEach, expect, test, vi } from 'vitest'
import { Replicas } from '../../../src-broker/core/replica/replicas.ts'
import { ReplicaCluster } from '../../support/replica-cluster.ts'

afterEach(() => vi.restoreAllMocks())

test('an append with acks=all is acknowledged when every in-sync replica has it', () => {
  const cluster = new ReplicaCluster(3, 2)
  cluster.elect(1)
  const { states } = cluster.produce(1, 3, 'all')
  expect(states).toEqual(['waiting', 'waiting', 'waiting'])
  cluster.settle()
  expect(states).toEqual(['acknowledged', 'acknowledged', 'acknowledged'])
})

test('followers hear of the high watermark a moment after it moved', () => {
  const cluster = new ReplicaCluster(3, 2)
  cluster.elect(1)
  cluster.produce(1, 5, 'all')
  cluster.settle()
  expect(cluster.view()).toMatchInlineSnapshot(`
    "1 leader isr 1,2,3 leo 5 hw 5
    2 follower leo 5 hw 0
    3 follower leo 5 hw 0"
  `)
  cluster.advance(20)
  expect(cluster.view()).toMatchInlineSnapshot(`
    "1 leader isr 1,2,3 leo 5 hw 5
    2 follower leo 5 hw 5
    3 follower leo 5 hw 5"
  `)
})

test('where nothing is to be copied nothing is announced: at a start that is so of most of thousands of partitions', () => {
  const told = vi.spyOn(Replicas.prototype, 'receiveNumbers')
  const cluster = new ReplicaCluster(3, 2)
  cluster.elect(1)
  cluster.advance(1_000)
  expect(told).not.toHaveBeenCalled()
  cluster.produce(1, 1, 'all')
  cluster.settle()
  expect(told).toHaveBeenCalled()
})

test('replicas hold the same bytes', () => {
  const cluster = new ReplicaCluster(3, 2)
  cluster.elect(1)
  cluster.produce(1, 50, 'all')
  cluster.settle()
  expect(cluster.bytes(2, 50)).toEqual(cluster.bytes(1, 50))
  expect(cluster.bytes(3, 50)).toEqual(cluster.bytes(1, 50))
})

test('a follower that is cut off past replica.lag.time.max.ms leaves the ISR, and the high watermark moves on', () => {
  const cluster = new ReplicaCluster(3, 2)
  cluster.elect(1)
  cluster.cut([3], [1, 2])
  const { states } = cluster.produce(1, 5, 'all')
  cluster.advance(29_000)
  expect(states).toEqual(Array(5).fill('waiting'))
  cluster.advance(2_000)
  expect(states).toEqual(Array(5).fill('acknowledged'))
  expect(cluster.isr).toEqual([1, 2])
})

test('it joins again once it has everything', () => {
  const cluster = new ReplicaCluster(3, 2)
  cluster.elect(1)
  cluster.cut([3], [1, 2])
  cluster.produce(1, 5, 'all')
  cluster.advance(31_000)
  cluster.heal()
  cluster.advance(1_000)
  expect(cluster.isr).toEqual([1, 2, 3])
  expect(cluster.values(3)).toEqual(cluster.values(1))
})

test('with fewer in-sync replicas than min.insync.replicas acks=all is refused, and nothing written becomes visible', () => {
  const cluster = new ReplicaCluster(3, 2)
  cluster.elect(1)
  cluster.kill(2)
  cluster.kill(3)
  cluster.setIsr([1])
  expect(cluster.produce(1, 1, 'all').states).toEqual(['NOT_ENOUGH_REPLICAS'])
  expect(cluster.produce(1, 1, 'leader').states).toEqual(['acknowledged'])
  cluster.advance(100)
  expect(cluster.partition(1).highWatermark).toBe(0)
})

test('a leader that was cut off truncates by epoch what the new leader never had (KIP-101)', () => {
  const cluster = new ReplicaCluster(3, 2)
  cluster.elect(1)
  cluster.produce(1, 3, 'all', 'kept-')
  cluster.advance(20)
  cluster.isolate(1)
  const { states } = cluster.produce(1, 2, 'all', 'lost-')
  cluster.elect(2, [2, 3])
  cluster.produce(2, 2, 'all', 'new-')
  cluster.settle()
  expect(states).toEqual(['waiting', 'waiting'])
  cluster.heal()
  cluster.advance(100)
  expect(states).toEqual(['NOT_LEADER_OR_FOLLOWER', 'NOT_LEADER_OR_FOLLOWER'])
  expect(cluster.values(1)).toEqual(['kept-0', 'kept-1', 'kept-2', 'new-0', 'new-1'])
  expect(cluster.isr).toEqual([1, 2, 3])
})

test('three elections in a row with writes in some of them leave one history (KIP-279)', () => {
  const cluster = new ReplicaCluster(3, 1)
  cluster.elect(1)
  cluster.produce(1, 2, 'all', 'a')
  cluster.settle()
  cluster.isolate(1)
  cluster.produce(1, 3, 'leader', 'b')
  cluster.elect(2, [2])
  cluster.isolate(2)
  cluster.produce(2, 1, 'leader', 'c')
  cluster.elect(3, [3])
  cluster.produce(3, 1, 'leader', 'd')
  cluster.heal()
  cluster.advance(1_000)
  expect(cluster.values(3)).toEqual(['a0', 'a1', 'd0'])
  expect(cluster.values(1)).toEqual(cluster.values(3))
  expect(cluster.values(2)).toEqual(cluster.values(3))
})

/** Brokers 1 and 2 in sync; 3 has everything and the controller has been asked to let it join, but has not answered. */
function withPendingJoin(): ReplicaCluster {
  const cluster = new ReplicaCluster(3, 2)
  cluster.holdIsrChanges = true
  cluster.elect(1, [1, 2])
  cluster.advance(10)
  expect(cluster.partition(1).leader?.proposedIsr).toEqual([1, 2, 3])
  return cluster
}

test('the high watermark waits for a member whose joining is not yet committed (KIP-497)', () => {
  const cluster = withPendingJoin()
  cluster.cut([3], [1, 2])
  const { states } = cluster.produce(1, 1, 'all')
  cluster.advance(60_000)
  expect(states).toEqual(['waiting'])
  cluster.heal()
  expect(states).toEqual(['acknowledged'])
})

test('and goes on waiting when a setting is altered meanwhile', () => {
  const cluster = withPendingJoin()
  cluster.cut([3], [1, 2])
  const { states } = cluster.produce(1, 1, 'all')
  cluster.repeatMetadata()
  cluster.advance(60_000)
  expect(states).toEqual(['waiting'])
})

test('a leader that is alone in the ISR commits by itself where min.insync.replicas is 1', () => {
  const cluster = new ReplicaCluster(3, 1)
  cluster.elect(1)
  cluster.kill(2)
  cluster.kill(3)
  cluster.setIsr([1])
  expect(cluster.produce(1, 1, 'all').states).toEqual(['acknowledged'])
  expect(cluster.partition(1).highWatermark).toBe(1)
})

test('a follower that is always a little behind under steady load stays in the ISR', () => {
  const cluster = new ReplicaCluster(3, 2)
  cluster.elect(1)
  for (let round = 0; round < 400; round++) {
    cluster.produce(1, 1, 'leader')
    cluster.deliverOnce() // The announcement of the last record is under way while the next one is appended.
    cluster.advanceWithoutSettling(100)
  }
  expect(cluster.isr).toEqual([1, 2, 3])
})

test('a follower that lost its link is not taken back on what it had in its former life (KIP-903)', () => {
  const cluster = new ReplicaCluster(3, 1)
  cluster.elect(1)
  cluster.produce(1, 5, 'all')
  cluster.settle()
  cluster.kill(2)
  cluster.wipe(2)
  cluster.setIsr([1, 3])
  cluster.advance(2_000)
  expect(cluster.isr).toEqual([1, 3])
})

test('a follower that is registered anew while its question is under way asks again, under the registration that counts', () => {
  const cluster = new ReplicaCluster(3, 2)
  cluster.cut([2], [1])
  cluster.elect(1)
  cluster.register(2, 7)
  cluster.heal()
  expect(cluster.partition(1).leader?.followers.get(2)?.brokerEpoch).toBe(7)
})

test('a follower behind a leader that has deleted its old segments starts anew at the log start', () => {
  const cluster = new ReplicaCluster(3, 2)
  cluster.elect(1)
  cluster.produce(1, 10, 'all')
  cluster.settle()
  cluster.cut([3], [1, 2])
  cluster.produce(1, 10, 'leader')
  cluster.partition(1).log.advanceLogStartOffset(15)
  cluster.heal()
  cluster.advance(1_000)
  expect(cluster.partition(3).log.logEndOffset).toBe(20)
  expect(cluster.partition(3).log.logStartOffset).toBe(15)
})

test('what was never committed does not come back where the leader has deleted what was committed in its place', () => {
  const cluster = new ReplicaCluster(3, 2)
  cluster.elect(1)
  cluster.produce(1, 5, 'all')
  cluster.settle()
  cluster.isolate(1)
  cluster.produce(1, 10, 'leader', 'never-committed-')
  cluster.elect(2, [2, 3])
  cluster.produce(2, 20, 'all')
  cluster.settle()
  cluster.partition(2).log.advanceLogStartOffset(12)
  cluster.heal()
  cluster.advance(1_000)
  expect(cluster.isr).toEqual([1, 2, 3])
  // Before the log start was written down.
  cluster.kill(1)
  cluster.start(1)
  expect(cluster.partition(1).log.logStartOffset).toBe(12)
  expect(cluster.values(1).join()).not.toContain('never-committed')
})

test('a killed follower comes back, asks where it stands, and catches up', () => {
  const cluster = new ReplicaCluster(3, 2)
  cluster.elect(1)
  cluster.produce(1, 10, 'all')
  cluster.settle()
  cluster.kill(3)
  cluster.setIsr([1, 2])
  cluster.produce(1, 10, 'all', 'while-down-')
  cluster.settle()
  cluster.start(3)
  cluster.advance(1_000)
  expect(cluster.isr).toEqual([1, 2, 3])
  expect(cluster.bytes(3, 20)).toEqual(cluster.bytes(1, 20))
})

test('a wiped follower starts at the beginning and gets everything', () => {
  const cluster = new ReplicaCluster(3, 2)
  cluster.elect(1)
  cluster.produce(1, 10, 'all')
  cluster.settle()
  cluster.kill(2)
  cluster.wipe(2)
  cluster.setIsr([1, 3])
  cluster.start(2)
  cluster.advance(1_000)
  expect(cluster.bytes(2, 10)).toEqual(cluster.bytes(1, 10))
})

/** Broker 2 is down and has lost all; the log of the leader, 1, begins amid its third batch of five records. */
function withLogStartAmidABatch(): ReplicaCluster {
  const cluster = new ReplicaCluster(3, 2)
  cluster.elect(1)
  cluster.produce(1, 4, 'all', 'r', 5)
  cluster.settle()
  cluster.kill(2)
  cluster.wipe(2)
  cluster.setIsr([1, 3])
  cluster.partition(1).log.advanceLogStartOffset(12)
  return cluster
}

test('a follower that has nothing begins with the batch that the log start lies in, and with none of its records before that', () => {
  const cluster = withLogStartAmidABatch()
  cluster.start(2)
  cluster.advance(3_000)
  const { logStartOffset, logEndOffset, highWatermark } = cluster.partition(2).log
  expect([cluster.isr, logStartOffset, logEndOffset, highWatermark]).toEqual([[1, 2, 3], 12, 20, 20])
})

test('where the disk refuses to make room for that batch, the log is a whole one all the same, and the next time it may do', () => {
  const cluster = withLogStartAmidABatch()
  // First it starts anew at the log start, then where the batch begins.
  cluster.refuseRemoval(2, 1)
  cluster.start(2)
  const { log } = cluster.partition(2)
  expect([log.activeSegmentBase, log.logEndOffset]).toEqual([12, 12])
  cluster.advance(3_000)
  expect([cluster.isr, log.logStartOffset, log.logEndOffset]).toEqual([[1, 2, 3], 12, 20])
})

test('the new leader has every record that was acknowledged with acks=all', () => {
  const cluster = new ReplicaCluster(3, 2)
  cluster.elect(1)
  const before = cluster.produce(1, 20, 'all', 'before-')
  cluster.settle()
  cluster.kill(1)
  cluster.elect(3, [2, 3])
  expect(before.states.every((state) => state === 'acknowledged')).toBe(true)
  expect(cluster.values(3)).toHaveLength(20)
  const after = cluster.produce(3, 1, 'all', 'after-')
  cluster.settle()
  expect(after.states).toEqual(['acknowledged'])
})
