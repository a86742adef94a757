import { expect, test } from 'vitest'
import { produce } from '../../../src-broker/api/00-produce.ts'
import { Deadlines } from '../../../src-broker/base/deadlines.ts'
import type { Broker } from '../../../src-broker/core/broker.ts'
import { errors } from '../../../src-broker/protocol/errors.ts'

/** When a broker answers that it does not lead a partition any more, in ms, and what it says. */
function refused(version: number) {
  let nowMs = 0
  const deadlines = new Deadlines()
  const broker = {
    deadlines,
    env: { monotonicMs: () => nowMs },
    replicas: { get: () => undefined },
    image: {
      topics: new Map([['orders', { id: 'a', partitions: [{ leader: 2, leaderEpoch: 7 }] }]]),
      leaderOf: ({ leader }: { leader: number }) => leader,
    },
    isOffline: () => false,
    endpoints: () => [{ nodeId: 2, host: 'localhost', port: 9094, rack: null }],
  } as unknown as Broker
  const topicData = [{ name: 'orders', topicId: '', partitionData: [{ index: 0, records: null }] }]
  const request = { transactionalId: null, acks: -1, timeoutMs: 1_000, topicData }
  let answer: ReturnType<typeof produce>
  answer = produce(broker, request as never, { version, answer: (later: typeof answer) => (answer = later) } as never)
  for (; answer === undefined && nowMs < 1_000; nowMs++) deadlines.run(nowMs)
  const { errorCode, currentLeader } = answer!.responses[0]!.partitionResponses[0]!
  return { atMs: Math.max(0, nowMs - 1), errorCode, currentLeader }
}

test('who is not told who leads is told a little later that it is not this one, when others know', () => {
  const errorCode = errors.NOT_LEADER_OR_FOLLOWER
  expect(refused(9)).toEqual({ atMs: 25, errorCode, currentLeader: undefined })
  expect(refused(10)).toEqual({ atMs: 0, errorCode, currentLeader: { leaderId: 2, leaderEpoch: 7 } })
})
