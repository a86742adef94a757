import { describe, expect, test } from 'vitest'
import { planMoves } from '../../../src-broker/core/quorum/broker-removal.ts'
import type { MetadataImage } from '../../../src-broker/core/quorum/image.ts'
import { QuorumHarness } from '../../support/quorum-harness.ts'

function imageOf(brokers: number, topics: readonly (readonly number[])[]): MetadataImage {
  const harness = QuorumHarness.started({ brokers })
  const assignments = topics.map((brokerIds, partitionIndex) => ({ partitionIndex, brokerIds }))
  const topic = { name: 'orders', numPartitions: -1, replicationFactor: -1, assignments, configs: [] }
  harness.ask('CreateTopics', { topics: [topic], validateOnly: false })
  return harness.image
}

test('another broker takes the same place, the one with least first', () => {
  const image = imageOf(4, [
    [1, 2],
    [2, 1],
    [3, 1],
  ])
  expect(planMoves(image, 1, true)).toEqual([
    {
      name: 'orders',
      partitions: [
        { partitionIndex: 0, replicas: [4, 2] },
        { partitionIndex: 1, replicas: [2, 3] },
        { partitionIndex: 2, replicas: [3, 4] },
      ],
    },
  ])
})

test('where all others have a copy already, there is one less', () => {
  expect(planMoves(imageOf(2, [[1, 2]]), 1, true)).toEqual([
    { name: 'orders', partitions: [{ partitionIndex: 0, replicas: [2] }] },
  ])
})

test('the only copy stays where it is, in one line', () => {
  expect(planMoves(imageOf(1, [[1]]), 1, true)).toBe(
    'broker 1 has the only copy of orders-0, and no other broker is there to take it',
  )
})

test('what only a dead broker has cannot be moved, in one line', () => {
  expect(planMoves(imageOf(2, [[1]]), 1, false)).toBe(
    'broker 1 has what nobody else has of orders-0, and does not run; start it first',
  )
})

describe('asked again while replicas move', () => {
  const moving = (): QuorumHarness => {
    const harness = QuorumHarness.started({ brokers: 5 })
    const assignments = [{ partitionIndex: 0, brokerIds: [1, 2, 3] }]
    const topic = { name: 'orders', numPartitions: -1, replicationFactor: -1, assignments, configs: [] }
    harness.ask('CreateTopics', { topics: [topic], validateOnly: false })
    const topics = planMoves(harness.image, 1, true)
    if (typeof topics === 'string') throw new Error(topics)
    harness.ask('AlterPartitionReassignments', { allowReplicationFactorChange: true, topics })
    return harness
  }

  test('the move that is under way goes on as it is', () => {
    const { image } = moving()
    expect(image.partition('orders', 0)).toMatchObject({ replicas: [4, 2, 3, 1], removingReplicas: [1] })
    expect(planMoves(image, 1, true)).toEqual([])
  })

  test('off the broker that it leads to, it goes to whoever has least, and there are no more copies than there were', () => {
    expect(planMoves(moving().image, 4, true)).toEqual([
      { name: 'orders', partitions: [{ partitionIndex: 0, replicas: [1, 2, 3] }] },
    ])
  })
})
