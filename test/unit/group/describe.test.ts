import { expect, test } from 'vitest'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { bytes } from './asked.ts'
import { ClusterOfOne } from './cluster-of-one.ts'
import { Consumer, stabilize } from './consumer.ts'

test('a stable group is described with what its members gave and got, byte for byte', () => {
  const cluster = new ClusterOfOne()
  const consumer = new Consumer(cluster, 'app', { groupInstanceId: 'press-1' })
  stabilize(cluster, consumer)
  expect(cluster.groups.describeGroup('readers')).toEqual({
    groupId: 'readers',
    errorCode: errors.NONE,
    groupState: 'Stable',
    protocolType: 'consumer',
    protocolData: 'range',
    members: [
      {
        memberId: consumer.memberId,
        groupInstanceId: 'press-1',
        clientId: 'app',
        clientHost: '/127.0.0.1',
        memberMetadata: bytes('subscription'),
        memberAssignment: bytes('part0'),
      },
    ],
  })
})

test('while it rebalances, its members are shown without metadata and assignment', () => {
  const cluster = new ClusterOfOne()
  const consumer = new Consumer(cluster, 'app')
  stabilize(cluster, consumer)
  new Consumer(cluster, 'late').join()
  expect(cluster.groups.describeGroup('readers')).toMatchObject({
    groupState: 'PreparingRebalance',
    protocolType: 'consumer',
    protocolData: '',
    members: [{ memberMetadata: bytes(''), memberAssignment: bytes('') }, {}],
  })
})

test('a group that does not exist is dead', () => {
  expect(new ClusterOfOne().groups.describeGroup('unheard of')).toMatchObject({
    errorCode: errors.GROUP_ID_NOT_FOUND,
    groupState: 'Dead',
    members: [],
  })
})

test('groups are listed by state and type, whatever the case', () => {
  const cluster = new ClusterOfOne({}, { partitionCount: 4 })
  stabilize(cluster, new Consumer(cluster, 'a', { groupId: 'stable' }))
  const left = new Consumer(cluster, 'a', { groupId: 'empty' })
  stabilize(cluster, left)
  left.leave()
  new Consumer(cluster, 'tool', { groupId: 'simple' }).commit('orders', 1)
  const list = (states: string[], types: string[]) => {
    const groups = cluster.groups.listGroups(states, types)
    return typeof groups === 'number' ? groups : groups.map(({ groupId }) => groupId).sort()
  }
  expect({
    all: list([], []),
    stable: list(['stable'], []),
    several: list(['STABLE', 'Empty'], ['Classic']),
    consumer: list([], ['consumer']),
    dead: list(['Dead'], []),
  }).toEqual({
    all: ['empty', 'simple', 'stable'],
    stable: ['stable'],
    several: ['empty', 'simple', 'stable'],
    consumer: [],
    dead: [],
  })
})
