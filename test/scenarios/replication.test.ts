// Stories of whole brokers, one for each replication rule that needs a controller. `row n` is the row of the catalogue, see
// src-broker/core/replica/README.md.
import { describe, expect, test } from 'vitest'
import { errors } from '../../src-broker/protocol/errors.ts'
import { Story } from '../support/story.ts'

/** Three brokers, all with a replica; the leader is not the controller. */
function threeBrokers(configs: Readonly<Record<string, string>> = {}) {
  const story = new Story(3)
  const [leader, follower] = story.others(2)
  const { controllerId } = story
  story.topic([leader!, follower!, controllerId], configs)
  return { story, leader: leader!, follower: follower!, controllerId }
}

describe('joining the ISR', () => {
  test('row 4: what a leader asked for a broker before it lost its disk does not bring that broker back after it', () => {
    const story = new Story(5)
    const { controllerId } = story
    const [leader, follower, third] = story.others(3) as [number, number, number]
    story.topic([leader, follower, third])
    story.produce(leader, 5)
    story.after(50)
    story.kill(follower)
    story.until(() => !story.partition.isr.includes(follower))
    story.start(follower)
    story.until(() => story.replica(leader).leader?.proposedIsr?.includes(follower) === true)
    story.hold(leader, controllerId)
    const { epoch } = story.image.brokers.get(follower)!
    story.wipe(follower)
    // It is back with nothing, and cannot copy: only the old request speaks for it.
    story.hold(follower, leader)
    story.start(follower)
    story.until(() => story.image.isActive(follower) && story.image.brokers.get(follower)!.epoch > epoch)
    story.cluster.network.release(leader, controllerId)
    story.after(300)
    expect(story.partition.isr).not.toContain(follower)
    story.heal()
    story.until(() => story.partition.isr.includes(follower))
    expect(story.values(follower)).toEqual(story.values(leader))
  })

  test('row 4: a wiped broker is not elected before it has caught up, even where it is the only one alive', () => {
    const story = new Story(5)
    const [leader, wiped] = story.others(2) as [number, number]
    story.topic([leader, wiped], { 'min.insync.replicas': '1' })
    story.produce(leader, 5)
    story.after(50)
    story.wipe(wiped)
    story.until(() => !story.partition.isr.includes(wiped))
    story.hold(wiped, leader)
    story.start(wiped)
    story.until(() => story.image.isActive(wiped))
    story.kill(leader)
    story.until(() => story.partition.leader === -1)
    story.after(6_000)
    expect(story.view).toBe(`leader -1 isr  elr ${leader}`)
    story.heal()
    story.start(leader)
    story.until(() => story.partition.isr.length === 2)
    expect(story.partition.leader).toBe(leader)
    for (const id of [leader, wiped]) expect(story.lostOn(id)).toEqual([])
  })
})

