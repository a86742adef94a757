import { describe, expect, test } from 'vitest'
import type { AlterPartitionRequest } from '../../../src-broker/core/quorum/controller-apis.ts'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { QuorumHarness } from '../../support/quorum-harness.ts'

const withTopic = (brokers = 3, partitions = 3, settings: Readonly<Record<string, string>> = {}): QuorumHarness => {
  const harness = QuorumHarness.started({ brokers, settings })
  harness.createTopic('orders', partitions, Math.min(3, brokers))
  return harness.after(20)
}
const others = (harness: QuorumHarness, id: number) => harness.running.filter(({ options }) => options.brokerId !== id)
const leadersOf = (harness: QuorumHarness, topic = 'orders') =>
  harness.image.topics.get(topic)!.partitions.map(({ leader }) => leader)
const sameImages = (harness: QuorumHarness) =>
  new Set(harness.running.map(({ image }) => JSON.stringify([[...image.brokers], [...image.topics], image.endOffset])))
    .size === 1

const isrsWith = (id: number, harness: QuorumHarness) =>
  [...harness.image.partitions()].filter(({ partition }) => partition.isr.includes(id))

describe('a cluster starts', () => {
  test.each([1, 2, 3, 5, 9])('%i brokers are whole within 60 ms', (brokers) => {
    const harness = new QuorumHarness({ brokers })
    for (let id = 1; id <= brokers; id++) harness.start(id)
    expect(harness.until(() => harness.isWhole())).toBeLessThan(60)
  })

  test('brokers that do not vote follow the quorum and serve', () => {
    const harness = QuorumHarness.started({ brokers: 5, voters: 3 })
    harness.createTopic('orders', 5, 3)
    for (const id of [4, 5]) harness.kill(id)
    harness.until(() => harness.running.every(({ image }) => image.brokers.get(5)!.fenced))
    harness.start(5)
    harness.until(() => harness.isWhole())
    harness.kill(harness.controller!.options.brokerId)
    harness.until(
      () => harness.controller !== undefined && [5, 1, 2, 3].filter((id) => harness.image.isActive(id)).length === 3,
    )
    expect(harness.controller!.options.brokerId).toBeLessThanOrEqual(3)
    expect(harness.node(5).describe()).toBe(undefined)
  })

  test('a topic is there on every broker a few milliseconds after it is asked for, leaders and replicas spread evenly', () => {
    const harness = QuorumHarness.started({ brokers: 3 })
    const startMs = harness.nowMs
    harness.createTopic('orders', 6, 3)
    harness.until(() => harness.running.every(({ image }) => image.topics.has('orders')))
    expect(harness.nowMs - startMs).toBeLessThan(15)
    expect(leadersOf(harness).sort()).toEqual([1, 1, 2, 2, 3, 3])
    expect(sameImages(harness)).toBe(true)
  })

  test('a cluster that was stopped as a whole comes back with its ISRs and leaders, in their epochs', () => {
    const harness = withTopic()
    const before = harness.partitions('orders')
    for (const id of [1, 2, 3]) harness.stop(id)
    harness.after(10)
    for (const id of [3, 1, 2]) harness.start(id)
    harness.until(() => harness.isWhole())
    expect(harness.partitions('orders')).toEqual(before)
  })

  describe('who is to lead on, and goes between its registration and the word that it counts', () => {
    test('is replaced at once, and nobody waits for it: it is in no ISR', () => {
      const { harness, led, lost } = restarted(3)
      // The others serve, and wait for it with what it led.
      expect(led()).toContain(-1)
      harness.kill(lost)
      expect(harness.until(() => led().every((leader) => leader > 0))).toBeLessThan(100)
      expect(led()).not.toContain(lost)
      expect(isrsWith(lost, harness)).toEqual([])
    })

    test('is replaced when its session is over, also where another one is heard of in that very moment', () => {
      const { harness, led, lost, sessionsEndMs } = restarted(3)
      const { brokerEpoch, image, options } = harness.controller!
      const { brokerId } = options
      harness.at(sessionsEndMs - harness.nowMs, () => {
        const heartbeat = { brokerId, brokerEpoch, currentMetadataOffset: image.endOffset, wantShutDown: false }
        harness.asked('BrokerHeartbeat', heartbeat, brokerId)
      })
      harness.after(sessionsEndMs - harness.nowMs + 100)
      expect(led()).not.toContain(-1)
      expect(isrsWith(lost, harness)).toEqual([])
    })

    test('is replaced at once, also where it goes while its registration is being decided', () => {
      const harness = withTopic(3, 3, { 'auto.leader.rebalance.enable': 'false' })
      for (const id of harness.members.keys()) harness.stop(id)
      for (const id of harness.members.keys()) harness.start(id)
      harness.until(() => harness.controller !== undefined)
      const controller = harness.controller!
      // First its election is committed, then the registrations are about to be.
      const { highWatermark } = controller
      harness.until(() => controller.highWatermark > highWatermark)
      harness.until(() => controller.logEndOffset > controller.highWatermark)
      const lost = leadersOf(harness).find((id) => id !== controller.options.brokerId)!
      harness.kill(lost)
      harness.after(200)
      const { image } = harness
      expect([...image.partitions()].map(({ partition }) => image.leaderOf(partition))).not.toContain(-1)
      expect(isrsWith(lost, harness)).toEqual([])
    })

    test('is replaced by the next controller, where it goes together with the one that knew it', () => {
      const { harness, led, lost } = restarted(5)
      expect(led()).toContain(-1)
      harness.kill(lost)
      harness.kill(harness.controller!.options.brokerId)
      harness.until(() => harness.controller !== undefined)
      expect(harness.until(() => led().every((leader) => leader > 0))).toBeLessThan(100)
      expect(isrsWith(lost, harness)).toEqual([])
    })
  })

  test('replay after a restart gives the same image', () => {
    const harness = withTopic()
    harness.ask('IncrementalAlterConfigs', {
      resources: [
        {
          resourceType: 2,
          resourceName: 'orders',
          configs: [{ name: 'retention.ms', configOperation: 0, value: '5000' }],
        },
      ],
      validateOnly: false,
    })
    const topics = JSON.stringify([...harness.image.topics.values()].map(({ name, id }) => [name, id]))
    for (const id of [1, 2, 3]) harness.kill(id, 'power-loss')
    for (const id of [1, 2, 3]) harness.start(id)
    harness.until(() => harness.isWhole())
    expect(JSON.stringify([...harness.image.topics.values()].map(({ name, id }) => [name, id]))).toBe(topics)
    expect(harness.image.topicConfigs('orders').get('retention.ms')).toBe('5000')
    harness.after(20)
    expect(sameImages(harness)).toBe(true)
  })
})

