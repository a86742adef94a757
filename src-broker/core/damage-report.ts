import type { HeldLog } from './log/log-directory.ts'
import type { StuckReason } from './replica/following.ts'
import type { Partition } from './replica/partition.ts'
import type { Follower } from './replica/role.ts'

/**
 * Logs that recovery had to cut short. Their broker counts as stopped uncleanly: it is in sync with nobody until it has caught up.
 */
export interface LogsDamaged {
  readonly kind: 'logs-damaged'
  readonly brokerId: number
  readonly logs: readonly DamagedLog[]
}

interface DamagedLog {
  readonly topic: string
  readonly partition: number
  /** Where it ends now. */
  readonly logEndOffset: number
  /** How much was there that could not be read. */
  readonly bytes: number
  /** Records from the log end to this high watermark had been committed; undefined where none of them is gone. */
  readonly highWatermark: number | undefined
}

/** Undefined where all are sound. */
export function damageReport(brokerId: number, held: Iterable<HeldLog>): LogsDamaged | undefined {
  const logs = [...held].flatMap(({ topic, partition, log: { damage } }): DamagedLog[] => {
    if (damage === undefined) return []
    return [{ topic, partition, logEndOffset: damage.offset, bytes: damage.bytes, highWatermark: damage.highWatermark }]
  })
  return logs.length === 0 ? undefined : { kind: 'logs-damaged', brokerId, logs }
}

/** Logs of which the metadata knows nothing, at a start: kept under another name, as nobody can tell whether they are missed. */
export interface LogsSetAside {
  readonly kind: 'logs-set-aside'
  readonly brokerId: number
  readonly logs: readonly { readonly topic: string; readonly partition: number }[]
}

/** Undefined where there are none. */
export function asideReport(brokerId: number, held: readonly HeldLog[]): LogsSetAside | undefined {
  const logs = held.map(({ topic, partition }) => ({ topic, partition }))
  return logs.length === 0 ? undefined : { kind: 'logs-set-aside', brokerId, logs }
}

/** A replica that cannot follow: its leader's file is spoilt where it has to go on, or its own disk takes nothing. */
export interface ReplicaStuck {
  readonly kind: 'replica-stuck'
  /** The follower. */
  readonly brokerId: number
  readonly leaderId: number
  readonly topic: string
  readonly partition: number
  /** Where its log ends. */
  readonly offset: number
  readonly why: StuckReason
}

export function stuckReport(
  brokerId: number,
  { topic, index, log }: Partition,
  { leaderId }: Follower,
  why: StuckReason,
): ReplicaStuck {
  return { kind: 'replica-stuck', brokerId, leaderId, topic, partition: index, offset: log.logEndOffset, why }
}
