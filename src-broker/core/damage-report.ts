import type { LogDirectory } from './log/log-directory.ts'

/** Logs that recovery had to cut short. Their broker was stopped uncleanly: it is in sync with nobody until it has caught up. */
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

/** Undefined where all were sound. */
export function damageReport(brokerId: number, directory: LogDirectory): LogsDamaged | undefined {
  const logs = [...directory.all()].flatMap(({ topic, partition, log: { damage } }): DamagedLog[] => {
    if (damage === undefined) return []
    return [{ topic, partition, logEndOffset: damage.offset, bytes: damage.bytes, highWatermark: damage.highWatermark }]
  })
  return logs.length === 0 ? undefined : { kind: 'logs-damaged', brokerId, logs }
}
