// Elections: a pre-vote that disturbs nobody (KIP-996), then the vote proper, one per voter and epoch, on disk before it
// is told. A voter that hears its leader refuses pre-votes: who merely lost its own link cannot depose anybody.
import type { VoteRequest, VoteResponse } from './raft-messages.ts'
import {
  becomeCandidate,
  becomeFollower,
  becomeLeader,
  becomeProspective,
  becomeUnattached,
  enterEpoch,
  persist,
  standAgainAtMs,
  standLaterAtMs,
  standSoonAtMs,
} from './raft-roles.ts'
import {
  type Candidate,
  isUpToDate,
  isVoter,
  majority,
  nobody,
  type Raft,
  type RaftEffect,
  type Unattached,
  votesFrom,
} from './raft-state.ts'

/** A waiting voter's time has come, or a round of votes has taken too long. */
export function electionTick(raft: Raft, role: Unattached | Candidate, out: RaftEffect[]): void {
  if (role.kind === 'unattached') {
    if (raft.nowMs >= role.electionAtMs) stand(raft, out)
  } else if (raft.nowMs >= role.untilMs) loseRound(raft, 'no majority answered', out)
}

function stand(raft: Raft, out: RaftEffect[]): void {
  if (majority(raft) > 1 || !isVoter(raft)) return becomeProspective(raft, out)
  becomeCandidate(raft, out)
  becomeLeader(raft, [raft.options.id], out)
}

export function voteRequested(raft: Raft, from: number, request: VoteRequest, out: RaftEffect[]): void {
  const isNewEpoch = request.epoch > raft.epoch
  if (isNewEpoch) {
    enterEpoch(raft, request.epoch)
    becomeUnattached(raft, standSoonAtMs(raft), `voter ${from} is in epoch ${request.epoch}`, out)
  }
  const voteGranted =
    request.epoch === raft.epoch && (request.preVote ? wouldVote(raft, request) : mayVote(raft, from, request))
  if (voteGranted && !request.preVote) raft.votedId = from
  if (voteGranted && raft.role.kind === 'unattached') raft.role.electionAtMs = standLaterAtMs(raft)

  const { epoch, leaderId } = raft
  const { directoryId } = raft.options
  const { preVote } = request
  const answers = isNewEpoch || (voteGranted && !preVote) ? persist(raft, out) : out
  const message = { kind: 'vote-response', epoch, preVote, voteGranted, leaderId, directoryId } as const
  answers.push({ type: 'send', to: from, message })
}

const wouldVote = (raft: Raft, request: VoteRequest): boolean =>
  !hearsLeader(raft) && isUpToDate(raft, request.lastOffsetEpoch, request.lastOffset)

/** A living leader answers at least once in `fetchWaitMaxMs`: half the timeout of silence is enough to let others try. */
const hearsLeader = ({ role, nowMs, options }: Raft): boolean =>
  role.kind === 'leader' || (role.kind === 'follower' && nowMs - role.heardMs < options.fetchTimeoutMs / 2)

const mayVote = (raft: Raft, candidate: number, request: VoteRequest): boolean =>
  raft.leaderId === nobody &&
  (raft.votedId === candidate ||
    (raft.votedId === nobody && isUpToDate(raft, request.lastOffsetEpoch, request.lastOffset)))

export function voteAnswered(raft: Raft, from: number, response: VoteResponse, out: RaftEffect[]): void {
  const { role } = raft
  if (role.kind !== (response.preVote ? 'prospective' : 'candidate')) return
  if (response.voteGranted && votesFrom(raft, from, response.directoryId)) voteGiven(raft, role, from, out)
  else if (raft.connected.has(response.leaderId)) becomeFollower(raft, response.leaderId, out)
  else voteRefused(raft, role, from, out)
}

function voteGiven(raft: Raft, role: Candidate, voter: number, out: RaftEffect[]): void {
  role.granted.add(voter)
  if (role.granted.size < majority(raft)) return
  if (role.kind === 'prospective') becomeCandidate(raft, out)
  else becomeLeader(raft, [...role.granted], out)
}

/** The voter said no, or is gone. */
export function voteRefused(raft: Raft, role: Candidate, voter: number, out: RaftEffect[]): void {
  role.rejected.add(voter)
  if (role.rejected.size > raft.voters.length - majority(raft)) loseRound(raft, 'a majority refused', out)
}

function loseRound(raft: Raft, reason: string, out: RaftEffect[]): void {
  raft.failedElections++
  becomeUnattached(raft, standAgainAtMs(raft), reason, out)
}
