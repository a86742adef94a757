import { expect, test } from 'vitest'
import type { ClusterView, PulseEvent } from '../../../src-main/contract/cluster.ts'
import type { MessageRow, TailBatch } from '../../../src-main/contract/messages.ts'
import { EventQueue } from '../../../src-main/web/event-queue.ts'

const view = (atMs: number) => ({ name: 'cluster', value: { atMs } as ClusterView }) as const
const pulse = (id: number) => ({ name: 'pulse', value: { id } as PulseEvent }) as const
const changed = (what: 'topics' | 'groups') => ({ name: 'changed', value: { what } }) as const
const tail = (tailId: string, offsets: number[], skipped = 0) =>
  ({ name: 'tail', value: { tailId, rows: offsets.map((offset) => ({ offset }) as MessageRow), skipped } }) as const
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, index) => from + index)

function taken(queue: EventQueue) {
  const events = []
  for (let event = queue.take(); event !== null; event = queue.take()) events.push(event)
  return events
}

test('events that do not supersede each other leave in the order they came', () => {
  const queue = new EventQueue()
  const events = [pulse(1), view(1), changed('topics'), pulse(2), changed('groups'), tail('a', [1])]
  for (const event of events) queue.add(event)
  expect(taken(queue)).toEqual(events)
  expect(queue.isEmpty).toBe(true)
})

test('only the latest view waits, and one notice of each kind', () => {
  const queue = new EventQueue()
  for (const event of [view(1), changed('topics'), view(2), changed('topics'), changed('groups'), view(3)])
    queue.add(event)
  expect(taken(queue)).toEqual([view(3), changed('topics'), changed('groups')])
})

test('of the pulse the newest 500 wait', () => {
  const queue = new EventQueue()
  queue.add(view(1))
  for (const id of range(0, 1_200)) queue.add(pulse(id))
  const [first, ...rest] = taken(queue)
  expect(first).toEqual(view(1))
  expect(rest).toEqual(range(700, 1_200).map(pulse))
  for (const id of range(0, 3)) queue.add(pulse(id))
  expect(taken(queue)).toEqual(range(0, 3).map(pulse))
})

test('batches of one tail join; rows beyond 2,000 are dropped from the old end and counted', () => {
  const queue = new EventQueue()
  queue.add(tail('a', range(0, 1_500), 5))
  queue.add(tail('b', [7]))
  queue.add(tail('a', range(1_500, 3_000), 2))
  const [a, b] = taken(queue).map(({ value }) => value as TailBatch)
  expect(a).toEqual(tail('a', range(1_000, 3_000), 1_007).value)
  expect(b).toEqual(tail('b', [7]).value)
})