describe('leaders that may have lost something', () => {
  test('row 8: right after an election nobody is told of an offset from before what clients have seen', () => {
    const story = new Story(5)
    const [old, next, third] = story.others(3) as [number, number, number]
    story.topic([old, next, third])
    const written = story.produce(old, 5)
    story.until(() => written.every(({ state }) => state === 'acknowledged'))
    story.hold(third, next)
    story.kill(old)
    story.until(() => story.replica(next).leader !== undefined)
    expect(story.latestOffset(next, 5)).toBe('OFFSET_NOT_AVAILABLE')
    expect(story.latestOffset(next, 4)).toBe('LEADER_NOT_AVAILABLE')
    story.heal()
    story.until(() => story.replica(next).highWatermark === 5)
    expect(story.latestOffset(next, 5)).toBe(5)
  })

  test('row 9: two are isolated, the last one loses power; an isolated one that has everything leads, and nothing is lost', () => {
    const story = new Story(5)
    const [one, two, last] = story.others(3) as [number, number, number]
    story.topic([last, one, two])
    story.produce(last, 10)
    story.after(50)
    story.isolate(one)
    story.until(() => !story.partition.isr.includes(one))
    story.produce(last, 10)
    story.after(50)
    story.isolate(two)
    story.until(() => !story.partition.isr.includes(two))
    expect(story.view).toBe(`leader ${last} isr ${last} elr ${two}`)
    story.produce(last, 10, 'leader')
    story.losePower(last)
    story.start(last)
    story.until(() => story.cluster.machine(last)!.isServing)
    expect(story.view).toBe(`leader -1 isr  elr ${two}`)
    story.heal()
    story.until(() => story.partition.leader >= 0)
    expect(story.partition.leader).toBe(two)
    story.until(() => story.partition.isr.length === 3)
    expect(story.written.filter(({ state }) => state === 'acknowledged')).toHaveLength(20)
    for (const id of [one, two, last]) expect(story.lostOn(id)).toEqual([])
  })

  test.each(['in order', 'by a kill'] as const)('row 10: the last but one stopped %s; the last one is gone', (how) => {
    const story = new Story(5)
    const [last, lastButOne] = story.others(2) as [number, number]
    story.topic([last, lastButOne])
    story.produce(last, 5)
    story.after(50)
    if (how === 'in order') story.stop(lastButOne)
    else story.kill(lastButOne)
    story.until(() => story.partition.eligibleLeaderReplicas.includes(lastButOne))
    story.kill(last)
    story.until(() => story.partition.leader === -1)
    story.start(lastButOne)
    story.until(() => story.image.isActive(lastButOne))
    // Stopped in order, it has flushed all it had and leads at once; else only the last one will do.
    expect(story.partition.leader).toBe(how === 'in order' ? lastButOne : -1)
    story.start(last)
    story.until(() => story.partition.isr.length === 2)
    for (const id of [last, lastButOne]) expect(story.lostOn(id)).toEqual([])
  })

  test('row 10: a whole cluster that lost power is led by whoever led last, and says that something may be missing', () => {
    const { story, leader } = threeBrokers()
    story.produce(leader, 5)
    story.after(50)
    for (const id of [1, 2, 3]) story.kill(id)
    for (const id of [1, 2, 3]) story.start(id)
    story.untilWhole()
    expect(story.partition.leader).toBe(leader)
    expect(story.events.some(({ kind }) => kind === 'unclean-leaders-elected')).toBe(true)
    for (const id of [1, 2, 3]) expect(story.lostOn(id)).toEqual([])
  })

  test('row 10: an older copy of a broker’s directory with the marker of a later stop is not vouched for', () => {
    const { story, leader } = threeBrokers()
    story.produce(leader, 5)
    story.after(50)
    story.stop(leader)
    const older = story.filesOf(leader)
    story.start(leader)
    story.untilWhole()
    story.after(5_000)
    story.produce(story.partition.leader, 5)
    story.after(50)
    story.stopAll()
    const marker = '.kafka_cleanshutdown'
    story.putBack(leader, new Map([...older, [marker, story.filesOf(leader).get(marker)!]]))
    for (const id of [1, 2, 3]) story.start(id)
    story.untilWhole()
    expect(story.partition.leader).not.toBe(leader)
    for (const id of [1, 2, 3]) expect(story.lostOn(id)).toEqual([])
  })

  test('row 10: a life that was never registered, and was stopped in order, takes nothing from what the one before left', () => {
    const story = new Story(3)
    const [only] = story.others(1) as [number]
    story.topic([only])
    for (const id of [1, 2, 3]) story.stop(id)
    // Nobody can be registered without a quorum.
    story.start(only)
    story.after(100)
    story.stop(only)
    for (const id of [1, 2, 3]) story.start(id)
    story.untilWhole()
    expect(story.events.filter(({ kind }) => kind === 'unclean-leaders-elected')).toEqual([])
    expect(story.view).toBe(`leader ${only} isr ${only}`)
  })

  test('row 11: an unclean election happens only once the topic allows it, says who is missing, and costs what only they had', () => {
    const story = new Story(5)
    const [leader, behind] = story.others(2) as [number, number]
    story.topic([leader, behind], { 'min.insync.replicas': '1' })
    story.kill(behind)
    story.until(() => !story.partition.isr.includes(behind))
    story.produce(leader, 5)
    story.after(50)
    story.kill(leader)
    story.until(() => story.partition.leader === -1)
    story.start(behind)
    story.until(() => story.image.isActive(behind))
    story.after(10_000)
    expect(story.view).toBe(`leader -1 isr  elr ${leader}`)
    story.set('unclean.leader.election.enable', 'true')
    story.until(() => story.partition.leader === behind)
    expect(story.partition.leaderRecoveryState).toBe(1)
    const [event] = story.events.filter(({ kind }) => kind === 'unclean-leaders-elected')
    expect(event).toMatchObject({ elections: [{ topic: 'orders', partition: 0, leader: behind, missing: [leader] }] })
    story.start(leader)
    story.until(() => story.partition.isr.length === 2)
    expect(story.partition.leaderRecoveryState).toBe(0)
    expect(story.values(leader)).toEqual([])
    expect(story.lostOn(behind)).toHaveLength(5)
  })

  test('row 11: a replica without others says at once that it has taken over; a clean stop later is no matter', () => {
    const story = new Story(3)
    const [only] = story.others(1) as [number]
    story.topic([only])
    const uncleanElections = () => story.events.filter(({ kind }) => kind === 'unclean-leaders-elected').length
    story.kill(only)
    story.until(() => story.partition.leader === -1)
    story.start(only)
    story.until(() => story.partition.leader === only)
    expect([uncleanElections(), story.partition.leaderRecoveryState]).toEqual([1, 1])
    story.until(() => story.partition.leaderRecoveryState === 0)
    story.stop(only)
    story.start(only)
    story.untilWhole()
    expect([uncleanElections(), story.partition.leader]).toEqual([1, only])
  })

  test('row 15: a leader that the controller does not hear acknowledges nothing with acks=all any more', () => {
    const { story, leader, follower, controllerId } = threeBrokers()
    story.hold(leader, controllerId)
    story.until(() => story.partition.leader === follower)
    // It has not heard that it leads no longer as long as nobody tells it.
    story.hold(controllerId, leader)
    const late = story.produce(leader, 3)
    story.after(5_000)
    expect(late.some(({ state }) => state === 'acknowledged')).toBe(false)
    story.heal()
    story.until(() => story.partition.isr.length === 3)
    expect(late.map(({ state }) => state)).toEqual(Array(3).fill('NOT_LEADER_OR_FOLLOWER'))
    for (const id of [1, 2, 3]) expect(story.values(id)).toEqual([])
  })
})

