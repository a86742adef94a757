// Reassignment of partitions (KIP-455), as the controller decides it.
import { describe, expect, test } from 'vitest'
import {
  alterPartitionReassignments,
  listPartitionReassignments,
} from '../../../src-broker/core/quorum/controller/alter-partition-reassignments.ts'
import { changePartition } from '../../../src-broker/core/quorum/controller/partition-change.ts'
import { noLeader, partitionChange } from '../../../src-broker/core/quorum/records.ts'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { Metadata } from '../../support/metadata.ts'

class Cluster extends Metadata {
  constructor(partition = '1,2,3') {
    super()
    this.brokers('1', '2', '3', '4', '5').topic('t', partition)
  }

  get view(): string {
    const { replicas, addingReplicas: adding, removingReplicas: removing } = this.image.partition('t', 0)!
    return `${this.partitions[0]} replicas ${replicas} +${adding} -${removing}`
  }

  /** Null cancels. Returns the error code. */
  reassign(replicas: readonly number[] | null, mayChangeFactor = true): number {
    const topics = [{ name: 't', partitions: [{ partitionIndex: 0, replicas }] }]
    const request = { allowReplicationFactorChange: mayChangeFactor, topics }
    const { records, response } = alterPartitionReassignments(this.situation, request)
    this.replay(records)
    return response.responses[0]!.partitions[0]!.errorCode
  }

  isr(...isr: readonly number[]): this {
    const wanted = { isr, minInsyncReplicas: 2, isFitToLead: () => true }
    return this.replay([changePartition(this.image.partition('t', 0)!, wanted)!])
  }
}

test('row 34: old replicas stay until all new ones are in sync, then go in one step with a new leader epoch', () => {
  const cluster = new Cluster('1,2,3')
  expect(cluster.reassign([4, 5, 1])).toBe(errors.NONE)
  expect(cluster.view).toBe('leader 1 epoch 0 isr 1,2,3 replicas 4,5,1,2,3 +4,5 -2,3')
  expect(cluster.isr(1, 2, 3, 4).view).toBe('leader 1 epoch 0 isr 1,2,3,4 replicas 4,5,1,2,3 +4,5 -2,3')
  expect(cluster.isr(1, 2, 3, 4, 5).view).toBe('leader 1 epoch 1 isr 1,4,5 replicas 4,5,1 + -')
})

test('a leader that is replaced hands over with the last step', () => {
  const cluster = new Cluster('1,2,3')
  cluster.reassign([2, 3, 4])
  expect(cluster.isr(1, 2, 3, 4).view).toBe('leader 2 epoch 1 isr 2,3,4 replicas 2,3,4 + -')
})

test('fewer or reordered replicas need nobody to catch up: done at once', () => {
  const fewer = new Cluster('1,2,3')
  fewer.reassign([3])
  expect(fewer.view).toBe('leader 3 epoch 1 isr 3 replicas 3 + -')
  const reordered = new Cluster('1,2,3')
  reordered.reassign([3, 2, 1])
  expect(reordered.view).toBe('leader 1 epoch 0 isr 1,2,3 replicas 3,2,1 + -')
})

test('but a replica that stays has to be in sync before the others go', () => {
  const cluster = new Cluster('1,2,3 isr 1,2')
  cluster.reassign([3])
  expect(cluster.view).toBe('leader 1 epoch 0 isr 1,2 replicas 3,1,2 + -1,2')
  expect(cluster.isr(1, 2, 3).view).toBe('leader 3 epoch 1 isr 3 replicas 3 + -')
})

test('cancelled, whoever was coming goes, in a new epoch; with nothing under way there is nothing to cancel', () => {
  const cluster = new Cluster('1,2,3')
  cluster.reassign([4, 5, 1])
  cluster.isr(1, 2, 3, 4)
  expect(cluster.reassign(null)).toBe(errors.NONE)
  expect(cluster.view).toBe('leader 1 epoch 1 isr 1,2,3 replicas 1,2,3 + -')
  expect(cluster.reassign(null)).toBe(errors.NO_REASSIGNMENT_IN_PROGRESS)
})

