import { type Uuid, zeroUuid } from '../../base/uuid.ts'
import type { Env } from '../env.ts'
import { progressOf } from './raft.ts'
import { type Raft, votesFrom } from './raft-state.ts'

/** A replica of the metadata log as the quorum's leader knows it. */
export interface QuorumReplica {
  readonly replicaId: number
  /** All zeros where it is unknown. */
  readonly replicaDirectoryId: Uuid
  /** -1 unknown. */
  readonly logEndOffset: number
  /** Wall clock; -1 for the leader itself and where it is unknown. */
  readonly lastFetchTimestamp: number
  readonly lastCaughtUpTimestamp: number
}

export interface QuorumReplicas {
  readonly voters: readonly QuorumReplica[]
  /** Those that only follow. */
  readonly observers: readonly QuorumReplica[]
}

/** Undefined where this node does not lead. */
export function describeQuorum(raft: Raft, env: Env): QuorumReplicas | undefined {
  const { role, voters } = raft
  if (role.kind !== 'leader') return undefined
  const observers = [...role.replicas].filter(
    ([id, { directoryId }]) => !voters.includes(id) || !votesFrom(raft, id, directoryId),
  )
  const describe = (id: number) => describeReplica(raft, id, env.monotonicMs(), env.wallMs())
  return {
    voters: voters.map((id) => describeVoter(raft, id, describe)),
    observers: observers.flatMap(([id, { directoryId }]) => (directoryId === undefined ? [] : describe(id))),
  }
}

/** Of a voter whose place another disk has taken nothing is known. */
function describeVoter(raft: Raft, id: number, describe: (id: number) => QuorumReplica): QuorumReplica {
  const replica = describe(id)
  const voter = raft.voterSet?.voters.find((one) => one.id === id)
  if (voter === undefined || voter.directoryId === replica.replicaDirectoryId) return replica
  return unknown(id, voter.directoryId)
}

function describeReplica(raft: Raft, replicaId: number, nowMs: number, wallMs: number): QuorumReplica {
  const { id, directoryId } = raft.options
  if (replicaId === id) {
    const { endOffset: logEndOffset } = raft.log
    return {
      replicaId,
      replicaDirectoryId: directoryId,
      logEndOffset,
      lastFetchTimestamp: -1,
      lastCaughtUpTimestamp: wallMs,
    }
  }
  const progress = progressOf(raft, replicaId)
  if (progress?.directoryId === undefined || progress.logEndOffset < 0) {
    return unknown(replicaId, progress?.directoryId ?? zeroUuid)
  }
  return {
    replicaId,
    replicaDirectoryId: progress.directoryId,
    logEndOffset: progress.logEndOffset,
    lastFetchTimestamp: wallMs - Math.round(nowMs - progress.lastFetchMs),
    lastCaughtUpTimestamp: wallMs - Math.round(nowMs - progress.lastCaughtUpMs),
  }
}

const unknown = (replicaId: number, replicaDirectoryId: Uuid): QuorumReplica => ({
  replicaId,
  replicaDirectoryId,
  logEndOffset: -1,
  lastFetchTimestamp: -1,
  lastCaughtUpTimestamp: -1,
})
