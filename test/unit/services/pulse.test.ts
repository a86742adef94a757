import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { PulseEvent } from '../../../src-main/contract/cluster.ts'
import { EventBus } from '../../../src-main/services/event-bus.ts'
import { PulseService } from '../../../src-main/services/pulse.ts'
import { Journal } from '../../../src-main/store/journal.ts'
import { FakeHost } from './fake-host.ts'

let host: FakeHost
let events: EventBus
let journal: Journal
let pulse: PulseService
let told: PulseEvent[]
beforeEach(() => {
  host = new FakeHost()
  events = new EventBus()
  journal = new Journal(':memory:', () => {})
  pulse = new PulseService(host, events, journal)
  told = []
  events.on('pulse', (event) => told.push(event))
})
afterEach(async () => {
  vi.useRealTimers()
  pulse.close()
  await journal.close()
})

const sentences = () =>
  told.map(({ kind, brokerId, text, durationMs, isInjected, severity }) =>
    [kind, brokerId ?? '-', text, durationMs ?? '-', isInjected ? 'injected' : '', severity].join(' | '),
  )

describe('sentences', () => {
  test('a broker that was never here joins, and comes back from then on', () => {
    host.happen({ kind: 'broker-unfenced', brokerId: 4, atMs: 5 })
    host.happen({ kind: 'broker-unfenced', brokerId: 4, atMs: 9 })
    expect(told.map(({ text }) => text)).toEqual(['broker 4 joined the cluster', 'broker 4 back in the cluster'])
  })

  test('one for each thing that happens', () => {
    const at = { atMs: 5, brokerId: 2 }
    host.happen({ ...at, kind: 'broker-killed', tookMs: 1 })
    host.happen({ ...at, kind: 'broker-fenced' })
    host.happen({ ...at, brokerId: 3, kind: 'controller-elected', epoch: 7, tookMs: 42 })
    host.happen({
      ...at,
      brokerId: 3,
      kind: 'leader-changed',
      from: 2,
      partitions: ['orders-1', 'flights-0'],
      cause: 'lost',
      tookMs: 12,
    })
    host.happen({
      ...at,
      brokerId: 1,
      kind: 'leader-changed',
      from: -1,
      partitions: ['a-0', 'a-1', 'a-2', 'a-3', 'a-4'],
      cause: 'moved',
      tookMs: null,
    })
    host.happen({ ...at, kind: 'broker-started', tookMs: 180 })
    host.happen({ ...at, kind: 'broker-unfenced' })
    host.happen({ ...at, kind: 'broker-crashed', reason: 'EIO on flights-0' })
    const rebalance = { groupId: 'readers', generation: 4, members: 1, tookMs: 30, reason: 'a member left' }
    host.happen({ ...at, kind: 'group-rebalanced', ...rebalance })
    host.happen({ ...at, kind: 'topic-created', topic: 'flights', partitions: 3 })
    host.happen({ ...at, kind: 'topic-deleted', topic: 'flights', partitions: 3 })
    const partitions = ['orders-1', 'orders-2']
    host.happen({ ...at, kind: 'unclean-leaders-elected', brokerId: 3, partitions, missing: [1, 2] })
    host.happen({ ...at, kind: 'unclean-leaders-elected', brokerId: 1, partitions, missing: [] })
    host.happen({ ...at, kind: 'logs-damaged', brokerId: 1, partitions, belowHighWatermark: ['orders-2'] })
    host.happen({ ...at, kind: 'logs-set-aside', brokerId: 1, partitions })
    expect(sentences()).toMatchInlineSnapshot(`
      [
        "broker-killed | 2 | broker 2 killed | 1 | injected | warning",
        "broker-fenced | 2 | broker 2 fenced: the controller no longer counts on it | - |  | warning",
        "controller-elected | 3 | broker 3 is controller, epoch 7 | 42 |  | info",
        "leader-changed | 3 | leader of orders-1 and flights-0, taken over from broker 2 | 12 |  | info",
        "leader-changed | 1 | leader of 5 of a | - |  | info",
        "broker-started | 2 | broker 2 started | 180 |  | info",
        "broker-unfenced | 2 | broker 2 back in the cluster | - |  | info",
        "broker-crashed | 2 | broker 2 crashed: EIO on flights-0 | - |  | trouble",
        "group-rebalanced | 2 | readers: 1 member, generation 4, a member left | 30 |  | info",
        "topic-created | - | flights created, 3 partitions | - |  | info",
        "topic-deleted | - | flights deleted | - |  | info",
        "unclean-leaders-elected | 3 | broker 3 leads orders-1 and orders-2 without having been in sync: what only brokers 1, 2 had is lost | - |  | trouble",
        "unclean-leaders-elected | 1 | broker 1 leads orders-1 and orders-2 without having been in sync: it led last, and may have lost what was not flushed | - |  | warning",
        "logs-damaged | 1 | broker 1 cut damaged ends off orders-1 and orders-2; committed records are gone from orders-2; it copies them anew | - |  | warning",
        "logs-set-aside | 1 | broker 1 put orders-1 and orders-2 aside: of no topic here, kept as …-stray | - |  | warning",
      ]
    `)
  })

  test('leaders move because one was lost, or shut down, or back to where they belong, or have nowhere to go', () => {
    const move = {
      kind: 'leader-changed',
      brokerId: 1,
      from: 2,
      atMs: 5,
      partitions: ['orders-1'],
      tookMs: null,
    } as const
    host.happen({ ...move, cause: 'lost', tookMs: 164 })
    host.happen({ ...move, cause: 'shut-down' })
    host.happen({ ...move, cause: 'preferred' })
    host.happen({ ...move, cause: 'moved' })
    host.happen({ ...move, cause: 'lost', brokerId: -1 })
    expect(told.map(({ brokerId, text, durationMs }) => `${brokerId} ${text} ${durationMs ?? ''}`.trim())).toEqual([
      '1 leader of orders-1, taken over from broker 2 164',
      '1 leader of orders-1, handed over by broker 2 as it stops',
      '1 leader of orders-1, back from broker 2 as preferred',
      '1 leader of orders-1, moved from broker 2',
      '2 no leader for orders-1: no in-sync replica is left after broker 2',
    ])
  })

  test('a rebalance names members by their clients, and leaves out that each joins twice', () => {
    const because = (reason: string) =>
      host.happen({
        ...{ kind: 'group-rebalanced', brokerId: 1, atMs: 5, groupId: 'jg', generation: 1, members: 1, tookMs: 3 },
        reason,
      })
    because('rdkafka-e59359f9-65ae-438e-bd3b-738472fbc97f joined')
    because(
      'console-consumer-28d62500-cb26-448a-8452-0711eb072d93 joined: need to re-join with the given member-id: console-consumer-28d62500-cb26-448a-8452-0711eb072d93',
    )
    because('the session of rdkafka-e59359f9-65ae-438e-bd3b-738472fbc97f ended after 45000 ms')
    because('my-reader-28d62500-cb26-448a-8452-0711eb072d93 left: the consumer is being closed')
    expect(told.map(({ text }) => text.slice('jg: 1 member, generation 1, '.length))).toEqual([
      'rdkafka joined',
      'console-consumer joined',
      'the session of rdkafka ended after 45 s',
      'my-reader left: the consumer is being closed',
    ])
  })

  test('what clients change leaves its trace, and what we did ourselves is told once', () => {
    const at = { brokerId: 1, atMs: 5 }
    host.happen({ ...at, kind: 'partitions-added', topic: 'orders', partitions: 6, added: 3 })
    const changes = [
      { name: 'retention.ms', from: null, to: '1000' },
      { name: 'cleanup.policy', from: 'compact', to: null },
    ]
    host.happen({ ...at, kind: 'topic-configs-changed', topic: 'orders', changes })
    const set = { ...at, kind: 'offsets-set', groupId: 'jg', partitions: ['orders-0', 'orders-1'] } as const
    host.happen({ ...set, clientId: 'kafka-consumer-groups' })
    host.happen({ ...set, clientId: 'pressroom' })
    expect(told.map(({ kind, brokerId, text }) => `${kind} ${brokerId} ${text}`)).toEqual([
      'partitions-added null orders: 3 partitions added, 6 now',
      'topic-configs-changed null orders: retention.ms = 1000, cleanup.policy unset',
      'offsets-reset null jg: offsets of orders-0 and orders-1 set by kafka-consumer-groups',
    ])
  })

  test('in-sync sets that change alike are one event, however many partitions there are', () => {
    vi.useFakeTimers()
    for (let partition = 0; partition < 50; partition++) {
      host.happen({
        kind: 'isr-changed',
        brokerId: 1,
        atMs: 5,
        partition: `flights-${partition}`,
        from: [1, 2, 3],
        to: [1, 3],
      })
    }
    host.happen({ kind: 'isr-changed', brokerId: 1, atMs: 6, partition: 'orders-0', from: [1], to: [1, 3] })
    expect(told).toEqual([])
    vi.advanceTimersByTime(200)
    expect(sentences()).toEqual([
      'isr-shrunk | 2 | broker 2 left the in-sync replicas: 50 of flights | - |  | warning',
      'isr-expanded | 3 | broker 3 joined the in-sync replicas: orders-0 | - |  | info',
    ])
  })

  test('a stop that the user asked for is theirs; one that just happens is not', () => {
    pulse.expect(2, 'stop')
    host.happen({ kind: 'broker-stopped', brokerId: 2, atMs: 5, tookMs: 9 })
    host.happen({ kind: 'broker-stopped', brokerId: 2, atMs: 6, tookMs: 9 })
    expect(told.map(({ isInjected }) => isInjected)).toEqual([true, false])
  })
})