describe('a broker dies', () => {
  test("its partitions have new leaders within 30 ms, the dead one's replicas leave the ISR", () => {
    const harness = withTopic()
    const victim = others(harness, harness.controller!.options.brokerId)[0]!.options.brokerId
    harness.kill(victim)
    expect(
      harness.until(() =>
        harness.running.every(({ image }) =>
          image.topics.get('orders')!.partitions.every(({ leader }) => leader !== victim),
        ),
      ),
    ).toBeLessThan(30)
    expect(
      harness.image.topics.get('orders')!.partitions.every(({ isr }) => isr.length === 2 && !isr.includes(victim)),
    ).toBe(true)
  })

  test('when it was the controller, the next one moves its leaders within 50 ms', () => {
    const harness = withTopic()
    const victim = harness.controller!.options.brokerId
    harness.kill(victim)
    const tookMs = harness.until(() =>
      harness.running.every(({ image }) =>
        image.topics.get('orders')!.partitions.every(({ leader }) => leader > 0 && leader !== victim),
      ),
    )
    expect(tookMs).toBeLessThan(50)
    expect(harness.controller!.leaderEpoch).toBe(2)
  })

  test('the last member of an ISR leaves no leader behind, and leads again when it is back', () => {
    const harness = withTopic(3, 1)
    const [first] = harness.image.topics.get('orders')!.partitions
    const controllerId = harness.controller!.options.brokerId
    const shrunk = alterIsr(harness, first!.leader, [first!.leader])
    expect(shrunk.topics[0]!.partitions[0]!.errorCode).toBe(errors.NONE)
    if (first!.leader === controllerId) return
    harness.kill(first!.leader)
    harness.until(() => harness.image.partition('orders', 0)!.leader === -1)
    expect(harness.image.partition('orders', 0)).toMatchObject({ isr: [], lastKnownElr: [first!.leader] })
    harness.start(first!.leader)
    harness.until(() => harness.image.partition('orders', 0)!.leader === first!.leader)
    expect(harness.image.partition('orders', 0)!.leaderEpoch).toBe(2)
  })

  test('with unclean election allowed, a replica outside the ISR leads instead, and the partition is marked as recovering', () => {
    const harness = withTopic(3, 1)
    harness.ask('IncrementalAlterConfigs', {
      resources: [
        {
          resourceType: 2,
          resourceName: 'orders',
          configs: [{ name: 'unclean.leader.election.enable', configOperation: 0, value: 'true' }],
        },
      ],
      validateOnly: false,
    })
    const { leader } = harness.image.partition('orders', 0)!
    // With one in-sync replica enough, nobody who left the ISR is eligible.
    harness.ask('IncrementalAlterConfigs', {
      resources: [
        {
          resourceType: 2,
          resourceName: 'orders',
          configs: [{ name: 'min.insync.replicas', configOperation: 0, value: '1' }],
        },
      ],
      validateOnly: false,
    })
    alterIsr(harness, leader, [leader])
    harness.kill(leader)
    harness.until(() => harness.controller !== undefined && harness.image.partition('orders', 0)!.leader !== leader)
    const { isr, leader: unclean, leaderRecoveryState } = harness.image.partition('orders', 0)!
    expect({ isr, leaderRecoveryState }).toEqual({ isr: [unclean], leaderRecoveryState: 1 })
  })

  test('back in the ISR, it leads again what it prefers to lead within the imbalance check', () => {
    const harness = withTopic()
    const before = leadersOf(harness)
    const victim = others(harness, harness.controller!.options.brokerId)[0]!.options.brokerId
    harness.kill(victim)
    harness.after(100)
    harness.start(victim)
    harness.until(() => harness.isWhole())
    for (const partition of [0, 1, 2]) {
      const { leader } = harness.image.partition('orders', partition)!
      alterIsr(harness, leader, [1, 2, 3], partition)
    }
    expect(leadersOf(harness)).not.toEqual(before)
    harness.until(() => JSON.stringify(leadersOf(harness)) === JSON.stringify(before), 6_000)
  })

  test('without a closed port, it is fenced when its session is over', () => {
    const harness = withTopic()
    const silent = others(harness, harness.controller!.options.brokerId)[0]!.options.brokerId
    harness.isolate(silent)
    const tookMs = harness.until(() => harness.controller!.image.brokers.get(silent)!.fenced)
    expect(tookMs).toBeGreaterThan(2_400)
    expect(tookMs).toBeLessThan(3_100)
    harness.heal()
    harness.until(() => harness.isWhole(), 3_000)
  })

  test('a second worker with the same id is refused while the first is alive', () => {
    const harness = withTopic()
    const { image } = harness
    const { errorCode } = harness.ask('BrokerRegistration', {
      brokerId: 2,
      clusterId: image.clusterId,
      incarnationId: 'e'.repeat(32),
      listeners: [],
      features: [{ name: 'metadata.version', minSupportedVersion: 1, maxSupportedVersion: 30 }],
      rack: null,
      logDirs: [],
      previousBrokerEpoch: -1,
    })
    expect(errorCode).toBe(errors.DUPLICATE_BROKER_REGISTRATION)
  })
})

