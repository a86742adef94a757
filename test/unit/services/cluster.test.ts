import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { ClusterView } from '../../../src-main/contract/cluster.ts'
import { ClusterService } from '../../../src-main/services/cluster.ts'
import { EventBus } from '../../../src-main/services/event-bus.ts'
import { FakeHost, flights, replica } from './fake-host.ts'

let host: FakeHost
let events: EventBus
let service: ClusterService
let pushed: ClusterView[]
let deeds: string[]
beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 })
  host = new FakeHost()
  events = new EventBus()
  deeds = []
  service = new ClusterService(host, events, (brokerId, deed) => deeds.push(`${deed} ${brokerId}`))
  pushed = []
  events.on('cluster', (view) => pushed.push(view))
})
afterEach(() => {
  service.close()
  vi.useRealTimers()
})

const broker = (brokerId: number) => service.view().brokers.find((candidate) => candidate.brokerId === brokerId)!

describe('the matrix', () => {
  test('metadata is taken from whoever follows the newest controller, log ends from whoever holds the replica', () => {
    const stale = { ...flights, partitions: flights.partitions.map((partition) => ({ ...partition, leader: 3 })) }
    host.report(1, {
      controllerEpoch: 2,
      controllerId: 2,
      topics: [flights],
      replicas: [replica(0, 100, true), replica(1, 50)],
    })
    host.report(2, {
      controllerEpoch: 1,
      controllerId: 1,
      topics: [stale],
      replicas: [replica(0, 90), replica(1, 60, true)],
    })
    host.report(3, {
      controllerEpoch: 2,
      controllerId: 2,
      topics: [flights],
      replicas: [replica(0, 80), replica(2, 7, true)],
    })
    const view = service.view()
    expect([view.controllerId, view.controllerEpoch]).toEqual([2, 2])
    const [topic] = view.topics
    expect(topic!.partitions.map(({ leader }) => leader)).toEqual([1, 2, 3])
    expect(
      topic!.partitions[0]!.replicas.map(({ brokerId, role, logEndOffset }) => `${brokerId} ${role} ${logEndOffset}`),
    ).toEqual(['1 leader 100', '2 follower 90', '3 follower 80'])
    expect([topic!.recordCount, topic!.replicationFactor, topic!.minInsyncReplicas]).toEqual([167, 3, 2])
    expect(topic!.sizeBytes).toBe(1_000 + 600 + 70)
    expect(
      view.brokers.map(({ leaderCount, replicaCount, isController, logBytes }) => [
        leaderCount,
        replicaCount,
        isController,
        logBytes,
      ]),
    ).toEqual([
      [1, 3, false, 1_500],
      [1, 3, true, 1_500],
      [1, 3, false, 870],
    ])
  })

  test('a dead broker keeps its place, and shows where its log had come to', () => {
    host.report(1, { topics: [flights], replicas: [replica(0, 100, true)] })
    host.report(2, { topics: [flights], replicas: [replica(0, 90)] })
    service.view()
    const moved = {
      ...flights,
      partitions: flights.partitions.map((partition) => ({ ...partition, leader: 2, isr: [2] })),
    }
    host.become(1, { lifecycle: 'killed', report: null })
    host.report(2, { topics: [moved], replicas: [replica(0, 95, true)] })
    const view = service.view()
    const replicas = view.topics[0]!.partitions[0]!.replicas
    expect(replicas.map(({ role, logEndOffset, isInSync }) => [role, logEndOffset, isInSync])).toEqual([
      ['offline', 100, false],
      ['leader', 95, true],
      ['follower', 0, false],
    ])
    expect([view.underReplicatedPartitions, view.belowMinIsrPartitions, view.offlinePartitions]).toEqual([3, 3, 0])
  })

  test('of a broker that hands over its leaders and goes, the last word counts until the others have heard', () => {
    const moved = { ...flights, partitions: flights.partitions.map((partition) => ({ ...partition, leader: 2 })) }
    host.report(2, { topics: [flights], metadataOffset: 10 })
    host.report(1, { topics: [moved], metadataOffset: 12, isFenced: true, controllerId: null })
    host.become(1, { lifecycle: 'stopped' })
    const view = service.view()
    expect([view.offlinePartitions, view.controllerId]).toEqual([0, 1])
    expect(view.topics[0]!.partitions.map(({ leader }) => leader)).toEqual([2, 2, 2])
  })

  test('a partition without a leader is offline, and its leader null', () => {
    const orphaned = { ...flights, partitions: flights.partitions.map((partition) => ({ ...partition, leader: -1 })) }
    host.report(1, { topics: [orphaned] })
    expect([service.view().offlinePartitions, service.view().topics[0]!.partitions[0]!.leader]).toEqual([3, null])
  })
})

