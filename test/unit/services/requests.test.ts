import { describe, expect, test } from 'vitest'
import { requestNames } from '../../../src-main/contract/contract.ts'
import { faultOf } from '../../../src-main/services/requests.ts'

const query = { topic: 'flights', partitions: null, from: { kind: 'newest' }, limit: 50, contains: '' }

describe('what a window may send', () => {
  test('each request takes what the contract says', () => {
    expect([
      faultOf('messages.page', query),
      faultOf('messages.page', { ...query, partitions: [0, 3], from: { kind: 'timestamp', timestampMs: 1 } }),
      faultOf('broker.kill', { brokerId: 3 }),
      faultOf('topics.create', {
        topic: 'a',
        partitionCount: null,
        replicationFactor: 3,
        configs: { 'retention.ms': '1' },
      }),
      faultOf('messages.produce', {
        topic: 'a',
        partition: null,
        key: { kind: 'null' },
        value: { kind: 'hex', hex: 'CAfe' },
        headers: [{ key: '', value: { kind: 'empty' } }],
      }),
      faultOf('topics.list', undefined),
    ]).toEqual([null, null, null, null, null, null])
  })

  test.each([
    ['messages.page', undefined],
    ['messages.page', { ...query, limit: 1e9 }],
    ['messages.page', { ...query, limit: 0 }],
    ['messages.page', { ...query, partitions: [] }],
    ['messages.page', { ...query, partitions: [1.5] }],
    ['messages.page', { ...query, partitions: [-1] }],
    ['messages.page', { ...query, from: { kind: 'offset', offset: Number.NaN } }],
    ['messages.page', { ...query, from: { kind: 'offset', offset: 2 ** 60 } }],
    ['messages.page', { ...query, from: { kind: 'somewhere' } }],
    ['messages.page', { ...query, contains: 'x'.repeat(10_001) }],
    ['broker.kill', { brokerId: '1' }],
    ['broker.kill', { brokerId: -1 }],
    ['topics.create', { topic: '', partitionCount: 1, replicationFactor: 1, configs: {} }],
    ['topics.create', { topic: 'a', partitionCount: 1e9, replicationFactor: 1, configs: {} }],
    ['topics.create', { topic: 'a', partitionCount: 1, replicationFactor: 1, configs: { a: 1 } }],
    [
      'messages.produce',
      { topic: 'a', partition: 0, key: { kind: 'hex', hex: 'abc' }, value: { kind: 'null' }, headers: [] },
    ],
    [
      'messages.produce',
      { topic: 'a', partition: 0, key: { kind: 'hex', hex: 'zz' }, value: { kind: 'null' }, headers: [] },
    ],
    ['groups.applyReset', { plan: null }],
    [
      'groups.applyReset',
      { plan: { groupId: 'g', topic: 't', target: { kind: 'earliest' }, refusal: null, steps: [{ partition: 0 }] } },
    ],
    ['samples.load', { names: [] }],
    ['tail.start', { topic: { toString: 'x' }, partitions: null, contains: '' }],
    ['pulse.history', { sinceMs: 'yesterday' }],
  ] as const)('%s does not take %j', (name, argument) => {
    expect(faultOf(name, argument)).toMatch(/^[\w.]+: ./)
  })

  test('every request that carries something refuses nothing at all', () => {
    const carryNothing = [
      'app.info',
      'broker.add',
      'cluster.view',
      'cluster.heal',
      'topics.list',
      'groups.list',
      'samples.list',
      'samples.cancel',
    ]
    expect(requestNames.filter((name) => faultOf(name, undefined) === null).toSorted()).toEqual(carryNothing.toSorted())
  })
})
