// OffsetDelete: what a group committed is forgotten for some partitions while the group goes on.
import { expect, test } from 'vitest'
import { offsetDelete } from '../../../src-broker/api/47-offset-delete.ts'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { BrokerFront } from './broker-front.ts'
import { ClusterOfOne } from './cluster-of-one.ts'
import { Consumer, stabilize } from './consumer.ts'

const uuid = (n: number) => `0000000000004000800000000000000${n}`

/** A group with offsets of two topics, of which its member, if it has one left, reads `orders`. */
function readers({ protocolType = 'consumer', metadata = subscriptionTo('orders') } = {}) {
  const cluster = new ClusterOfOne()
  const broker = new BrokerFront(cluster).withTopic('orders', uuid(1), 1).withTopic('flights', uuid(2), 1)
  const consumer = new Consumer(cluster, 'a', { protocolType, metadata })
  stabilize(cluster, consumer)
  for (const topic of ['orders', 'flights']) consumer.commit(topic, 7)
  const ask = (...topics: string[]) => {
    const partitions = [{ partitionIndex: 0 }]
    return broker.ask(offsetDelete, { groupId: 'readers', topics: topics.map((name) => ({ name, partitions })) }, 0)
  }
  const outcome = (...topics: string[]) => {
    const { errorCode, topics: answered } = ask(...topics).answer!
    return [errorCode, ...answered.map(({ partitions }) => partitions[0]!.errorCode)]
  }
  const left = () => {
    const request = { groupId: 'readers', memberId: null, memberEpoch: -1, topics: null }
    return cluster.groups.fetchOffsets(request, false, () => {})!.topics.map(({ name }) => name)
  }
  return { cluster, broker, consumer, ask, outcome, left }
}

/** Version 0 of the consumer protocol: one topic, no user data. */
const subscriptionTo = (topic: string) =>
  Uint8Array.of(0, 0, 0, 0, 0, 1, 0, topic.length, ...new TextEncoder().encode(topic), 255, 255, 255, 255)

test('a group with members loses the offsets of topics that none of them reads', () => {
  const { outcome, left } = readers()
  expect(outcome('orders', 'flights')).toEqual([errors.NONE, errors.GROUP_SUBSCRIBED_TO_TOPIC, errors.NONE])
  expect(left()).toEqual(['orders'])
})

test('an empty group loses what is asked for, and goes on', () => {
  const { consumer, outcome, left, cluster } = readers()
  consumer.leave()
  expect(outcome('orders')).toEqual([errors.NONE, errors.NONE])
  expect(left()).toEqual(['flights'])
  expect(outcome('orders')).toEqual([errors.NONE, errors.NONE])
  expect(cluster.groups.describeGroup('readers').groupState).toBe('Empty')
})

test('members that do not say what they read may read anything', () => {
  expect(readers({ metadata: Uint8Array.of(9) }).outcome('flights')).toEqual([
    errors.NONE,
    errors.GROUP_SUBSCRIBED_TO_TOPIC,
  ])
  const connect = readers({ protocolType: 'connect' })
  expect([connect.outcome('flights'), connect.left()]).toEqual([[errors.NON_EMPTY_GROUP], ['orders', 'flights']])
})

test('partitions, groups and coordinators that are not there are told apart', () => {
  const { broker, outcome } = readers()
  expect(outcome('parcels', 'flights')).toEqual([errors.NONE, errors.UNKNOWN_TOPIC_OR_PARTITION, errors.NONE])
  const stranger = broker.ask(offsetDelete, { groupId: 'nobody', topics: [] }, 0)
  expect(stranger.answer).toEqual({ errorCode: errors.GROUP_ID_NOT_FOUND, throttleTimeMs: 0, topics: [] })
})

test('the answer waits until the deletion is committed', () => {
  const { cluster, ask, left } = readers()
  cluster.holdCommits()
  const asked = ask('flights')
  expect([asked.answer, left()]).toEqual([undefined, ['orders', 'flights']])
  cluster.commit()
  expect([asked.answer?.errorCode, left()]).toEqual([errors.NONE, ['orders']])
})