describe('going in order', () => {
  test('row 17: a broker that stops under load has its leaders moved first: nothing fails beyond one retry', () => {
    const { story, leader } = threeBrokers()
    const load = story.keepProducing(1)
    story.after(50)
    story.stop(leader)
    expect(story.partition.leader).not.toBe(leader)
    expect(story.partition.isr).not.toContain(leader)
    story.after(50)
    load.stop()
    story.until(() => story.written.every(({ state }) => state === 'acknowledged'))
    expect(load.triesMax).toBeLessThanOrEqual(2)
    expect(story.lostOn(story.partition.leader)).toEqual([])
  })
})

describe('topics come and go', () => {
  test('a whole cluster that is stopped in order comes back as it was, also where the others take a moment longer than the controller', () => {
    const { story, controllerId } = threeBrokers()
    story.reassign([controllerId, ...story.others(2)])
    story.until(() => story.partition.leader === controllerId)
    const before = story.partition
    const { machines } = story.cluster
    for (const machine of machines) machine.stop(5_000, () => {})
    story.after(50)
    // They are held up for a moment.
    for (const { id, clock } of machines) if (id !== controllerId) clock.leap(-20)
    story.until(() => machines.every(({ isUp }) => !isUp))
    for (const { id } of machines) story.start(id)
    story.untilWhole()
    expect(story.partition).toEqual(before)
  })

  test('row 33: a topic that was deleted and made anew while a replica was away has nothing of the old one there', () => {
    const { story, leader, follower, controllerId } = threeBrokers()
    story.produce(leader, 5)
    story.after(50)
    story.isolate(follower)
    story.until(() => !story.image.isActive(follower))
    story.deleteTopic()
    const replicas = [leader, follower, controllerId]
    story.create(replicas)
    story.until(() => story.hasReplica(leader) && story.replica(leader).topicId === story.partition.topicId)
    story.produce(leader, 2)
    story.heal()
    story.until(() => story.partition.isr.length === 3)
    for (const id of replicas) expect(story.values(id)).toEqual(['r5', 'r6'])
  })
})

