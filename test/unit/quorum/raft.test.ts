import { expect, test } from 'vitest'
import { RaftSimulation } from '../../support/raft-simulation.ts'

const elected = (simulation: RaftSimulation) => simulation.advanceUntil(() => simulation.leader !== undefined)
const committedOn = (simulation: RaftSimulation, content: string) =>
  simulation.running.filter(({ raft, log }) =>
    log.history.some((batch) => batch.content === content && batch.baseOffset < raft!.highWatermark),
  ).length

test('a single voter elects itself at once', () => {
  const simulation = new RaftSimulation(1)
  expect(elected(simulation)).toBe(0)
})

test.each([2, 3, 5, 9])('%i voters have a leader and a committed epoch within 40 ms of their start', (voters) => {
  const simulation = new RaftSimulation(voters)
  const tookMs = simulation.advanceUntil(() => (simulation.leader?.highWatermark ?? 0) > 0)
  expect(tookMs).toBeLessThan(40)
  expect(simulation.leader?.epoch).toBe(1)
})

test('a record is committed once a majority has it on disk, and every follower learns of it', () => {
  const simulation = new RaftSimulation(3)
  elected(simulation)
  simulation.propose('topic')
  expect(simulation.advanceUntil(() => committedOn(simulation, 'topic') === 3)).toBeLessThan(20)
})

test('a dead leader is replaced within 30 ms', () => {
  const simulation = new RaftSimulation(3)
  elected(simulation)
  simulation.propose('before')
  simulation.advance(50)
  const old = simulation.leader!.options.id
  simulation.crash(old)
  const tookMs = simulation.advanceUntil(() => simulation.propose('after') && committedOn(simulation, 'after') > 0)
  expect(tookMs).toBeLessThan(30)
  expect(simulation.leader).toMatchObject({ epoch: 2 })
  expect(simulation.committed.map((batch) => batch.content)).toContain('before')
})

test('a leader that nobody can hear is replaced within its fetch timeout and resigns', () => {
  const simulation = new RaftSimulation(3)
  elected(simulation)
  simulation.advance(50)
  const old = simulation.leader!
  simulation.isolate(old.options.id)
  const replacedMs = simulation.advanceUntil(() => (simulation.leader ?? old) !== old)
  const resignedMs = replacedMs + simulation.advanceUntil(() => old.role.kind !== 'leader')
  expect(replacedMs).toBeLessThan(1_600)
  expect(resignedMs).toBeLessThan(1_900)
})

test('a voter that only lost its own links cannot depose a leader, and follows again when they are back', () => {
  const simulation = new RaftSimulation(3)
  elected(simulation)
  simulation.advance(50)
  const leader = simulation.leader!
  const cutOff = leader.options.id === 3 ? 2 : 3
  simulation.isolate(cutOff)
  simulation.advance(20_000)
  simulation.heal()
  simulation.propose('after')
  simulation.advanceUntil(() => committedOn(simulation, 'after') === 3, 3_000)
  expect(simulation.leader).toBe(leader)
  expect(leader.epoch).toBe(1)
})

test('what an isolated leader appended is dropped by epoch when it comes back', () => {
  const simulation = new RaftSimulation(3)
  elected(simulation)
  simulation.advance(50)
  const old = simulation.leader!
  simulation.isolate(old.options.id)
  for (const content of ['lost 1', 'lost 2', 'lost 3']) simulation.propose(content)
  simulation.advanceUntil(() => (simulation.leader ?? old) !== old)
  simulation.propose('kept')
  simulation.heal()
  simulation.advanceUntil(() => committedOn(simulation, 'kept') === 3)
  expect(simulation.committed.map((batch) => batch.content)).not.toContain('lost 1')
  expect(old.log.endOffset).toBe(simulation.leader!.log.endOffset)
})

test('a leader that resigns hands over without a timeout', () => {
  const simulation = new RaftSimulation(3)
  elected(simulation)
  simulation.advance(50)
  const old = simulation.leader!
  simulation.input(old.options.id, { type: 'resign', reason: 'shutting down' })
  expect(simulation.advanceUntil(() => (simulation.leader ?? old) !== old)).toBeLessThan(20)
})

test('a jump of the clock by ten minutes deposes nobody', () => {
  const simulation = new RaftSimulation(3)
  elected(simulation)
  simulation.advance(50)
  const leader = simulation.leader!
  simulation.nowMs += 600_000
  for (const { id } of simulation.running) simulation.input(id, { type: 'clock-gap' })
  simulation.advance(5_000)
  expect(simulation.leader).toBe(leader)
  expect(leader.epoch).toBe(1)
})

test('two of three voters that lose their unsynced bytes together lose nothing committed', () => {
  const simulation = new RaftSimulation(3, 7)
  elected(simulation)
  for (let index = 0; index < 20; index++) {
    simulation.advance(3)
    simulation.propose(`record ${index}`)
  }
  for (const id of [1, 2]) simulation.crash(id)
  simulation.advance(5)
  for (const id of [1, 2]) simulation.start(id)
  simulation.advanceUntil(() => simulation.propose('after') && committedOn(simulation, 'after') === 3)
})