describe('history', () => {
  test('brokers that were up before anybody listened are in it', async () => {
    const history = await pulse.handlers['pulse.history']({ sinceMs: 0 })
    expect(history.map(({ text }) => text)).toEqual(['broker 1 started', 'broker 2 started', 'broker 3 started'])
  })

  test('numbers grow, also where several things happen in the same millisecond', () => {
    for (let i = 0; i < 5; i++) host.happen({ kind: 'broker-unfenced', brokerId: 1, atMs: 1_000 })
    const ids = told.map(({ id }) => id)
    expect(ids).toEqual(ids.toSorted((one, other) => one - other))
    expect(new Set(ids).size).toBe(5)
  })

  test('yesterday comes from the journal, today from memory, nothing twice', async () => {
    const yesterday = Date.now() - 86_400_000
    const old = {
      id: 1,
      atMs: yesterday,
      brokerId: 1,
      kind: 'broker-fenced',
      text: 'old',
      durationMs: null,
      isInjected: false,
      severity: 'warning',
    }
    await journal.record({ atMs: yesterday, kind: 'pulse', payload: old })
    host.happen({ kind: 'broker-unfenced', brokerId: 1, atMs: Date.now() })
    await journal.flush()
    const fromYesterday = await pulse.handlers['pulse.history']({ sinceMs: yesterday - 1 })
    const texts = fromYesterday.map(({ text }) => text)
    expect(texts.filter((text) => text === 'old')).toHaveLength(1)
    expect(texts.filter((text) => text === 'broker 1 back in the cluster')).toHaveLength(1)
    const today = await pulse.handlers['pulse.history']({ sinceMs: Date.now() - 60_000 })
    expect(today.map(({ text }) => text)).toEqual(['broker 1 back in the cluster'])
  })
})