describe('reassignment', () => {
  test('row 34: from three replicas to one and back to three while writing, with a kill on the way: nothing acknowledged is lost', () => {
    const story = new Story(5)
    const [a, b, c, d] = story.others(4) as [number, number, number, number]
    story.topic([a, b, c], { 'min.insync.replicas': '1' })
    const load = story.keepProducing(2)
    story.after(50)
    expect(story.reassign([d])).toBe(errors.NONE)
    story.until(() => story.partition.replicas.length === 1)
    expect(story.partition).toMatchObject({
      replicas: [d],
      isr: [d],
      leader: d,
      addingReplicas: [],
      removingReplicas: [],
    })
    story.until(() => [a, b, c].every((id) => !story.hasReplica(id)))
    story.after(50)
    expect(story.reassign([a, b, d])).toBe(errors.NONE)
    story.kill(b)
    story.after(500)
    // Not over while one of the new ones is away.
    expect(story.partition.addingReplicas).toEqual([a, b])
    story.start(b)
    story.until(() => story.partition.addingReplicas.length === 0)
    expect(story.partition.replicas).toEqual([a, b, d])
    story.after(50)
    load.stop()
    story.until(() => story.written.every(({ state }) => state === 'acknowledged'))
    story.until(() => story.partition.isr.length === 3)
    story.after(50)
    for (const id of [a, b, d]) expect(story.lostOn(id)).toEqual([])
    expect(story.values(a)).toEqual(story.values(d))
  })

  test('row 34: cancelled, the replica that was coming is gone with its log', () => {
    const story = new Story(5)
    const [a, b, c, d] = story.others(4) as [number, number, number, number]
    story.topic([a, b, c])
    story.produce(a, 5)
    story.kill(d)
    story.until(() => !story.image.isActive(d))
    story.reassign([d, b, c])
    expect(story.partition).toMatchObject({ replicas: [d, b, c, a], addingReplicas: [d], removingReplicas: [a] })
    story.start(d)
    story.until(() => story.cluster.machine(d)!.isServing)
    story.reassign(null)
    expect([...story.partition.replicas].sort()).toEqual([a, b, c].sort())
    story.until(() => !story.hasReplica(d))
    story.produce(story.partition.leader, 1)
    story.until(() => story.written.every(({ state }) => state === 'acknowledged'))
  })
})

describe('the machine sleeps', () => {
  test('row 37: ten minutes with the lid closed change no leader and no ISR, and writing goes on at once', () => {
    const { story, leader } = threeBrokers()
    const before = story.view
    story.events.length = 0
    story.produce(leader, 3)
    story.sleep(600_000)
    expect(story.until(() => story.written.every(({ state }) => state === 'acknowledged'))).toBeLessThan(1_000)
    story.after(2_000)
    expect(story.view).toBe(before)
    const kinds = new Set(story.events.map(({ kind }) => kind))
    expect(
      [...kinds].filter((kind) => kind === 'isr-changed' || kind === 'leader-changed' || kind === 'broker-fenced'),
    ).toEqual([])
  })
})
