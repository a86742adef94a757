import { expect, test } from 'vitest'
import type { PeerMessage } from '../../../src-broker/core/peer.ts'
import { Outbox } from '../../../src-broker/core/replica/outbox.ts'

const question = (partition: number) => ({
  topicId: '1'.padStart(32, '0'),
  partition,
  followerHandle: partition,
  brokerEpoch: 7,
  leaderEpoch: 0,
  fetchOffset: 0,
  lastFetchedEpoch: -1,
  logStartOffset: 0,
})
const answer = (followerHandle: number) =>
  ({ followerHandle, leaderEpoch: 0, outcome: { kind: 'not-leader' } }) as const

function outboxes() {
  const sent: string[] = []
  const send = (to: number, message: PeerMessage) => {
    const { kind, questions = [], answers = [] } = message as { kind?: string; questions?: []; answers?: [] }
    sent.push(`to ${to}: ${kind ?? 'numbers'} ${questions.length + answers.length}`)
  }
  return { sent, outbox: new Outbox({ send, isUp: () => true }) }
}

test('at a start thousands of replicas ask, and each leader gets one message', () => {
  const { sent, outbox } = outboxes()
  for (let partition = 0; partition < 2_000; partition++) outbox.ask(partition % 2 === 0 ? 2 : 3, question(partition))
  outbox.flush()
  outbox.flush()
  expect(sent).toEqual(['to 2: replica-fetch 1000', 'to 3: replica-fetch 1000'])
})

test('a follower is told that it may follow before it is told what there is to copy', () => {
  const { sent, outbox } = outboxes()
  outbox.announcements(2).push(1, 0, 0, 100, 5, 0, 0)
  outbox.answer(2, answer(1))
  outbox.flush()
  expect(sent).toEqual(['to 2: replica-fetch-response 1', 'to 2: numbers 0'])
})

test('who is gone is told nothing any more: its next life has other handles', () => {
  const { sent, outbox } = outboxes()
  outbox.ask(2, question(0))
  outbox.answer(2, answer(0))
  outbox.forget(2)
  outbox.flush()
  expect(sent).toEqual([])
})