describe('a quorum that lost its majority', () => {
  test('its last metadata is not believed: what does not answer is stale, and counts neither as leader nor as in sync', () => {
    for (const brokerId of [1, 2, 3]) {
      const replicas = [replica(0, 100, brokerId === 1), replica(1, 50), replica(2, 7)]
      host.report(brokerId, { topics: [flights], replicas, controllerId: 1 })
    }
    service.view()
    host.become(1, { lifecycle: 'killed', report: null })
    host.become(3, { lifecycle: 'paused' })
    const shrunk = { ...flights, partitions: flights.partitions.map((each) => ({ ...each, leader: 3, isr: [2, 3] })) }
    host.report(2, { controllerId: null, topics: [shrunk], replicas: [replica(0, 100), replica(1, 50)] })
    const view = service.view()
    expect([view.health.state, view.controllerId]).toEqual(['no-quorum', null])
    expect([view.underReplicatedPartitions, view.belowMinIsrPartitions, view.offlinePartitions]).toEqual([3, 3, 3])
    expect(view.topics[0]!.partitions[0]!.replicas.map(({ role, isStale }) => [role, isStale])).toEqual([
      ['offline', true],
      ['follower', false],
      ['leader', true],
    ])
  })
})

describe('states', () => {
  test('what the user injected is told from what happened', () => {
    host.become(1, { lifecycle: 'paused' })
    host.become(2, { lifecycle: 'crashed', reason: 'ENOSPC on flights-0' })
    host.report(3, { isFenced: true })
    expect(service.view().brokers.map(({ state, isInjected, reason }) => [state, isInjected, reason])).toEqual([
      ['paused', true, null],
      ['crashed', false, 'ENOSPC on flights-0'],
      ['fenced', false, null],
    ])
  })

  test('the switches are passed on, and what the user asked is known before it happens', async () => {
    expect(await service.handlers['broker.kill']({ brokerId: 2 })).toMatchObject({ state: 'killed', isInjected: true })
    expect(await service.handlers['broker.pause']({ brokerId: 3 })).toMatchObject({ state: 'paused', isInjected: true })
    await service.handlers['cluster.heal']()
    expect(service.view().brokers.map(({ state }) => state)).toEqual(['up', 'up', 'up'])
    expect(host.deeds).toEqual(['kill 2', 'pause 3', 'start 2', 'resume 3'])
    expect(deeds).toEqual(host.deeds)
  })

  test('a restart stops what runs, resumes what is paused first, and only starts what is dead', async () => {
    await service.handlers['broker.restart']({ brokerId: 1 })
    host.become(2, { lifecycle: 'paused' })
    await service.handlers['broker.restart']({ brokerId: 2 })
    host.become(3, { lifecycle: 'crashed' })
    await service.handlers['broker.restart']({ brokerId: 3 })
    expect(host.deeds).toEqual(['stop 1', 'start 1', 'resume 2', 'stop 2', 'start 2', 'start 3'])
    expect(broker(2).state).toBe('up')
  })

  test('a broker that does not exist is an answer, not a crash', async () => {
    await expect(service.handlers['broker.kill']({ brokerId: 9 })).rejects.toMatchObject({
      code: 'BROKER_NOT_FOUND',
      message: 'There is no broker 9.',
    })
    expect(host.deeds).toEqual([])
  })
})

describe('what is pushed', () => {
  test('at most four views a second, the last one never lost, and none without a change', () => {
    for (let step = 0; step < 100; step++) {
      host.report(1, { connections: step })
      vi.advanceTimersByTime(20)
    }
    vi.advanceTimersByTime(1_000)
    expect(pushed.length).toBeGreaterThanOrEqual(8)
    expect(pushed.length).toBeLessThanOrEqual(9)
    expect(pushed.at(-1)!.brokers[0]!.connections).toBe(99)
    const before = pushed.length
    host.report(1, { connections: 99 })
    vi.advanceTimersByTime(5_000)
    expect(pushed.length).toBe(before)
  })

  test('topics that come or go are announced', () => {
    let changes = 0
    events.on('changed', ({ what }) => (changes += Number(what === 'topics')))
    host.report(1, { topics: [flights] })
    vi.advanceTimersByTime(300)
    host.report(1, { topics: [flights], connections: 1 })
    vi.advanceTimersByTime(300)
    expect(changes).toBe(1)
    host.report(1, { topics: [] })
    vi.advanceTimersByTime(300)
    expect(changes).toBe(2)
  })

  test('rates are of the last second, survive a restart, and fall to zero although nobody reports any more', () => {
    host.report(1, { recordsIn: 5_000, bytesIn: 1 })
    vi.advanceTimersByTime(300)
    expect(service.view().recordsInPerSecond).toBe(0) // What was before we looked happened at no known time.
    host.report(1, { recordsIn: 5_400, bytesIn: 401 })
    vi.advanceTimersByTime(300)
    host.report(1, { recordsIn: 100, bytesIn: 7 }) // Started anew: its counters too.
    vi.advanceTimersByTime(300)
    expect([service.view().recordsInPerSecond, service.view().bytesInPerSecond]).toEqual([500, 407])
    vi.advanceTimersByTime(3_000)
    expect(pushed.at(-1)!.recordsInPerSecond).toBe(0)
  })
})
