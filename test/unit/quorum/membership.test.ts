// Who votes: brokers that join while the cluster runs, brokers that go for good, and brokers whose disk is another one than before.
import { expect, test } from 'vitest'
import { errors } from '../../../src-broker/protocol/errors.ts'
import { clusterId, QuorumHarness } from '../../support/quorum-harness.ts'

const everybodyVotes = (harness: QuorumHarness) => harness.voters.length === harness.members.size
const directoryOf = (harness: QuorumHarness, id: number) => harness.node(id).options.directoryId

/** The log names the voters of the configuration once all of them serve. */
function started(brokers: number, voters = brokers, settings: Readonly<Record<string, string>> = {}): QuorumHarness {
  const harness = QuorumHarness.started({ brokers, voters, settings })
  harness.until(
    () =>
      harness.controller?.describe()?.voters.every(({ replicaDirectoryId }) => !/^0+$/.test(replicaDirectoryId)) ===
      true,
  )
  harness.after(50)
  return harness
}

function leave(harness: QuorumHarness, id: number): void {
  let isOut = false
  harness.node(id).leaveQuorum((refusal) => {
    expect(refusal).toBe(null)
    isOut = true
  })
  harness.until(() => isOut)
}

test('a broker that is added votes once it has caught up', () => {
  const harness = started(5, 3)
  const tookMs = harness.until(() => everybodyVotes(harness))
  expect(tookMs).toBeLessThan(2_000)
  for (const id of [1, 2]) harness.kill(id)
  harness.until(() => harness.isWhole())
  harness.createTopic('still', 1, 3)
})

test('a broker does not ask to vote where controller.quorum.auto.join.enable is off', () => {
  const harness = started(4, 3, { 'controller.quorum.auto.join.enable': 'false' })
  harness.after(5_000)
  expect(harness.voters).toEqual([1, 2, 3])
})

test('brokers go one after the other until one is left, and it serves alone', () => {
  const harness = started(5)
  harness.createTopic('first', 1, 1)
  for (const id of [1, 2, 4, 5]) {
    leave(harness, id)
    harness.stop(id)
    harness.until(() => harness.controller !== undefined)
    expect(harness.ask('UnregisterBroker', { brokerId: id }, 3)).toEqual({ errorCode: 0, errorMessage: null })
    expect(harness.image.brokers.has(id)).toBe(false)
  }
  expect(harness.voters).toEqual([3])
  harness.kill(3, 'power-loss')
  harness.start(3)
  harness.until(() => harness.isWhole())
  harness.createTopic('last', 1, 1)
})

test('the leader of the quorum goes like any other', () => {
  const harness = started(3)
  const { brokerId } = harness.controller!.options
  leave(harness, brokerId)
  harness.until(() => harness.controller !== undefined && harness.controller.options.brokerId !== brokerId)
  expect(harness.voters).not.toContain(brokerId)
})

test('a broker that has lost its disk is another voter: it follows first, takes its old place, and votes then', () => {
  const harness = started(3)
  harness.createTopic('before')
  harness.kill(2)
  harness.wipe(2)
  harness.start(2)
  harness.until(() => harness.isWhole())
  harness.until(
    () =>
      harness.controller?.describe()?.voters.some(({ replicaDirectoryId }) => replicaDirectoryId.endsWith('1d2')) ===
      true,
  )
  expect([...harness.voters].sort()).toEqual([1, 2, 3])
  const survivor = harness.controller!.options.brokerId === 1 ? 3 : 1
  harness.kill(survivor)
  harness.createTopic('after', 1, 2)
})

test('two of three brokers that have lost their disks elect nobody: what the third one knows is not overruled', () => {
  const harness = started(3)
  harness.createTopic('before')
  for (const id of [1, 2, 3]) harness.kill(id)
  for (const id of [1, 2]) harness.wipe(id)
  for (const id of [1, 2, 3]) harness.start(id)
  harness.after(20_000)
  expect(harness.controller).toBe(undefined)
  for (const node of harness.running) expect(node.controllerId).toBe(-1)
})

test('the voters outlive a restart, in the log and in snapshots', () => {
  const settings = {
    'metadata.log.max.record.bytes.between.snapshots': '2000',
    'metadata.log.segment.bytes': '3000',
    'metadata.max.retention.bytes': '1000',
  }
  const harness = started(4, 2, settings)
  harness.until(() => everybodyVotes(harness))
  for (let index = 0; index < 30; index++) harness.createTopic(`topic-${index}`)
  for (const id of [1, 2, 3, 4]) harness.kill(id, 'power-loss')
  for (const id of [1, 2, 3, 4]) harness.start(id)
  harness.until(() => harness.isWhole())
  expect([...harness.voters].sort()).toEqual([1, 2, 3, 4])
})

test('changes that cannot be are refused', () => {
  const harness = started(4, 3, { 'controller.quorum.auto.join.enable': 'false' })
  const add = (voterId: number, voterDirectoryId: string, cluster: string | null = clusterId) =>
    harness.ask('AddRaftVoter', {
      clusterId: cluster,
      voterId,
      voterDirectoryId,
      listeners: [],
      ackWhenCommitted: true,
    }).errorCode
  const remove = (voterId: number, voterDirectoryId: string) =>
    harness.ask('RemoveRaftVoter', { clusterId, voterId, voterDirectoryId }).errorCode
  expect({
    'another cluster': add(4, directoryOf(harness, 4), 'another'),
    'a voter': add(2, directoryOf(harness, 2)),
    'one that never fetched': add(9, '9'.repeat(32)),
    'another disk of one that fetches': add(4, '9'.repeat(32)),
    'removing no voter': remove(4, directoryOf(harness, 4)),
    'removing the former disk of a voter': remove(3, '9'.repeat(32)),
    'one that follows': add(4, directoryOf(harness, 4)),
  }).toEqual({
    'another cluster': errors.INCONSISTENT_CLUSTER_ID,
    'a voter': errors.DUPLICATE_VOTER,
    'one that never fetched': errors.REQUEST_TIMED_OUT,
    'another disk of one that fetches': errors.REQUEST_TIMED_OUT,
    'removing no voter': errors.VOTER_NOT_FOUND,
    'removing the former disk of a voter': errors.VOTER_NOT_FOUND,
    'one that follows': errors.NONE,
  })
  expect(harness.voters).toEqual([1, 2, 3, 4])
})

test('one change at a time: a second one waits until the first is committed', () => {
  const harness = started(5, 3, { 'controller.quorum.auto.join.enable': 'false' })
  const leader = harness.controller!.options.brokerId
  const ask = (voterId: number) => {
    const voterDirectoryId = directoryOf(harness, voterId)
    return harness.asked(
      'AddRaftVoter',
      { clusterId, voterId, voterDirectoryId, listeners: [], ackWhenCommitted: true },
      leader,
    ).answer
  }
  const [first, second] = [ask(4), ask(5)]
  harness.until(() => first.value !== undefined && second.value !== undefined)
  expect([first.value?.response?.errorCode, second.value?.response?.errorCode]).toEqual([
    errors.NONE,
    errors.REQUEST_TIMED_OUT,
  ])
})

test('a broker that was unregistered and runs registers anew', () => {
  const harness = started(3)
  harness.ask('UnregisterBroker', { brokerId: 2 }, 1)
  expect(harness.image.brokers.has(2)).toBe(false)
  harness.until(() => harness.isWhole())
  expect(harness.ask('UnregisterBroker', { brokerId: 9 }, 1).errorCode).toBe(errors.BROKER_ID_NOT_REGISTERED)
})
