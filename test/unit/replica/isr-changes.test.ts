import { expect, test } from 'vitest'
import { Deadlines } from '../../../src-broker/base/deadlines.ts'
import type { Env } from '../../../src-broker/core/env.ts'
import { IsrChanges, type IsrProposal } from '../../../src-broker/core/replica/isr-changes.ts'
import type { Partition } from '../../../src-broker/core/replica/partition.ts'
import type { FollowerProgress, Leader } from '../../../src-broker/core/replica/role.ts'
import { errors } from '../../../src-broker/protocol/errors.ts'

/** Broker 1 leads, broker 3 follows and has all ten records. */
function bench(isr: readonly number[]) {
  let nowMs = 0
  const follower = {
    logEndOffset: 10,
    logStartOffset: 0,
    caughtUpAtMs: 0,
    heardEndOffset: 10,
    heardAtMs: 0,
    brokerEpoch: 7,
    stream: { followerHandle: 1, segmentBase: 0, position: 0, highWatermark: 0, logStartOffset: 0 },
  } as FollowerProgress
  const leader = {
    kind: 'leader',
    epoch: 1,
    epochStartOffset: 0,
    partitionEpoch: 1,
    replicas: [1, 3],
    isr,
    proposedIsr: undefined,
    isRecovering: false,
    replicaLagTimeMaxMs: 30_000,
    minInsyncReplicas: 1,
    followers: new Map([[3, follower]]),
    waiting: [],
  } as Leader
  const log = { logEndOffset: 10 }
  const partition = { leader, role: leader, highWatermark: 10, log } as unknown as Partition
  const sent: IsrProposal['newIsrWithEpochs'][] = []
  const answers: ((errorCodes: readonly number[]) => void)[] = []
  const deadlines = new Deadlines()
  const changes = new IsrChanges({
    env: { monotonicMs: () => nowMs } as Env,
    deadlines,
    brokerId: 1,
    brokerEpoch: () => 5,
    isAlive: () => true,
    partitions: () => [partition],
    alterPartition: (proposals, answer) => {
      sent.push(proposals[0]!.newIsrWithEpochs)
      answers.push(answer)
    },
  })
  const pass = (ms: number): void => {
    for (const untilMs = nowMs + ms; nowMs < untilMs; ) {
      nowMs += 100
      deadlines.run(nowMs)
      changes.propose()
    }
  }
  return { changes, partition, follower, log, sent, answers, pass }
}

test('a proposal asked again still names the life in which the follower caught up (KIP-903)', () => {
  const { changes, partition, follower, sent, answers, pass } = bench([1])
  changes.check(partition)
  changes.propose()
  // Broker 3 dies, loses its disk, and asks from offset 0 under its next registration.
  Object.assign(follower, { logEndOffset: 0, brokerEpoch: 9 })
  answers[0]!([errors.REQUEST_TIMED_OUT])
  pass(200)
  const asProposed = [
    { brokerId: 1, brokerEpoch: 5 },
    { brokerId: 3, brokerEpoch: 7 },
  ]
  expect(sent).toEqual([asProposed, asProposed])
})

test('a follower of which nobody heard while nothing was written has its time when something is', () => {
  const { changes, log, sent, pass } = bench([1, 3])
  changes.start()
  pass(60_000)
  log.logEndOffset = 11
  pass(29_000)
  expect(sent).toEqual([])
  pass(2_000)
  expect(sent).toEqual([[{ brokerId: 1, brokerEpoch: 5 }]])
})
