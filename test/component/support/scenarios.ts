import { FakeHost } from './fake-host.ts'
import { hostile, orders } from './fake-messages.ts'

/** Clusters worth looking at. */
export const scenarios = {
  /** As the drawing: traffic, one broker killed two minutes ago, one laggard. */
  busy(): FakeHost {
    let aheadMs = -300_000
    const host = new FakeHost({ now: () => Date.now() + aheadMs })
    const { cluster } = host
    seed(host)
    aheadMs = -260_000
    cluster.happened({ kind: 'topic-created', text: 'topic orders: 3 partitions' })
    aheadMs = -216_000
    cluster.happened({ kind: 'group-rebalanced', brokerId: 1, text: 'group checkout rebalanced', durationMs: 1900 })
    aheadMs = -170_000
    cluster.down(3, 'paused')
    aheadMs = -140_000
    cluster.up(3)
    aheadMs = -112_000
    cluster.down(2, 'killed')
    aheadMs = 0
    cluster.lag('payments', 2, 3, 759)
    cluster.tick()
    return host
  },
  calm(): FakeHost {
    const host = new FakeHost()
    seed(host)
    host.cluster.tick()
    return host
  },
  /** Real trouble beside an injected fault. */
  crashed(): FakeHost {
    const host = scenarios.busy()
    host.cluster.down(
      3,
      'crashed',
      'ENOSPC: no space left on device, write (data/broker-3/orders-2/00000000000000000000.log)',
    )
    return host
  },
  empty(): FakeHost {
    const host = new FakeHost()
    host.cluster.create({ name: '__consumer_offsets', partitions: 16, isInternal: true })
    return host
  },
  many(): FakeHost {
    const host = new FakeHost({ brokers: 5 })
    for (let i = 0; i < 300; i += 1)
      host.cluster.create({
        name:
          i % 10 === 0
            ? `team-${i}.domain.with-a-very-long-name_that.goes-on-and-on-and-on-until-nobody-can-read-it.v${i}`
            : `events.${i}`,
        partitions: i === 0 ? 200 : 3,
        records: (i * 7919) % 1_000_000,
        perTick: i % 3,
      })
    host.groups = Array.from({ length: 60 }, (_, i) => ({
      groupId: i === 7 ? 'a-group-with-a-name-that-is-much-longer-than-any-column-could-ever-be-made' : `service-${i}`,
      members: i % 4,
      topic: `events.${(i % 29) * 10 + 1}`,
      lag: (i * 31) % 500,
    }))
    host.groups.push({ groupId: 'wide', members: 4, topic: [...host.cluster.topics.keys()][0]!, lag: 20 })
    host.cluster.tick()
    return host
  },
  hostile(): FakeHost {
    const host = new FakeHost()
    host.maker = hostile
    host.cluster.create({ name: 'hostile', partitions: 2, records: 400 })
    host.groups = [{ groupId: 'evil\u202Egroup<script>', members: 2, topic: 'hostile', lag: 3 }]
    host.cluster.happened({ kind: 'group-rebalanced', brokerId: 1, text: 'group evil\u202Egroup<script> rebalanced' })
    return host
  },
} as const

function seed(host: FakeHost): void {
  const { cluster } = host
  cluster.create({ name: 'orders', partitions: 3, records: 48_210, perTick: 40 })
  cluster.create({
    name: 'payments',
    partitions: 3,
    replicationFactor: 2,
    minInsyncReplicas: 1,
    records: 48_197,
    perTick: 38,
  })
  cluster.create({ name: 'flights', partitions: 6, records: 231_083 })
  cluster.create({ name: 'quakes', partitions: 3, records: 1707 })
  cluster.create({ name: 'weather', partitions: 3, records: 2922 })
  cluster.create({ name: 'user-state', partitions: 1, records: 911 })
  cluster.create({ name: '__consumer_offsets', partitions: 16, records: 5200, isInternal: true })
  host.maker = orders
  host.groups = [
    { groupId: 'checkout', members: 3, topic: 'orders', lag: 24 },
    { groupId: 'audit', members: 1, topic: 'orders', lag: 0 },
    { groupId: 'analytics', members: 0, topic: 'flights', lag: 1204 },
    { groupId: 'nightly', members: 0, topic: 'orders', lag: 130 },
  ]
}
