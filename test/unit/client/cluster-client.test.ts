import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ClusterClient } from '../../../src-broker/client/cluster-client.ts'
import { logRanges } from '../../../src-broker/client/offsets.ts'
import { errors } from '../../../src-broker/protocol/errors.ts'
import {
  apiVersions,
  createTopics,
  describeGroups,
  findCoordinator,
  listOffsets,
  metadata,
} from '../../../src-broker/protocol/messages/index.ts'
import { FakeBroker } from './fake-broker.ts'
import { FakeCluster, FakeLog } from './fake-cluster.ts'

let cluster: FakeCluster
beforeEach(async () => {
  cluster = await FakeCluster.start(3)
})
afterEach(() => cluster.stop())

const asked = (name: string) => cluster.brokers.map((broker) => broker.count(name))
const flights = [0, 1, 2].map((partition) => ({ topic: 'flights', partition }))

describe('finding the cluster', () => {
  test('any of several addresses will do: those where nobody listens cost nothing', async () => {
    const dead = await FakeBroker.start()
    await dead.stop()
    const bootstrap = [`127.0.0.1:${dead.port}`, `127.0.0.1:${cluster.brokers[1]!.port}`]
    const client = new ClusterClient({ bootstrap, clientId: 'test' })
    const startedMs = performance.now()
    expect((await client.brokers()).map(({ brokerId }) => brokerId)).toEqual([1, 2, 3])
    expect(performance.now() - startedMs).toBeLessThan(1_000)
    client.close()
  })

  test('nobody there: one failure, with the address', async () => {
    const client = new ClusterClient({ bootstrap: ['127.0.0.1:1'], clientId: 'test' })
    await expect(client.topics()).rejects.toMatchObject({
      code: 'NETWORK_EXCEPTION',
      message: '127.0.0.1:1 cannot be reached.',
    })
    client.close()
  })

  test('a broker that is down is not knocked at with every request', async () => {
    const [, , third] = cluster.brokers
    await cluster.client.brokers()
    third!.on(apiVersions, () => 'hang up')
    const before = third!.connections
    for (let attempt = 0; attempt < 20; attempt++) await cluster.client.connectionTo(3).catch(() => {})
    expect(third!.connections - before).toBe(1)
  })
})

describe('asking any broker', () => {
  test('a broker that says nothing is not waited for: the next one is asked as well', async () => {
    await cluster.client.topics()
    for (const broker of cluster.brokers.slice(0, 2)) broker.on(metadata, () => 'silence')
    const startedMs = performance.now()
    await cluster.client.topics()
    expect(performance.now() - startedMs).toBeLessThan(1_000)
    // Whoever answered is asked first from then on.
    const before = asked('Metadata')
    await cluster.client.topics()
    expect(asked('Metadata').map((count, index) => count - before[index]!)).toEqual([0, 0, 1])
  })

  test('what changes something is told once, and told to another only where it never left', async () => {
    for (const broker of cluster.brokers) broker.on(createTopics, () => 'hang up')
    await expect(
      cluster.client.command(createTopics, {
        topics: [{ name: 'flights', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }],
      }),
    ).rejects.toMatchObject({ code: 'NETWORK_EXCEPTION', wasSent: true })
    expect(asked('CreateTopics').reduce((sum, count) => sum + count)).toBe(1)
  })
})

describe('topics', () => {
  test('one that does not exist fails at once and is not created by being asked for', async () => {
    await expect(cluster.client.topic('none')).rejects.toMatchObject({
      code: 'UNKNOWN_TOPIC_OR_PARTITION',
      message: 'Topic none: There is no topic of this name.',
    })
    const [request] = cluster.brokers.flatMap(({ requests }) => requests.filter(({ name }) => name === 'Metadata'))
    expect(request!.body).toMatchObject({ allowAutoTopicCreation: false })
  })

  test('a broker that was away and knows less does not bring back an old leader', async () => {
    const topicWith = (leaderId: number, leaderEpoch: number) => () => ({
      brokers: cluster.brokers.map(({ port }, index) => ({ nodeId: index + 1, host: '127.0.0.1', port, rack: null })),
      topics: [
        {
          errorCode: 0,
          name: 'flights',
          partitions: [
            { errorCode: 0, partitionIndex: 0, leaderId, leaderEpoch, replicaNodes: [1, 2], isrNodes: [leaderId] },
          ],
        },
      ],
    })
    for (const broker of cluster.brokers) broker.on(metadata, topicWith(2, 5))
    expect((await cluster.client.topic('flights')).partitions[0]!.leader).toBe(2)
    for (const broker of cluster.brokers) broker.on(metadata, topicWith(1, 4))
    cluster.client.forgetTopic('flights')
    expect((await cluster.client.topic('flights')).partitions[0]!.leader).toBe(2)
    for (const broker of cluster.brokers) broker.on(metadata, topicWith(3, 6))
    cluster.client.forgetTopic('flights')
    expect((await cluster.client.topic('flights')).partitions[0]!.leader).toBe(3)
  })
})

