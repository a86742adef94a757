// Bits that rot in files, disks that are full, and what a replica may still say after that.
import { afterEach, expect, test, vi } from 'vitest'
import { Replicas } from '../../../src-broker/core/replica/replicas.ts'
import { viewOf } from '../../../src-broker/protocol/reader.ts'
import * as batch from '../../../src-broker/records/batch.ts'
import { ReplicaCluster } from '../../support/replica-cluster.ts'

const firstSegment = '00000000000000000000.log'

afterEach(() => vi.restoreAllMocks())

/** Where the batch of that number begins. */
function positionOf(content: Uint8Array, index: number): number {
  const view = viewOf(content)
  let at = 0
  for (let count = 0; count < index; count++) at += batch.sizeInBytes(view, at)
  return at
}

/** Broker 1 leads 90 records, with a flipped bit in one of the batches; 3 has the first `copied` of them and comes back. */
function leaderWithFlippedBit(copied: number, index: number, byte: number, bit = 1): ReplicaCluster {
  const cluster = new ReplicaCluster(3, 2)
  cluster.elect(1)
  cluster.produce(1, copied, 'all')
  cluster.advance(100)
  cluster.kill(3)
  cluster.setIsr([1, 2])
  cluster.produce(1, 90 - copied, 'all')
  cluster.advance(100)
  cluster.tamper(1, firstSegment, (content) => {
    content[positionOf(content, index) + byte]! ^= bit
    return content
  })
  cluster.start(3)
  return cluster
}

test.each([
  ['base offset, by 65536', 5],
  ['base offset, by one', 7],
  ['leader epoch, by 256', 14],
  ['records', 66],
])('a flipped bit in a batch (%s) does not reach a follower: it stays out of the ISR, and says once why', (_, byte) => {
  const asks = vi.spyOn(Replicas.prototype, 'receiveFetch')
  const cluster = leaderWithFlippedBit(10, 40, byte)
  asks.mockClear()
  cluster.advance(30_000)
  const { states } = cluster.produce(1, 5, 'all')
  cluster.advance(30_000)
  expect(states).toEqual(Array(5).fill('acknowledged'))
  expect(cluster.stuck).toEqual(['3 at 40 of 1: leader-corrupt'])
  expect([cluster.partition(3).log.logEndOffset, cluster.isr]).toEqual([40, [1, 2]])
  expect(asks.mock.calls.length).toBeLessThan(25)
})

test('a batch that seems to end before it begins is not passed over', () => {
  const lastOffsetDelta = 23
  const cluster = leaderWithFlippedBit(40, 40, lastOffsetDelta, 0x80)
  cluster.advance(30_000)
  expect(cluster.stuck).toEqual(['3 at 40 of 1: leader-corrupt'])
  expect([cluster.partition(3).log.logEndOffset, cluster.isr]).toEqual([40, [1, 2]])
})

test('a follower that has all that is committed, and cannot get further, does not join the ISR again and again', () => {
  const cluster = new ReplicaCluster(3, 2)
  cluster.elect(1)
  cluster.produce(1, 40, 'all')
  cluster.advance(100)
  cluster.kill(2)
  cluster.kill(3)
  cluster.setIsr([1])
  cluster.produce(1, 50, 'leader')
  cluster.tamper(1, firstSegment, (content) => {
    content[positionOf(content, 40) + 66]! ^= 1
    return content
  })
  cluster.start(3)
  cluster.advance(100)
  const { partitionEpoch } = cluster.partition(1).leader!
  cluster.advance(120_000)
  expect(cluster.partition(1).leader!.partitionEpoch - partitionEpoch).toBeLessThan(3)
})

test('a follower goes on where another leads whose file is sound', () => {
  const cluster = leaderWithFlippedBit(10, 40, 66)
  cluster.advance(10_000)
  cluster.elect(2, [1, 2])
  cluster.advance(1_000)
  expect(cluster.bytes(3, 90)).toEqual(cluster.bytes(2, 90))
  expect(cluster.isr).toContain(3)
})

test('a leader whose file is spoilt before the place that a follower asks for says so, and goes on', () => {
  const cluster = leaderWithFlippedBit(10, 0, 10)
  cluster.advance(30_000)
  expect(cluster.stuck).toEqual(['3 at 10 of 1: leader-corrupt'])
  const { states } = cluster.produce(1, 1, 'all')
  cluster.settle()
  expect(states).toEqual(['acknowledged'])
})

test('a follower whose file was cut after an orderly stop says so before it is told anything, and has no hole', () => {
  const cluster = new ReplicaCluster(3, 2)
  cluster.elect(1)
  cluster.produce(1, 10, 'all')
  cluster.advance(100)
  cluster.stop(3)
  cluster.setIsr([1, 2])
  cluster.tamper(3, firstSegment, (content) => content.slice(0, positionOf(content, 5)))
  const asks = vi.spyOn(Replicas.prototype, 'receiveFetch')
  cluster.start(3)
  expect(
    asks.mock.calls.flatMap(([from, { questions }]) =>
      questions.map((question) => `${from} from ${question.fetchOffset}`),
    ),
  ).toEqual(['3 from 5'])
  cluster.produce(1, 1, 'all')
  cluster.advance(100)
  expect(cluster.bytes(3, 11)).toEqual(cluster.bytes(1, 11))
})

test('a leader whose file was cut after an orderly stop leads from where it ends', () => {
  const cluster = new ReplicaCluster(1, 1)
  cluster.elect(1)
  cluster.produce(1, 10, 'all')
  cluster.stop(1)
  cluster.tamper(1, firstSegment, (content) => content.slice(0, positionOf(content, 5)))
  cluster.start(1)
  expect(cluster.partition(1).leader?.epochStartOffset).toBe(5)
})

test('a follower whose disk is full stays a broker, says so once, and goes on when there is room again', () => {
  const cluster = new ReplicaCluster(3, 2)
  cluster.elect(1)
  cluster.produce(1, 10, 'all')
  cluster.settle()
  cluster.setDiskFull(3, true)
  const { states } = cluster.produce(1, 10, 'all')
  cluster.advance(120_000)
  expect(states).toEqual(Array(10).fill('acknowledged'))
  expect([cluster.stuck, cluster.isr]).toEqual([['3 at 10 of 1: own-disk'], [1, 2]])
  cluster.setDiskFull(3, false)
  cluster.advance(10_000)
  expect(cluster.bytes(3, 20)).toEqual(cluster.bytes(1, 20))
  expect(cluster.isr).toContain(3)
})

test('a follower that has to cut its log while its disk is full waits for room, and then follows', () => {
  const cluster = new ReplicaCluster(3, 1)
  cluster.elect(1)
  cluster.produce(1, 3, 'all', 'kept-')
  cluster.settle()
  cluster.isolate(1)
  cluster.produce(1, 4, 'leader', 'lost-')
  cluster.flush(1)
  cluster.elect(2, [2, 3])
  cluster.produce(2, 2, 'all', 'new-')
  cluster.setDiskFull(1, true)
  cluster.heal()
  cluster.advance(10_000)
  expect(cluster.values(1)).toHaveLength(7)
  cluster.setDiskFull(1, false)
  cluster.advance(10_000)
  expect(cluster.values(1)).toEqual(['kept-0', 'kept-1', 'kept-2', 'new-0', 'new-1'])
})
