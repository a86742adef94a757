// Eligible leader replicas (KIP-966), as the controller keeps them. Rows are those of the replication rules.
import { describe, expect, test } from 'vitest'
import { alterPartition } from '../../../src-broker/core/quorum/controller/alter-partition.ts'
import { fence, registerBrokers, unfence } from '../../../src-broker/core/quorum/controller/broker-lifecycle.ts'
import { electLeaders } from '../../../src-broker/core/quorum/controller/elect-leaders.ts'
import { brokersReturn } from '../../../src-broker/core/quorum/controller/leadership.ts'
import { unregisterBroker } from '../../../src-broker/core/quorum/controller/unregister-broker.ts'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { Metadata } from '../../support/metadata.ts'

type Restart = 'clean' | 'unclean' | 'wiped' | number

/** Three brokers and one partition on all of them; two in-sync replicas are wanted. */
class Cluster extends Metadata {
  #starts = 0

  constructor(...partitions: readonly string[]) {
    super()
    this.brokers('1', '2', '3').topic('t', ...(partitions.length === 0 ? ['1,2,3'] : partitions))
  }

  get view(): string {
    return this.partitions[0]!
  }

  fence(...ids: readonly number[]): this {
    return this.replay(fence(this.situation, ids.map(this.#broker)))
  }

  unfence(...ids: readonly number[]): this {
    return this.replay(unfence(this.situation, ids.map(this.#broker)))
  }

  /** They start again, in one step. `clean`: with the clean-shutdown file of their last life, or of the epoch given. */
  restart(kinds: Readonly<Record<number, Restart>>): this {
    const requests = Object.entries(kinds).map(([id, kind]) => ({
      brokerId: Number(id),
      clusterId: 'test-cluster',
      incarnationId: `${++this.#starts}`.padStart(32, 'a'),
      listeners: [],
      features: [],
      rack: null,
      logDirs: [`${kind === 'wiped' ? this.#starts : id}`.padStart(32, kind === 'wiped' ? 'e' : 'd')],
      previousBrokerEpoch: typeof kind === 'number' ? kind : kind === 'clean' ? this.#broker(Number(id)).epoch : -1,
    }))
    return this.replay(registerBrokers(this.situation, requests).records)
  }

  /** The leader asks for this ISR. */
  isr(...isr: readonly number[]): this {
    const { leader, leaderEpoch, partitionEpoch } = this.image.partition('t', 0)!
    const partition = {
      partitionIndex: 0,
      leaderEpoch,
      partitionEpoch,
      leaderRecoveryState: 0,
      newIsrWithEpochs: isr.map((brokerId) => ({ brokerId, brokerEpoch: this.#broker(brokerId).epoch })),
    }
    const topics = [{ topicId: this.image.topics.get('t')!.id, partitions: [partition] }]
    const { records, response } = alterPartition(this.situation, {
      brokerId: leader,
      brokerEpoch: this.#broker(leader).epoch,
      topics,
    })
    expect(response.topics[0]?.partitions[0]?.errorCode).toBe(errors.NONE)
    return this.replay(records)
  }

  set(name: string, value: string): this {
    return this.replay([{ type: 'ConfigRecord', resourceType: 2, resourceName: 't', name, value }])
  }

  readonly #broker = (id: number) => this.image.brokers.get(id)!
}

describe('who is eligible', () => {
  test('whoever leaves an ISR that becomes smaller than min.insync.replicas', () => {
    const cluster = new Cluster().isr(1, 2)
    expect(cluster.view).toBe('leader 1 epoch 0 isr 1,2')
    expect(cluster.isr(1).view).toBe('leader 1 epoch 0 isr 1 elr 2')
  })

  test('nobody any more once the ISR is large enough', () => {
    expect(new Cluster().isr(1).view).toBe('leader 1 epoch 0 isr 1 elr 2,3')
    expect(new Cluster().isr(1).isr(1, 3).view).toBe('leader 1 epoch 0 isr 1,3')
  })

  test('nobody any more once min.insync.replicas is another number, save where nobody is in sync', () => {
    const cluster = new Cluster().isr(1).replay([{ type: 'ClearElrRecord', topicName: 't' }])
    expect(cluster.view).toBe('leader 1 epoch 0 isr 1')
    const dead = new Cluster()
      .isr(1)
      .fence(1, 2, 3)
      .replay([{ type: 'ClearElrRecord', topicName: '' }])
    expect(dead.view).toBe('leader -1 epoch 1 isr  elr 1,2,3 last 1')
  })

  test('with one in-sync replica enough, only the last one', () => {
    const cluster = new Cluster().set('min.insync.replicas', '1').isr(1)
    expect(cluster.view).toBe('leader 1 epoch 0 isr 1')
    expect(cluster.fence(1).view).toBe('leader -1 epoch 1 isr  elr 1 last 1')
  })
})

describe('who leads when nobody is in sync', () => {
  test('row 9: two isolated, then the last one loses power: the isolated one that has everything wins', () => {
    const cluster = new Cluster().fence(1).fence(2)
    expect(cluster.view).toBe('leader 3 epoch 2 isr 3 elr 2')
    cluster.fence(3)
    expect(cluster.view).toBe('leader -1 epoch 3 isr  elr 2,3 last 3')
    cluster.restart({ 3: 'unclean' })
    expect(cluster.view).toBe('leader -1 epoch 3 isr  elr 2 last 3')
    // Back first, and yet not elected: it may have lost what it had not flushed, and 2 has everything.
    expect(cluster.unfence(3).view).toBe('leader -1 epoch 3 isr  elr 2 last 3')
    expect(cluster.unfence(2).view).toBe('leader 2 epoch 4 isr 2')
    expect(cluster.image.partition('t', 0)!.leaderRecoveryState).toBe(0)
  })

  test('row 10: the same with a clean stop of the last one: it stays eligible and leads as soon as it is back', () => {
    const cluster = new Cluster().fence(1).fence(2).fence(3).restart({ 3: 'clean' }).unfence(3)
    expect(cluster.view).toBe('leader 3 epoch 4 isr 3 elr 2')
  })

  test('row 10: a clean-shutdown file of an earlier life counts for nothing', () => {
    const cluster = new Cluster().isr(1)
    const before = cluster.image.brokers.get(2)!.epoch
    cluster.restart({ 2: 'clean' })
    expect(cluster.view).toBe('leader 1 epoch 0 isr 1 elr 2,3')
    cluster.restart({ 2: before })
    expect(cluster.view).toBe('leader 1 epoch 0 isr 1 elr 3')
  })

  test('not a broker that was unregistered while it was away, and is another machine now', () => {
    const cluster = new Cluster().fence(3).fence(2)
    expect(cluster.view).toBe('leader 1 epoch 0 isr 1 elr 2')
    cluster.replay(unregisterBroker(cluster.situation, { brokerId: 2 }).records).restart({ 2: 'wiped' })
    expect(cluster.view).toBe('leader 1 epoch 0 isr 1')
    expect(cluster.fence(1).unfence(2).view).toBe('leader -1 epoch 1 isr  elr 1 last 1')
  })

  test('row 11: where all were stopped uncleanly, whoever led last leads and recovers until it is heard of', () => {
    const cluster = new Cluster('2,1,3 leader 1').restart({ 1: 'unclean', 2: 'unclean', 3: 'unclean' })
    expect(cluster.view).toBe('leader -1 epoch 1 isr  last 1')
    expect(cluster.unfence(2, 3).view).toBe('leader -1 epoch 1 isr  last 1')
    expect(cluster.unfence(1).view).toBe('leader 1 epoch 2 isr 1')
    expect(cluster.image.partition('t', 0)!.leaderRecoveryState).toBe(1)
    expect(cluster.isr(1, 2).view).toBe('leader 1 epoch 2 isr 1,2')
    expect(cluster.image.partition('t', 0)!.leaderRecoveryState).toBe(0)
  })

  test('a broker with a new disk is not eligible, even if it led last; where it is the only replica, it leads', () => {
    const cluster = new Cluster('1,2,3', '1').fence(2).fence(3).fence(1).restart({ 2: 'unclean', 3: 'unclean' })
    cluster.restart({ 1: 'wiped' }).unfence(1, 2, 3)
    expect(cluster.partitions).toEqual(['leader -1 epoch 1 isr ', 'leader 1 epoch 2 isr 1'])
  })

  test('an unclean election takes anybody alive; those who had everything stay eligible', () => {
    const cluster = new Cluster().isr(1, 2).fence(2).fence(1)
    expect(cluster.view).toBe('leader -1 epoch 1 isr  elr 1,2 last 1')
    const request = { electionType: 1, topicPartitions: null }
    cluster.replay(electLeaders(cluster.situation, request).records)
    expect(cluster.view).toBe('leader 3 epoch 2 isr 3 elr 1,2')
    expect(cluster.image.partition('t', 0)!.leaderRecoveryState).toBe(1)
  })

  test('row 11: unclean elections are off by default; where the topic allows them, they happen by themselves', () => {
    const cluster = new Cluster().isr(1, 2).fence(2).fence(1)
    expect(brokersReturn(cluster.situation)).toEqual([])
    cluster.set('unclean.leader.election.enable', 'true').replay(brokersReturn(cluster.situation))
    expect(cluster.view).toBe('leader 3 epoch 2 isr 3 elr 1,2')
  })
})

describe('a whole cluster starts again', () => {
  test('stopped cleanly, everything is as it was: nothing has to be decided of thousands of partitions', () => {
    const cluster = new Cluster()
    const before = cluster.image.partition('t', 0)
    cluster.restart({ 3: 'clean', 1: 'clean', 2: 'clean' }).unfence(1, 2, 3)
    expect(cluster.image.partition('t', 0)).toBe(before)
  })

  test('nobody leads until the leader is counted upon; if it never is, another one leads in an epoch of its own', () => {
    const cluster = new Cluster().restart({ 1: 'clean', 2: 'clean', 3: 'clean' })
    expect(cluster.image.leaderOf(cluster.image.partition('t', 0)!)).toBe(-1)
    expect(cluster.unfence(2, 3).view).toBe('leader 2 epoch 1 isr 1,2,3')
    expect(cluster.unfence(1).view).toBe('leader 2 epoch 1 isr 1,2,3')
  })

  test('a leader that is on its way is waited for, and no longer than it can be heard of', () => {
    const cluster = new Cluster().restart({ 1: 'clean', 2: 'clean', 3: 'clean' })
    cluster.sessions.add(1)
    expect(cluster.unfence(2, 3).view).toBe('leader 1 epoch 0 isr 1,2,3')
    cluster.sessions.delete(1)
    expect(cluster.replay(brokersReturn(cluster.situation)).view).toBe('leader 2 epoch 1 isr 1,2,3')
  })

  test('an unclean election does not wait for a leader that is named and not there', () => {
    const cluster = new Cluster().set('min.insync.replicas', '1').isr(1).restart({ 1: 'clean' })
    expect(cluster.image.partition('t', 0)).toMatchObject({ leader: 1, isr: [1] })
    cluster.replay(electLeaders(cluster.situation, { electionType: 1, topicPartitions: null }).records)
    expect(cluster.view).toBe('leader 2 epoch 1 isr 2')
  })

  test('the preferred leader leads again, be it another that did when all were stopped', () => {
    const cluster = new Cluster('2,1,3 leader 1').restart({ 1: 'clean', 2: 'clean', 3: 'clean' })
    expect(cluster.unfence(1, 2, 3).view).toBe('leader 2 epoch 1 isr 2,1,3')
  })

  test('who was stopped cleanly stays in sync beside one that nobody has heard of yet, and leads where that one never comes', () => {
    const cluster = new Cluster().set('min.insync.replicas', '1').restart({ 1: 'clean', 2: 'clean' })
    expect(cluster.view).toBe('leader 3 epoch 1 isr 1,2,3')
    expect(cluster.fence(3).unfence(1, 2).view).toBe('leader 1 epoch 3 isr 1,2')
  })

  test('where somebody in sync has lived on, whoever starts again leaves the ISR, however it was stopped', () => {
    const cluster = new Cluster()
    cluster.sessions.add(3)
    expect(cluster.restart({ 1: 'clean', 2: 'clean' }).view).toBe('leader 3 epoch 1 isr 3 elr 1,2')
  })

  test('a leader that was not stopped cleanly leads nothing, whoever is in sync beside it does', () => {
    const cluster = new Cluster().restart({ 1: 'unclean', 2: 'clean', 3: 'clean' })
    expect(cluster.view).toBe('leader -1 epoch 1 isr 2,3')
    expect(cluster.unfence(1, 2, 3).view).toBe('leader 2 epoch 2 isr 2,3')
  })
})
