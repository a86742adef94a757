import { describe, expect, test } from 'vitest'
import type { BrokerState, PartitionHealth } from '../../../src-main/contract/cluster.ts'
import { clusterHealth, partitionHealth } from '../../../src-main/services/health.ts'
import { listed } from '../../../src-main/services/partition-names.ts'

const brokers = (...states: BrokerState[]) => states.map((state, index) => ({ brokerId: index + 1, state }))
const topic = (name: string, ...healths: PartitionHealth[]) => ({
  topic: name,
  partitions: healths.map((health, partition) => ({ partition, health })),
})

/** What the pill says, and the sentence behind it. */
function said(states: BrokerState[], topics: ReturnType<typeof topic>[], more: object = {}): string {
  const { state, title, sentence } = clusterHealth({
    brokers: brokers(...states),
    voters: [1, 2, 3],
    controllerId: 1,
    topics,
    ...more,
  })
  return `${state} | ${title} | ${sentence}`
}

describe('a cluster', () => {
  const orders = topic('orders', 'ok', 'ok')

  test('that serves says so', () => {
    expect(said(['up', 'up', 'up'], [orders])).toMatchInlineSnapshot(
      `"serving | serving | All brokers serve, and all replicas are in sync."`,
    )
  })

  test('without a broker is degraded, also where no partition misses it', () => {
    expect(said(['up', 'stopped', 'up'], [orders])).toMatchInlineSnapshot(
      `"degraded | degraded | Broker 2 does not serve; every partition has all its replicas."`,
    )
  })

  test('names what is under-replicated, the own topics first', () => {
    const topics = [topic('__consumer_offsets', 'under-replicated', 'ok'), topic('orders', 'ok', 'under-replicated')]
    expect(said(['up', 'killed', 'up'], topics)).toMatchInlineSnapshot(
      `"degraded | degraded | 2 of 4 partitions are under-replicated: orders-1 and 1 of __consumer_offsets."`,
    )
  })

  test('that refuses acks=all is not writable, whatever else is only under-replicated', () => {
    const topics = [topic('orders', 'below-min-isr', 'under-replicated')]
    expect(said(['up', 'killed', 'up'], topics)).toMatchInlineSnapshot(
      `"not-writable | not writable | 1 of 2 partitions has fewer in-sync replicas than min.insync.replicas, so that acks=all is refused: orders-0."`,
    )
  })

  test('with a partition that nobody leads says how many', () => {
    expect(said(['up', 'killed', 'up'], [topic('alone', 'offline', 'below-min-isr')])).toMatchInlineSnapshot(
      `"offline | 1 partition offline | 1 of 2 partitions is without a leader that answers: alone-0."`,
    )
  })

  test('that lost the majority of its voters has no quorum, although its last metadata looks well', () => {
    const topics = [topic('orders', 'offline', 'below-min-isr', 'ok')]
    expect(said(['killed', 'up', 'paused'], topics, { controllerId: null })).toMatchInlineSnapshot(
      `"no-quorum | no quorum | 1 of 3 voters of the metadata quorum answers, 2 are needed: nothing can be elected, created or changed; 2 of 3 partitions cannot be written with acks=all."`,
    )
    expect(said(['paused', 'paused', 'paused'], [])).toMatchInlineSnapshot(
      `"no-quorum | no quorum | 0 of 3 voters of the metadata quorum answer, 2 are needed: nothing can be elected, created or changed."`,
    )
  })

  test('counts voters, not brokers', () => {
    const states: BrokerState[] = ['killed', 'killed', 'up', 'up', 'up']
    expect(said(states, []).split(' | ')[0]).toBe('no-quorum')
    expect(said(states, [], { voters: [1, 2, 3, 4, 5] }).split(' | ')[0]).toBe('degraded')
  })

  test('between two controllers is electing', () => {
    expect(said(['up', 'up', 'up'], [orders], { controllerId: null })).toMatchInlineSnapshot(
      `"degraded | electing | The quorum is electing a controller."`,
    )
  })

  test('of which nothing runs has stopped, or is about to start', () => {
    expect(said(['stopped', 'killed', 'crashed'], [orders])).toMatchInlineSnapshot(
      `"stopped | stopped | No broker runs: nothing can be read or written."`,
    )
    expect(said(['starting', 'killed', 'starting'], [])).toMatchInlineSnapshot(
      `"starting | starting | The brokers are starting."`,
    )
  })
})

test('of a partition those count that answer, not those that the metadata last knew', () => {
  const partition = { leader: 1, isr: [1, 2, 3], replicas: [1, 2, 3], minInsyncReplicas: 2 }
  const health = (...answering: number[]) => partitionHealth(partition, new Set(answering))
  expect([health(1, 2, 3), health(1, 3), health(1), health(2, 3)]).toEqual([
    'ok',
    'under-replicated',
    'below-min-isr',
    'offline',
  ])
  const single = { leader: 1, isr: [1], replicas: [1], minInsyncReplicas: 2 }
  expect([partitionHealth(single, new Set([1])), partitionHealth({ ...single, leader: null }, new Set([1]))]).toEqual([
    'ok',
    'offline',
  ])
})

describe('partitions in a phrase', () => {
  const some = (topic: string, count: number) => Array.from({ length: count }, (_, index) => `${topic}-${index}`)

  test('the own ones stand first by name, the internal ones are summed', () => {
    expect(listed([...some('__consumer_offsets', 13), 'live.topic-3', 'a-b-0'])).toBe(
      'live.topic-3, a-b-0 and 13 of __consumer_offsets',
    )
  })

  test('many are summed by topic, the largest share first', () => {
    expect(listed([...some('orders', 3), ...some('flights', 6)])).toBe('6 of flights and 3 of orders')
    const topics = ['a', 'b', 'c', 'd', 'e', 'f'].flatMap((topic) => some(topic, 2))
    expect(listed([...topics, ...some('__consumer_offsets', 5)])).toBe(
      '2 of a, 2 of b, 2 of c, 6 more in 3 other topics and 5 of __consumer_offsets',
    )
  })

  test('internal ones alone are named as long as they are few', () => {
    expect(listed(some('__consumer_offsets', 2))).toBe('__consumer_offsets-0 and __consumer_offsets-1')
    expect(listed(some('__consumer_offsets', 16))).toBe('16 of __consumer_offsets')
  })
})
