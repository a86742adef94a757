import fc from 'fast-check'
import { test } from 'vitest'
import { errors } from '../../src-broker/protocol/errors.ts'
import { ClusterOfOne } from '../unit/group/cluster-of-one.ts'
import { Consumer } from '../unit/group/consumer.ts'
import { Client, expected, Judge, sessionTimeoutMs } from './group-clients.ts'

/** Two static members, three dynamic ones. */
const names = ['press-1', 'press-2', 'a', 'b', 'c']
const instanceOf = (slot: number) => (slot < 2 ? names[slot]! : null)

const slot = fc.nat({ max: names.length - 1 })
const step = fc.oneof(
  { weight: 20, arbitrary: fc.record({ type: fc.constant('act' as const), slot }) },
  { weight: 5, arbitrary: fc.record({ type: fc.constant('everybody-acts' as const) }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('commit' as const), slot }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('zombie-commits' as const), slot }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('tool-commits' as const) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('leave' as const), slot }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('restart' as const), slot }) },
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('wait' as const),
      ms: fc.constantFrom(0, 1, 100, 3_000, 5_000, 9_000, 61_000),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('hold-log' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('commit-log' as const), count: fc.constantFrom(1, 2, Infinity) }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('log-refuses' as const), isOn: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('delete' as const) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('fail-over' as const), survivors: fc.nat({ max: 3 }) }) },
)
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

class Run {
  readonly cluster = new ClusterOfOne({ groupInitialRebalanceDelayMs: 50, offsetsRetentionCheckIntervalMs: 1e9 })
  readonly judge = new Judge(this.cluster)
  readonly clients = names.map((_, slot) => this.#newClient(slot))
  /** The process before, of a static member: it does not know that it was replaced. */
  readonly zombies: (Client | undefined)[] = []

  #newClient(slot: number): Client {
    return new Client(this.judge, names[slot]!, instanceOf(slot))
  }

  take(step: Step): void {
    switch (step.type) {
      case 'act':
        return this.act(step.slot)
      case 'everybody-acts':
        return this.everybodyActs()
      case 'commit':
        return this.clients[step.slot]!.commit()
      case 'zombie-commits':
        return this.zombies[step.slot]?.commit()
      case 'tool-commits':
        return void this.judge.commit(new Consumer(this.cluster, 'tool'), false)
      case 'leave':
        return this.clients[step.slot]!.leave()
      case 'restart':
        return this.restart(step.slot)
      case 'wait':
        return this.cluster.advance(step.ms)
      case 'hold-log':
        return this.cluster.holdCommits()
      case 'commit-log':
        return this.cluster.commit(step.count)
      case 'log-refuses':
        this.cluster.refusal = step.isOn ? errors.NOT_ENOUGH_REPLICAS : errors.NONE
        return
      case 'delete':
        return this.delete()
      case 'fail-over':
        return this.failOver(step.survivors)
    }
  }

  act(slot: number): void {
    const client = this.clients[slot]!
    client.act()
    const zombie = this.zombies[slot]
    if (zombie !== undefined && client.phase === 'joined') zombie.isReplacedInTerm = this.judge.term
  }

  everybodyActs(): void {
    for (const slot of names.keys()) this.act(slot)
  }

  restart(slot: number): void {
    const before = this.clients[slot]!
    before.isZombie = true
    if (instanceOf(slot) !== null) this.zombies[slot] = before
    this.clients[slot] = this.#newClient(slot)
  }

  delete(): void {
    this.judge.listen(this.cluster.deleteGroup()).whenAnswered((code) => {
      if (code !== errors.NON_EMPTY_GROUP && code !== errors.GROUP_ID_NOT_FOUND)
        this.judge.deleted(code === errors.NONE)
    })
  }

  failOver(survivors: number): void {
    this.cluster.failOver(survivors)
    this.judge.newTerm()
    for (const client of [...this.clients, ...this.zombies]) client?.coordinatorLost()
  }

  get isAtRest(): boolean {
    const [first] = this.clients
    return this.clients.every(
      ({ phase, consumer }) => phase === 'stable' && consumer.generation === first!.consumer.generation,
    )
  }

  /** With the log well and everybody acting, one generation unites all. */
  comeToRest(): void {
    this.cluster.refusal = errors.NONE
    this.cluster.commit()
    this.cluster.advance(sessionTimeoutMs)
    names.forEach((_, slot) => {
      if (this.clients[slot]!.phase === 'fenced') this.clients[slot] = this.#newClient(slot)
    })
    for (let round = 0; !this.isAtRest; round++) {
      expected(round < 200, `no rest: ${this.clients.map(({ phase }) => phase)}`)
      this.everybodyActs()
      this.cluster.advance(1_000)
      this.judge.read()
    }
    this.cluster.advance(600_000)
    this.judge.everybodyWasAnswered()
  }
}

const patienceMs = 60_000

test(
  'whatever clients, the log and brokers do: one leader a generation, no known member forgotten, no acknowledged commit lost',
  () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120, size: 'max' }), (steps) => {
        const run = new Run()
        for (const step of steps) {
          run.take(step)
          run.judge.read()
        }
        run.comeToRest()
      }),
      { numRuns: 500 },
    )
  },
  patienceMs,
)
