// Rules of Raft that chance seldom tests: one replica, told by hand what it receives.
import { describe, expect, test } from 'vitest'
import { zeroUuid } from '../../../src-broker/base/uuid.ts'
import { createRaft, nextDeadlineMs, step } from '../../../src-broker/core/quorum/raft.ts'
import type { FetchRequest, RaftMessage } from '../../../src-broker/core/quorum/raft-messages.ts'
import { type Raft, type RaftEffect, type RaftInput, raftDefaults } from '../../../src-broker/core/quorum/raft-state.ts'
import { MemoryRaftLog } from '../../support/memory-raft-log.ts'

/** Voter 1 of three, linked to the others, with batches of one record in these epochs in its log. */
function voter(...epochs: readonly number[]): Raft {
  const batches = epochs.map((epoch, baseOffset) => ({ baseOffset, count: 1, epoch, content: `${baseOffset}` }))
  const state = { leaderId: -1, leaderEpoch: epochs.at(-1) ?? 0, votedId: -1 }
  const raft = createRaft({ id: 1, ...raftDefaults }, [1, 2, 3], new MemoryRaftLog(batches), state, () => 0.5)
  tell(raft, { type: 'start' }, { type: 'peer-up', peer: 2 }, { type: 'peer-up', peer: 3 }, { type: 'log-synced' })
  return raft
}

function tell(raft: Raft, ...inputs: readonly RaftInput[]): RaftEffect[] {
  const out: RaftEffect[] = []
  for (const input of inputs) step(raft, raft.nowMs, input, out)
  return out
}

const from = (sender: number, message: RaftMessage): RaftInput => ({ type: 'message', from: sender, message })
const vote = (epoch: number, lastOffsetEpoch: number, lastOffset: number, preVote = false): RaftMessage => ({
  kind: 'vote',
  epoch,
  preVote,
  lastOffsetEpoch,
  lastOffset,
})

/** What was said in answer, that which waits for the disk included. */
const said = (effects: readonly RaftEffect[]): RaftMessage[] =>
  effects.flatMap((effect) => {
    if (effect.type === 'persist') return said(effect.then)
    return effect.type === 'send' ? [effect.message] : []
  })
const granted = (effects: readonly RaftEffect[]) =>
  said(effects).flatMap((message) => (message.kind === 'vote-response' ? message.voteGranted : []))

function elected(raft: Raft): Raft {
  raft.nowMs += 100
  tell(raft, { type: 'tick' })
  const yes = (preVote: boolean): RaftInput =>
    from(2, {
      kind: 'vote-response',
      epoch: raft.epoch,
      preVote,
      voteGranted: true,
      leaderId: -1,
      directoryId: zeroUuid,
    })
  tell(raft, yes(true))
  tell(raft, yes(false))
  expect(raft.role.kind).toBe('leader')
  return raft
}

const fetch = (raft: Raft, fetchOffset: number, lastFetchedEpoch: number): FetchRequest => ({
  kind: 'fetch',
  directoryId: zeroUuid,
  epoch: raft.epoch,
  fetchId: 1,
  fetchOffset,
  lastFetchedEpoch,
  highWatermark: 0,
})

describe('a vote', () => {
  test.each([
    ['as long a log', 2, 3, true],
    ['a longer log', 2, 4, true],
    ['a shorter log of a later epoch', 3, 1, true],
    ['a shorter log', 2, 2, false],
    ['a longer log of an earlier epoch', 1, 9, false],
  ])('goes to a candidate with %s or not', (_, lastOffsetEpoch, lastOffset, expected) => {
    for (const preVote of [true, false]) {
      const raft = voter(1, 1, 2)
      expect(granted(tell(raft, from(2, vote(4, lastOffsetEpoch, lastOffset, preVote))))).toEqual([expected])
    }
  })

  test('goes to one candidate an epoch, and to that one again', () => {
    const raft = voter(1)
    const answers = [2, 3, 2].map((candidate) => granted(tell(raft, from(candidate, vote(2, 1, 1))))[0])
    expect(answers).toEqual([true, false, true])
  })

  test('is told only after it was written', () => {
    const effects = tell(voter(1), from(2, vote(2, 1, 1)))
    expect(effects.filter(({ type }) => type === 'send')).toEqual([])
    expect(effects.find(({ type }) => type === 'persist')).toMatchObject({ state: { leaderEpoch: 2, votedId: 2 } })
  })

  test('is refused before, when a leader is heard', () => {
    const raft = voter(1)
    tell(raft, from(2, { kind: 'begin-quorum-epoch', epoch: 1 }))
    expect(granted(tell(raft, from(3, vote(1, 1, 1, true))))).toEqual([false])
    raft.nowMs += raftDefaults.fetchTimeoutMs / 2
    expect(granted(tell(raft, from(3, vote(1, 1, 1, true))))).toEqual([true])
  })
})

