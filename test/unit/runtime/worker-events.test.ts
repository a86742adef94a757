import { setImmediate } from 'node:timers/promises'
import { expect, test } from 'vitest'
import type { ClusterEvent } from '../../../src-broker/runtime/cluster-types.ts'
import { WorkerEvents } from '../../../src-broker/runtime/worker-events.ts'

const moved = (partition: number, from: number, to: number) =>
  ({ kind: 'leader-changed', topic: 'orders', partition, from, to, leaderEpoch: 1, isPreferred: false }) as const
const shrunk = (partition: number) =>
  ({ kind: 'isr-changed', topic: 'orders', partition, from: [1, 2], to: [2] }) as const

test('events leave in the order in which they happened, leaders that move together as one', async () => {
  const sent: ClusterEvent[] = []
  const events = new WorkerEvents((event) => sent.push(event))
  events.add(3, { kind: 'broker-fenced', brokerId: 1, reason: 'its link closed' })
  for (const partition of [0, 1, 2]) {
    events.add(3, moved(partition, 1, partition === 1 ? 3 : 2))
    events.add(3, shrunk(partition))
  }
  events.add(3, { kind: 'broker-unfenced', brokerId: 1, reason: 'caught up' })
  expect(sent).toEqual([])
  await setImmediate()
  expect(sent.map((event) => ('partitions' in event ? `${event.kind} ${event.partitions}` : event.kind))).toEqual([
    'broker-fenced',
    'leader-changed orders-0,orders-2',
    'isr-changed',
    'leader-changed orders-1',
    'isr-changed',
    'isr-changed',
    'broker-unfenced',
  ])
})

test('what waits is sent before the thread ends', () => {
  const sent: ClusterEvent[] = []
  const events = new WorkerEvents((event) => sent.push(event))
  events.add(1, { kind: 'metadata-disk-failed', code: 'ENOSPC', path: 'quorum-state' })
  events.flush()
  expect(sent).toMatchObject([{ kind: 'metadata-disk-failed', brokerId: 1, code: 'ENOSPC' }])
})