describe('asking leaders', () => {
  beforeEach(() => cluster.topic('flights', new FakeLog().skip(10), new FakeLog().skip(20), new FakeLog().skip(30)))

  const ends = async (patienceMs?: number) =>
    (await logRanges(cluster.client, flights, { ...(patienceMs !== undefined && { patienceMs }) })).map(
      ({ value, failure }) => value?.highWatermark ?? (failure as Error & { code: string }).code,
    )

  test('each is asked for its own partitions, all at once', async () => {
    expect(await ends()).toEqual([10, 20, 30])
    expect(asked('ListOffsets')).toEqual([2, 2, 2])
  })

  test('one that has just moved is found again, and only its partition is asked for again', async () => {
    await ends()
    cluster.topics.get('flights')![0]!.leader = 2
    expect(await ends()).toEqual([10, 20, 30])
    expect(cluster.brokers[2]!.count('ListOffsets')).toBe(4)
  })

  test('one that stays away fails its partition and no other, once patience is over', async () => {
    cluster.topics.get('flights')![1]!.leader = -1
    const startedMs = performance.now()
    expect(await ends(200)).toEqual([10, 'LEADER_NOT_AVAILABLE', 30])
    expect(performance.now() - startedMs).toBeLessThan(2_000)
  })

  test('one that says nothing is not waited for longer than patience lasts, and costs the others nothing', async () => {
    await ends()
    cluster.brokers[0]!.on(listOffsets, () => 'silence')
    const startedMs = performance.now()
    expect(await ends(300)).toEqual(['REQUEST_TIMED_OUT', 20, 30])
    expect(performance.now() - startedMs).toBeLessThan(2_000)
    cluster.topics.get('flights')![0]!.leader = 3
    expect(await ends()).toEqual([10, 20, 30])
  })

  test('one that breaks the connection is asked again; what must not happen twice is not', async () => {
    let breaks = 2
    const count = () => cluster.brokers[0]!.count('ListOffsets')
    cluster.brokers[0]!.on(listOffsets, ({ topics }) => {
      if (breaks-- > 0) return 'hang up'
      const [topic] = topics
      const partitions = topic!.partitions.map(({ partitionIndex }) => ({ partitionIndex, errorCode: 0, offset: 10 }))
      return { topics: [{ name: 'flights', partitions }] }
    })
    const ask = (isRepeatable: boolean) =>
      cluster.client.byLeader(
        flights.slice(0, 1),
        async (connection, items) => {
          const partitions = [{ partitionIndex: 0, timestamp: -1 }]
          const answer = await connection.call(listOffsets, {
            replicaId: -1,
            topics: [{ name: 'flights', partitions }],
          })
          return [{ item: items[0]!, errorCode: 0, value: answer.topics[0]!.partitions[0]!.offset }]
        },
        { isRepeatable },
      )
    const [once] = await ask(false)
    expect([once!.failure?.message.includes('closed the connection'), count()]).toEqual([true, 1])
    expect((await ask(true))[0]!.value).toBe(10)
    expect(count()).toBe(3)
  })
})

describe('asking coordinators', () => {
  const describe1 = async (groupIds = ['readers']) =>
    cluster.client.byCoordinator(groupIds, async (connection, asked, brokerId) => {
      const { groups } = await connection.call(describeGroups, { groups: asked, includeAuthorizedOperations: false })
      return groups.map(({ groupId, errorCode, groupState }) => ({
        item: groupId,
        errorCode,
        value: `${groupState}@${brokerId}`,
      }))
    })

  const coordinateFrom = (place: (groupId: string) => number) => {
    for (const broker of cluster.brokers) {
      broker.on(findCoordinator, ({ coordinatorKeys, key }, { version }) => {
        const of = (groupId: string) => {
          const nodeId = place(groupId)
          const isThere = nodeId > 0
          const errorCode = isThere ? 0 : errors.COORDINATOR_NOT_AVAILABLE
          return {
            key: groupId,
            nodeId,
            host: '127.0.0.1',
            port: isThere ? cluster.brokers[nodeId - 1]!.port : -1,
            errorCode,
            errorMessage: null,
          }
        }
        if (version >= 4) return { coordinators: coordinatorKeys.map(of) }
        const { key: _, ...answer } = of(key)
        return answer
      })
    }
    for (const [index, broker] of cluster.brokers.entries()) {
      broker.on(describeGroups, ({ groups }) => ({
        groups: groups.map((groupId) => {
          const errorCode = place(groupId) === index + 1 ? 0 : errors.NOT_COORDINATOR
          return {
            errorCode,
            errorMessage: null,
            groupId,
            groupState: 'Empty',
            protocolType: '',
            protocolData: '',
            members: [],
          }
        }),
      }))
    }
  }

  test('groups go to their own, found with one question', async () => {
    coordinateFrom((groupId) => (groupId === 'writers' ? 3 : 1))
    expect((await describe1(['readers', 'writers'])).map(({ value }) => value)).toEqual(['Empty@1', 'Empty@3'])
    expect(asked('FindCoordinator').reduce((sum, count) => sum + count)).toBe(1)
  })

  test('one that moved, or is still loading, is found again', async () => {
    let home = 1
    coordinateFrom(() => home)
    await describe1()
    home = 2
    expect((await describe1())[0]!.value).toBe('Empty@2')
    let loads = 3
    coordinateFrom(() => (loads-- > 0 ? -1 : 3))
    cluster.brokers[1]!.on(describeGroups, () => 'hang up')
    expect((await describe1())[0]!.value).toBe('Empty@3')
  })

  test('an old broker is asked for one group at a time', async () => {
    for (const broker of cluster.brokers) {
      broker.on(apiVersions, () => ({
        errorCode: 0,
        apiKeys: [
          { apiKey: 3, minVersion: 0, maxVersion: 8 },
          { apiKey: 10, minVersion: 0, maxVersion: 2 },
          { apiKey: 15, minVersion: 0, maxVersion: 5 },
        ],
      }))
    }
    coordinateFrom((groupId) => (groupId === 'a' ? 1 : 2))
    expect((await describe1(['a', 'b', 'c'])).map(({ value }) => value)).toEqual(['Empty@1', 'Empty@2', 'Empty@2'])
  })
})