test('where the only record that names voters is cut off, the configured ones count again', () => {
  const raft = voter(1)
  const named = [1, 4].map((id) => ({ id, directoryId: zeroUuid, endpoints: [] }))
  raft.log.appendVoters(named, 1)
  tell(raft, { type: 'appended' })
  expect(raft.voters).toEqual([1, 4])
  raft.log.truncateTo(1)
  tell(raft, { type: 'clock-gap' })
  expect([raft.voters, raft.voterSet]).toEqual([[1, 2, 3], undefined])
})

test('half of the voters is no majority', () => {
  const raft = createRaft({ id: 1, ...raftDefaults }, [1, 2, 3, 4], new MemoryRaftLog(), undefined, () => 0.5)
  const peers = [2, 3, 4].map((peer) => ({ type: 'peer-up', peer }) as const)
  tell(raft, { type: 'start' }, ...peers)
  raft.nowMs += 100
  const yes = (voter: number) =>
    from(voter, {
      kind: 'vote-response',
      epoch: 0,
      preVote: true,
      voteGranted: true,
      leaderId: -1,
      directoryId: zeroUuid,
    })
  tell(raft, { type: 'tick' }, yes(2))
  expect(raft.role.kind).toBe('prospective')
  tell(raft, yes(3))
  expect(raft.role.kind).toBe('candidate')
})

describe('the high watermark', () => {
  test('passes records of earlier epochs only with one of the leader’s own (figure 8 of the Raft paper)', () => {
    const raft = elected(voter(1, 2, 2))
    tell(raft, { type: 'log-synced' })
    tell(raft, from(2, fetch(raft, 3, 2)), from(3, fetch(raft, 3, 2)))
    expect(raft.highWatermark).toBe(0)
    tell(raft, from(2, { ...fetch(raft, 4, raft.epoch), fetchId: 2 }))
    expect(raft.highWatermark).toBe(4)
  })

  test('counts the leader itself only once its own disk has answered', () => {
    const raft = elected(voter())
    tell(raft, from(2, fetch(raft, 1, raft.epoch)))
    expect(raft.highWatermark).toBe(0)
    tell(raft, { type: 'log-synced' })
    expect(raft.highWatermark).toBe(1)
  })
})

test('a follower asks for more only when what it has is on disk', () => {
  const raft = voter(1)
  tell(raft, from(2, { kind: 'begin-quorum-epoch', epoch: 1 }))
  const batches = ['old', 'new'].map((content, baseOffset) => ({ baseOffset, count: 1, epoch: 1, content }))
  const records = new MemoryRaftLog(batches).read(1)
  const response = {
    kind: 'fetch-response',
    epoch: 1,
    fetchId: raft.nextFetchId - 1,
    leaderId: 2,
    highWatermark: 1,
    divergingEpoch: undefined,
    snapshotId: undefined,
    records,
  } as const
  const appended = tell(raft, from(2, response))
  expect([said(appended), appended.map(({ type }) => type)]).toEqual([[], ['committed', 'sync-log']])
  expect(said(tell(raft, { type: 'log-synced' }))).toMatchObject([
    { kind: 'fetch', fetchOffset: 2, lastFetchedEpoch: 1 },
  ])
})