describe('a broker leaves in order', () => {
  test.each(['controller', 'another'])('%s: its leaders move first, then it may go', (who) => {
    const harness = withTopic(3, 6)
    const controllerId = harness.controller!.options.brokerId
    const leaving = who === 'controller' ? controllerId : others(harness, controllerId)[0]!.options.brokerId
    let leadersWhenGone: number[] | undefined
    harness.node(leaving).shutDown(5_000, () => {
      leadersWhenGone = leadersOf(harness)
    })
    const tookMs = harness.until(() => leadersWhenGone !== undefined)
    expect(tookMs).toBeLessThan(100)
    expect(leadersWhenGone).not.toContain(leaving)
    for (const { image } of others(harness, leaving)) {
      expect(image.topics.get('orders')!.partitions.some(({ leader }) => leader === leaving)).toBe(false)
    }
    harness.stop(leaving)
    harness.until(() => harness.controller !== undefined)
  })

  test.each([1, 2, 3, 5])('all %i of a cluster at once: they go quickly, and come back as they went', (brokers) => {
    const harness = withTopic(brokers)
    const before = harness.partitions('orders').map((line) => line.replace(/ epoch \d+/, ''))
    const ids = [...harness.members.keys()]
    const gone = new Set<number>()
    for (const id of ids) {
      harness.node(id).shutDown(1_000, () => {
        gone.add(id)
        harness.stop(id)
      })
    }
    expect(harness.until(() => gone.size === brokers)).toBeLessThan(50)
    harness.after(100)
    for (const id of ids) harness.start(id)
    harness.until(() => harness.isWhole())
    expect(harness.partitions('orders').map((line) => line.replace(/ epoch \d+/, ''))).toEqual(before)
  })

  test('all at once, but one comes back before the controller has gone: who has gone is fenced like anybody', () => {
    const harness = withTopic(3)
    const { controller } = harness
    const [returning, gone] = [1, 2, 3].filter((id) => id !== controller!.options.brokerId) as [number, number]
    const left = new Set<number>()
    for (const id of [1, 2, 3]) {
      harness.node(id).shutDown(1_000, () => {
        left.add(id)
        if (id === returning || id === gone) harness.stop(id)
      })
    }
    harness.until(() => left.size === 3)
    expect(controller!.image.isActive(gone)).toBe(true)
    harness.start(returning)
    harness.until(() => !controller!.image.isActive(gone))
    expect(harness.partitions('orders', controller).some((line) => line.startsWith(`leader ${gone} `))).toBe(false)
  })

  test('the last ones do not wait for a controller that cannot be any more', () => {
    const harness = withTopic()
    harness.kill(3)
    harness.after(100)
    let isGone = false
    harness.node(1).shutDown(1_000, () => {
      isGone = true
    })
    harness.kill(2)
    expect(harness.until(() => isGone)).toBeLessThan(10)
  })
})