test('what would leave nobody in sync is refused', () => {
  const cluster = new Cluster('1,2')
  cluster.reassign([1, 3, 4])
  cluster.isr(3)
  expect(cluster.reassign(null)).toBe(errors.INVALID_REPLICA_ASSIGNMENT)
  expect(cluster.reassign([1, 4])).toBe(errors.INVALID_REPLICA_ASSIGNMENT)
})

test('where nobody is in sync, who led last goes only if somebody stays who has as much, and does not come back as a leader', () => {
  const cluster = new Cluster('1,2,3')
  cluster.reassign([4, 5, 1])
  const { topicId } = cluster.image.partition('t', 0)!
  const nobody = (eligibleLeaderReplicas: number[]) =>
    cluster.replay([
      partitionChange(topicId, 0, { isr: [], leader: noLeader, eligibleLeaderReplicas, lastKnownElr: [4] }),
    ])
  nobody([])
  expect(cluster.reassign(null)).toBe(errors.INVALID_REPLICA_ASSIGNMENT)
  nobody([2])
  cluster.brokers('2!')
  expect(cluster.reassign(null)).toBe(errors.NONE)
  expect(cluster.view).toMatch(/^leader -1 epoch \d isr {2}elr 2 last 2 replicas 1,2,3 \+ -$/)
})

test('another target takes the place of the first, counted from the replicas of before', () => {
  const cluster = new Cluster('1,2,3')
  cluster.reassign([4, 2, 3])
  cluster.reassign([5, 2, 3])
  expect(cluster.view).toBe('leader 1 epoch 1 isr 1,2,3 replicas 5,2,3,1 +5 -1')
  cluster.reassign([1, 2, 3])
  expect(cluster.view).toBe('leader 1 epoch 2 isr 1,2,3 replicas 1,2,3 + -')
})

test('new replicas go to the log directory that their broker registered', () => {
  const cluster = new Cluster('1,2')
  cluster.reassign([1, 2, 3])
  const directories = cluster.image.partition('t', 0)!.directories
  expect(directories.at(-1)).toBe('3'.padStart(32, 'd'))
})

describe('refused are', () => {
  test.each([
    ['no replicas', [], true, errors.INVALID_REPLICA_ASSIGNMENT],
    ['a replica twice', [1, 1], true, errors.INVALID_REPLICA_ASSIGNMENT],
    ['a broker that is not registered', [1, 9], true, errors.INVALID_REPLICA_ASSIGNMENT],
    ['another replication factor where none is allowed', [1, 2], false, errors.INVALID_REPLICATION_FACTOR],
  ] as const)('%s', (_, replicas, mayChangeFactor, errorCode) => {
    expect(new Cluster('1,2,3').reassign(replicas, mayChangeFactor)).toBe(errorCode)
  })

  test('topics and partitions that are not there, and one partition twice', () => {
    const { situation } = new Cluster()
    const ask = (name: string, ...indexes: readonly number[]) => {
      const partitions = indexes.map((partitionIndex) => ({ partitionIndex, replicas: [4] }))
      const request = { allowReplicationFactorChange: true, topics: [{ name, partitions }] }
      const { records, response } = alterPartitionReassignments(situation, request)
      expect(records).toEqual([])
      return response.responses[0]!.partitions.map(({ errorCode }) => errorCode)
    }
    expect([...ask('u', 0), ...ask('t', 7), ...ask('t', 0, 0)]).toEqual([
      errors.UNKNOWN_TOPIC_OR_PARTITION,
      errors.UNKNOWN_TOPIC_OR_PARTITION,
      errors.INVALID_REQUEST,
      errors.INVALID_REQUEST,
    ])
  })
})

test('what is under way is listed, and nothing else', () => {
  const cluster = new Cluster()
  const list = (topics: readonly { name: string; partitionIndexes: readonly number[] }[] | null) =>
    listPartitionReassignments(cluster.situation, { topics }).response.topics
  expect(list(null)).toEqual([])
  cluster.reassign([4, 2, 3])
  const underWay = [
    {
      name: 't',
      partitions: [{ partitionIndex: 0, replicas: [4, 2, 3, 1], addingReplicas: [4], removingReplicas: [1] }],
    },
  ]
  expect(list(null)).toEqual(underWay)
  expect(list([{ name: 't', partitionIndexes: [0, 5] }])).toEqual(underWay)
  expect(list([{ name: 'u', partitionIndexes: [0] }])).toEqual([])
})