test('what the leader has committed says nothing of a log that still differs from its own', () => {
  const raft = voter(1, 2)
  tell(raft, from(2, { kind: 'begin-quorum-epoch', epoch: 5 }))
  const answer = (divergingEpoch: { epoch: number; endOffset: number }) => {
    const fetchId = raft.role.kind === 'follower' ? raft.role.fetch!.id : -1
    const response = { epoch: 5, fetchId, leaderId: 2, highWatermark: 9, divergingEpoch } as const
    return tell(raft, from(2, { kind: 'fetch-response', ...response, snapshotId: undefined, records: undefined }))
  }
  // Epoch 2 was never the leader's: it takes a second answer to find that out.
  const first = answer({ epoch: 3, endOffset: 2 })
  expect(first.filter(({ type }) => type === 'committed')).toEqual([])
  expect(said(first)).toMatchObject([{ kind: 'fetch', fetchOffset: 2, lastFetchedEpoch: 2 }])
  expect(said(answer({ epoch: 1, endOffset: 1 }))).toMatchObject([
    { kind: 'fetch', fetchOffset: 1, lastFetchedEpoch: 1 },
  ])
  expect(raft.highWatermark).toBe(0)
})

test('bytes that came after a truncation are not taken for synced by a sync that was begun before it', () => {
  const raft = voter(1, 1)
  tell(raft, from(2, { kind: 'begin-quorum-epoch', epoch: 1 }))
  raft.log.appendAsLeader(Buffer.from(JSON.stringify({ content: 'lost', count: 1 })), 1)
  tell(raft, { type: 'tick' })
  expect(raft.syncingTo).toBe(3)
  tell(raft, from(3, { kind: 'begin-quorum-epoch', epoch: 2 }))
  const fetchId = raft.nextFetchId
  if (raft.role.kind === 'follower') raft.role.fetch = { id: fetchId, resendAtMs: Infinity }
  const divergingEpoch = { epoch: 1, endOffset: 1 }
  const base = { kind: 'fetch-response', epoch: 2, fetchId, leaderId: 3, highWatermark: 0, records: undefined } as const
  tell(raft, from(3, { ...base, snapshotId: undefined, divergingEpoch }))
  expect(raft.log.endOffset).toBe(1)
  tell(raft, { type: 'log-synced' })
  expect(raft.syncedEndOffset).toBe(1)
})

test('a leader answers those who wait together, and is not woken to tell them that it leads', () => {
  const raft = elected(voter(1))
  const { fetchWaitMaxMs, fetchTimeoutMs } = raft.options
  tell(raft, { type: 'log-synced' })
  const ask = (id: number) =>
    tell(raft, from(id, { ...fetch(raft, raft.log.endOffset, raft.log.lastEpoch), highWatermark: raft.log.endOffset }))
  const answers = () => said(tell(raft, { type: 'tick' })).filter(({ kind }) => kind === 'fetch-response').length
  const electedMs = raft.nowMs
  raft.nowMs += fetchWaitMaxMs
  ask(2)
  expect(nextDeadlineMs(raft)).toBe(electedMs + fetchTimeoutMs / 2) // Replica 3 may not know yet.
  raft.nowMs += fetchWaitMaxMs / 3
  ask(3)
  expect(nextDeadlineMs(raft)).toBe(electedMs + 2 * fetchWaitMaxMs)
  raft.nowMs = electedMs + 2 * fetchWaitMaxMs
  expect(answers()).toBe(2)

  ask(2)
  raft.nowMs += (2 * fetchWaitMaxMs) / 3
  ask(3) // Too late to be answered with the other.
  raft.nowMs += fetchWaitMaxMs / 3
  expect(answers()).toBe(1)
})

test('a leader that has committed nothing yet tells no high watermark: it may know only that of an old snapshot', () => {
  const raft = voter(1, 1, 1)
  raft.highWatermark = 1
  elected(raft)
  const told = () =>
    said(tell(raft, from(3, fetch(raft, 1, 1)))).flatMap((message) =>
      message.kind === 'fetch-response' ? message.highWatermark : [],
    )
  expect([told(), raft.isCaughtUp]).toEqual([[0], false])
  tell(raft, { type: 'log-synced' }, from(2, fetch(raft, raft.log.endOffset, raft.epoch)))
  expect([told(), raft.isCaughtUp]).toEqual([[raft.log.endOffset], true])
})
