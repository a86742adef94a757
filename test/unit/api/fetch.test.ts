import { expect, test } from 'vitest'
import { fetch } from '../../../src-broker/api/01-fetch.ts'
import type { Broker } from '../../../src-broker/core/broker.ts'
import { errorOf } from '../../../src-broker/protocol/errors.ts'
import { append, type Bench, newLog } from '../log/bench.ts'

/** Records 0 to 2 of epoch 1, 3 to 5 of epoch 4; those before 2 were deleted. */
function led(): Bench['log'] {
  const { log } = newLog()
  for (const leaderEpoch of [1, 4]) for (let count = 0; count < 3; count++) append(log, ['x'], { leaderEpoch })
  log.advanceLogStartOffset(2)
  return log
}

function fetched(fetchOffset: number, lastFetchedEpoch: number): string {
  const log = led()
  const partition = { leader: { epoch: 4, epochStartOffset: 3 }, log, highWatermark: 6 }
  const broker = {
    replicas: { get: () => partition },
    traffic: { fetched: () => {} },
  } as unknown as Broker
  const asked = {
    partition: 0,
    currentLeaderEpoch: 4,
    fetchOffset,
    lastFetchedEpoch,
    logStartOffset: -1,
    partitionMaxBytes: 1_000,
  }
  const request = {
    replicaId: -1,
    replicaState: { replicaId: -1, replicaEpoch: -1 },
    clusterId: null,
    sessionId: 0,
    maxWaitMs: 0,
    minBytes: 0,
    maxBytes: 1_000,
    isolationLevel: 0,
    topics: [{ topic: 'orders', topicId: '', partitions: [asked] }],
  }
  const answer = fetch(broker, request as never, { version: 12 } as never)!.responses[0]!.partitions[0]!
  if (answer.divergingEpoch !== undefined) {
    const { epoch, endOffset } = answer.divergingEpoch
    return `diverging after ${endOffset} of ${epoch}`
  }
  return answer.errorCode === 0 ? 'records' : errorOf(answer.errorCode!).name
}

test.each([
  ['who read epoch 4 up to its end goes on', 5, 4, 'records'],
  ['who read more of epoch 1 than was ever committed is told where it ended', 4, 1, 'diverging after 3 of 1'],
  [
    'who read epoch 3, of which nobody knows here any more, goes back to the one before',
    3,
    3,
    'diverging after 3 of 1',
  ],
  ['who stands before the log start is told so, whatever is known of its epoch', 1, 1, 'OFFSET_OUT_OF_RANGE'],
  ['that holds for an epoch that was forgotten with its records, too', 1, 3, 'OFFSET_OUT_OF_RANGE'],
  ['and so is who stands behind the log end', 7, -1, 'OFFSET_OUT_OF_RANGE'],
])('%s', (_, fetchOffset, lastFetchedEpoch, expected) => {
  expect(fetched(fetchOffset, lastFetchedEpoch)).toBe(expected)
})
