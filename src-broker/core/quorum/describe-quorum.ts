import type { Env } from '../env.ts'
import { progressOf } from './raft.ts'
import type { Raft } from './raft-state.ts'

/** A replica of the metadata log as the quorum's leader knows it. */
export interface QuorumReplica {
  readonly replicaId: number
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
  const observers = [...role.replicas.keys()].filter((id) => !voters.includes(id))
  const describe = (id: number) => describeReplica(raft, id, env.monotonicMs(), env.wallMs())
  return { voters: voters.map(describe), observers: observers.map(describe) }
}

function describeReplica(raft: Raft, replicaId: number, nowMs: number, wallMs: number): QuorumReplica {
  if (replicaId === raft.options.id) {
    return { replicaId, logEndOffset: raft.log.endOffset, lastFetchTimestamp: -1, lastCaughtUpTimestamp: wallMs }
  }
  const progress = progressOf(raft, replicaId)
  if (progress === undefined || progress.logEndOffset < 0) {
    return { replicaId, logEndOffset: -1, lastFetchTimestamp: -1, lastCaughtUpTimestamp: -1 }
  }
  const { logEndOffset, lastFetchMs, lastCaughtUpMs } = progress
  const lastFetchTimestamp = wallMs - Math.round(nowMs - lastFetchMs)
  return {
    replicaId,
    logEndOffset,
    lastFetchTimestamp,
    lastCaughtUpTimestamp: wallMs - Math.round(nowMs - lastCaughtUpMs),
  }
}