test('a replica that starts anew gets the leader’s snapshot in place of a log that is gone', () => {
  const simulation = new RaftSimulation(3, 1, 4)
  elected(simulation)
  for (let index = 0; index < 20; index++) simulation.advance(5), simulation.propose(`record ${index}`)
  simulation.crash(4)
  simulation.advance(50)
  for (const id of [1, 2, 3]) simulation.takeSnapshot(id)
  const four = simulation.replicas.get(4)!
  four.durableLog = []
  simulation.start(4)
  simulation.propose('after')
  simulation.advanceUntil(() => committedOn(simulation, 'after') === 4)
  expect(four.log.startOffset).toBe(simulation.leader!.log.startOffset)
  expect(four.log.history).toEqual(simulation.committed)
})

test('three voters become five, one at a time, and two dead ones then stop nothing', () => {
  const simulation = new RaftSimulation(3, 1, 5)
  elected(simulation)
  simulation.propose('first')
  for (const id of [4, 5]) simulation.advanceUntil(() => simulation.changeVoters((voters) => [...voters, id]))
  simulation.advanceUntil(() => simulation.running.every(({ raft }) => raft?.voters.length === 5))
  for (const id of [1, 2]) simulation.crash(id)
  simulation.advanceUntil(() => simulation.propose('last') && committedOn(simulation, 'last') === 3)
})

test('a leader that is voted out leads until that is committed, and then another one does', () => {
  const simulation = new RaftSimulation(3)
  elected(simulation)
  const old = simulation.leader!
  const { id } = old.options
  simulation.advanceUntil(() => simulation.changeVoters((voters) => voters.filter((voter) => voter !== id)))
  simulation.advanceUntil(() => old.role.kind === 'follower')
  simulation.propose('after')
  simulation.advanceUntil(() => committedOn(simulation, 'after') === 3)
  expect(simulation.leader!.voters).toEqual([1, 2, 3].filter((voter) => voter !== id))
  expect(simulation.leader!.epoch).toBe(2)
})

const seeds = Array.from({ length: Number(process.env.SEEDS ?? 50) }, (_, index) => index + 1)

test.each([
  ['voters that stay', false],
  ['voters that change and logs that give way to snapshots', true],
])(
  'crashes, restarts, cuts and slow disks with %s: one leader per epoch, committed records stay, the cluster recovers',
  (_, changes) => {
    // Changes make a run three times as long.
    for (const seed of changes ? seeds.filter((seed) => seed % 3 === 0) : seeds) {
      try {
        tryToBreak(seed, changes)
      } catch (cause) {
        throw new Error(`seed ${seed}: ${cause}`, { cause })
      }
    }
  },
  600_000,
)

function tryToBreak(seed: number, changes: boolean): void {
  const voters = 2 + (seed % 4)
  const simulation = new RaftSimulation(voters, seed, changes ? voters + 2 : voters)
  const { random } = simulation
  const ids = [...simulation.replicas.keys()]
  const anyone = () => ids[Math.floor(random() * ids.length)]!
  if (seed % 3 === 0) simulation.syncMs = () => (random() < 0.05 ? 400 : 1 + random() * 20)
  if (seed % 5 === 0) simulation.latencyMs = () => (random() < 0.02 ? 300 : random() * 10)
  let proposals = 0
  for (let round = 0; round < 120; round++) {
    simulation.advance(random() < 0.7 ? random() * 30 : random() * 1_500)
    const dice = random()
    if (changes && random() < 0.2) simulation.takeSnapshot(anyone())
    if (changes && random() < 0.2) joinOrLeave(simulation, anyone())
    if (dice < 0.5) for (let count = 0; count < 3; count++) simulation.propose(`p${proposals++}`)
    else if (dice < 0.62) simulation.crash(anyone())
    else if (dice < 0.8) simulation.start(anyone())
    else if (dice < 0.86) simulation.cut(anyone(), anyone())
    else if (dice < 0.9) simulation.isolate(anyone())
    else if (dice < 0.92) simulation.input(anyone(), { type: 'clock-gap' })
    else if (dice < 0.94) simulation.input(anyone(), { type: 'resign', reason: 'test' })
    else simulation.heal()
  }
  simulation.heal()
  for (const id of ids) simulation.start(id)
  simulation.advance(3_000)
  simulation.propose('last')
  simulation.advanceUntil(() => committedOn(simulation, 'last') === ids.length, 5_000)
  const logs = simulation.running.map(({ log }) => JSON.stringify(log.history))
  expect(new Set(logs).size).toBe(1)
}

const joinOrLeave = (simulation: RaftSimulation, id: number): boolean =>
  simulation.changeVoters((voters) => (voters.includes(id) ? voters.filter((voter) => voter !== id) : [...voters, id]))
