// How every replica stands, one line each: printed beside an anomaly.
import type { Cluster } from './cluster.ts'

export function viewOfReplicas(cluster: Cluster): string[] {
  const lines: string[] = []
  for (const { id, broker, isPaused } of cluster.machines) {
    if (broker === undefined) {
      lines.push(`broker ${id} is down`)
      continue
    }
    const { quorum, image } = broker
    lines.push(
      `broker ${id}${isPaused ? ' (paused)' : ''}: controller ${quorum.controllerId} of epoch ${quorum.leaderEpoch}, metadata ${image.endOffset} of ${quorum.logEndOffset}${quorum.isFenced ? ', fenced' : ''}`,
    )
    for (const { name, role, log, highWatermark } of broker.replicas.all()) {
      const what =
        role === undefined
          ? 'nothing'
          : role.kind === 'leader'
            ? `leader of epoch ${role.epoch}, isr ${role.isr}, followers ${[...role.followers].map(([follower, { logEndOffset }]) => `${follower}:${logEndOffset}`)}`
            : `follower of ${role.leaderId} in epoch ${role.leaderEpoch}`
      lines.push(
        `  ${name}: ${log.logStartOffset}..${highWatermark}..${log.logEndOffset} epoch ${log.latestEpoch}, ${what}`,
      )
    }
  }
  return lines
}