describe('AlterPartition', () => {
  test('what builds on an older state is refused', () => {
    const harness = withTopic(3, 1)
    const { leader, leaderEpoch, partitionEpoch } = harness.image.partition('orders', 0)!
    const follower = [1, 2, 3].find((id) => id !== leader)!
    const codes = {
      newerLeaderEpoch: isrError(harness, leader, { leaderEpoch: leaderEpoch + 1 }),
      olderLeaderEpoch: isrError(harness, leader, { leaderEpoch: leaderEpoch - 1 }),
      olderPartitionEpoch: isrError(harness, leader, { partitionEpoch: partitionEpoch - 1 }),
      notLeader: isrError(harness, follower, {}),
      withoutLeader: isrError(harness, leader, { newIsrWithEpochs: [{ brokerId: follower, brokerEpoch: -1 }] }),
      staleBrokerEpoch: isrError(harness, leader, {
        newIsrWithEpochs: [
          { brokerId: leader, brokerEpoch: -1 },
          { brokerId: follower, brokerEpoch: 1 },
        ],
      }),
      foreignReplica: isrError(harness, leader, {
        newIsrWithEpochs: [
          { brokerId: leader, brokerEpoch: -1 },
          { brokerId: 9, brokerEpoch: -1 },
        ],
      }),
    }
    expect(codes).toEqual({
      newerLeaderEpoch: errors.NOT_CONTROLLER,
      olderLeaderEpoch: errors.FENCED_LEADER_EPOCH,
      olderPartitionEpoch: errors.INVALID_UPDATE_VERSION,
      notLeader: errors.INVALID_REQUEST,
      withoutLeader: errors.INVALID_REQUEST,
      staleBrokerEpoch: errors.INELIGIBLE_REPLICA,
      foreignReplica: errors.INVALID_REQUEST,
    })
    expect(harness.image.partition('orders', 0)!.partitionEpoch).toBe(partitionEpoch)
  })

  test('a shrunk ISR keeps leader and leader epoch, and raises the partition epoch', () => {
    const harness = withTopic(3, 1)
    const before = harness.image.partition('orders', 0)!
    const follower = [1, 2, 3].find((id) => id !== before.leader)!
    const { topics } = alterIsr(harness, before.leader, [before.leader, follower])
    const isr = [before.leader, follower]
    const after = { leaderId: before.leader, leaderEpoch: 0, partitionEpoch: 1, isr, errorCode: 0 }
    expect(topics[0]!.partitions[0]).toMatchObject(after)
    expect(harness.image.partition('orders', 0)).toMatchObject({ isr, leaderEpoch: 0, partitionEpoch: 1 })
  })

  test('a broker that is not the one registered is told so', () => {
    const harness = withTopic(3, 1)
    const { errorCode } = harness.ask('AlterPartition', { brokerId: 2, brokerEpoch: 1, topics: [] })
    expect(errorCode).toBe(errors.STALE_BROKER_EPOCH)
  })
})

