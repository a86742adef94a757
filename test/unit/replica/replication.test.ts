import { expect, test } from 'vitest'
import { ReplicaCluster } from '../../support/replica-cluster.ts'

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

test('the high watermark waits for a member whose joining is not yet committed (KIP-497)', () => {
  const cluster = new ReplicaCluster(3, 2)
  cluster.elect(1, [1, 2])
  cluster.holdIsrChanges = true
  cluster.advance(10) // Broker 3 has everything; the controller has been asked.
  cluster.cut([3], [1, 2])
  const { states } = cluster.produce(1, 1, 'all')
  cluster.settle()
  expect(states).toEqual(['waiting'])
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