describe('requests on their way', () => {
  test('a request that loses its controller is answered by the next', () => {
    const harness = withTopic()
    const controllerId = harness.controller!.options.brokerId
    const by = others(harness, controllerId)[0]!.options.brokerId
    const topic = { name: 'late', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    const { answer } = harness.asked('CreateTopics', { topics: [topic], validateOnly: false }, by)
    harness.kill(controllerId)
    harness.until(() => answer.value !== undefined)
    expect(answer.value!.errorCode).toBe(errors.NONE)
    expect(harness.image.topics.has('late')).toBe(true)
  })

  test('without a controller it times out', () => {
    const harness = withTopic()
    for (const id of [2, 3]) harness.kill(id)
    const { answer } = harness.asked(
      'DeleteTopics',
      { topics: [{ name: 'orders', topicId: '0'.repeat(32) }] },
      1,
      1_000,
    )
    expect(harness.until(() => answer.value !== undefined)).toBeCloseTo(1_000, 0)
    expect(answer.value!.errorCode).toBe(errors.REQUEST_TIMED_OUT)
  })

  test('producer ids come in blocks that never overlap, also across controllers', () => {
    const harness = withTopic()
    const allocate = () => {
      const by = harness.running[0]!
      const { brokerId } = by.options
      return harness.ask('AllocateProducerIds', { brokerId, brokerEpoch: by.brokerEpoch }, brokerId).producerIdStart
    }
    const starts = [allocate(), allocate()]
    harness.kill(harness.controller!.options.brokerId)
    harness.until(() => harness.controller !== undefined)
    harness.after(100)
    expect([...starts, allocate()]).toEqual([0, 1_000, 2_000])
  })
})

describe('time', () => {
  test('a laptop that slept for ten minutes fences nobody and serves at once', () => {
    const harness = withTopic()
    const before = harness.partitions('orders')
    const { controller } = harness
    harness.sleep(600_000)
    harness.after(5_000)
    expect(harness.partitions('orders')).toEqual(before)
    expect(harness.controller).toBe(controller)
    expect(harness.events.filter(({ kind }) => kind === 'broker-fenced')).toEqual([])
    harness.createTopic('awake')
  })

  test('a controller cut off from the others resigns and is replaced; its uncommitted decision is answered by the next', () => {
    const harness = withTopic()
    const old = harness.controller!
    harness.isolate(old.options.brokerId)
    const topic = { name: 'late', numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }
    const { answer } = harness.asked('CreateTopics', { topics: [topic], validateOnly: false }, old.options.brokerId)
    harness.until(() => harness.controller !== undefined && harness.controller !== old, 3_000)
    harness.after(1_000)
    expect(old.describe()).toBe(undefined)
    expect(old.image.topics.has('late')).toBe(false)
    harness.heal()
    harness.until(() => answer.value !== undefined, 10_000)
    expect(answer.value!.errorCode).toBe(errors.NONE)
  })
})

test('what happened is told once, by the controller', () => {
  const harness = withTopic(3, 1)
  const { leader } = harness.image.partition('orders', 0)!
  harness.events.length = 0
  harness.kill(leader)
  harness.until(() => harness.controller !== undefined && harness.image.partition('orders', 0)!.leader !== leader)
  harness.after(50)
  const kinds = harness.events.map(({ kind }) => kind).filter((kind) => kind !== 'controller-elected')
  expect(kinds).toEqual(['broker-fenced', 'leader-changed', 'isr-changed'])
})

/** Stopped as a whole and started again: all are registered, and all but one that is cut off serve. It leads a partition. */
function restarted(brokers: number) {
  const sessionMs = 3_000
  const settings = { 'auto.leader.rebalance.enable': 'false', 'broker.session.timeout.ms': String(sessionMs) }
  const harness = withTopic(brokers, 3, settings)
  for (const id of harness.members.keys()) harness.stop(id)
  for (const id of harness.members.keys()) harness.start(id)
  const registered = () => [...(harness.controller?.image.brokers.values() ?? [])]
  // In this life: before, none of them was fenced.
  harness.until(() => registered().length === brokers && registered().every(({ fenced }) => fenced))
  const sessionsEndMs = harness.nowMs + sessionMs
  const led = ({ image } = harness) => [...image.partitions()].map(({ partition }) => image.leaderOf(partition))
  expect(new Set(led())).toEqual(new Set([-1]))
  const lost = leadersOf(harness).find((id) => id !== harness.controller!.options.brokerId)!
  harness.isolate(lost)
  harness.until(() => registered().every(({ id }) => id === lost || harness.image.isActive(id)))
  return { harness, led, lost, sessionsEndMs }
}

function alterRequest(
  harness: QuorumHarness,
  by: number,
  partition: number,
  change: Partial<AlterPartitionRequest['topics'][number]['partitions'][number]>,
): AlterPartitionRequest {
  const { image } = harness
  const { leaderEpoch, partitionEpoch } = image.partition('orders', partition)!
  const newIsrWithEpochs = [{ brokerId: by, brokerEpoch: -1 }]
  const wanted = {
    partitionIndex: partition,
    leaderEpoch,
    partitionEpoch,
    leaderRecoveryState: 0,
    newIsrWithEpochs,
    ...change,
  }
  const topics = [{ topicId: image.topics.get('orders')!.id, partitions: [wanted] }]
  return { brokerId: by, brokerEpoch: image.brokers.get(by)!.epoch, topics }
}

function alterIsr(harness: QuorumHarness, by: number, isr: readonly number[], partition = 0) {
  const newIsrWithEpochs = isr.map((id) => ({ brokerId: id, brokerEpoch: harness.image.brokers.get(id)!.epoch }))
  return harness.ask('AlterPartition', alterRequest(harness, by, partition, { newIsrWithEpochs }))
}

function isrError(harness: QuorumHarness, by: number, change: Parameters<typeof alterRequest>[3]): number {
  return harness.ask('AlterPartition', alterRequest(harness, by, 0, change)).topics[0]!.partitions[0]!.errorCode
}
