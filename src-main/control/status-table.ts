import type { BrokerLine, HostStatus } from './control.ts'

/** What `pressroom status` prints. */
export function statusTable(status: HostStatus, nowMs: number): string {
  const head = ['broker', 'state', 'for', 'port', 'leads', 'replicas', 'log', 'clients', '']
  const rows = status.brokers.map((broker) => brokerRow(broker, status.controllerId, nowMs))
  return [
    `cluster ${status.clusterId}, process ${status.pid}, running for ${duration(nowMs - status.startedAtMs)}`,
    `bootstrap ${status.bootstrap.join(',')}`,
    ...(status.ui === null ? [] : [`window ${status.ui}`]),
    `data ${status.dataDirectory}`,
    '',
    ...aligned([head, ...rows]),
  ].join('\n')
}

function brokerRow(broker: BrokerLine, controllerId: number | null, nowMs: number): string[] {
  return [
    String(broker.brokerId),
    broker.state,
    duration(nowMs - broker.sinceMs),
    String(broker.port),
    String(broker.leaderCount),
    String(broker.replicaCount),
    size(broker.logBytes),
    String(broker.connections),
    broker.reason ?? (broker.brokerId === controllerId ? 'controller' : ''),
  ]
}

function aligned(rows: readonly string[][]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 86_400) return `${Math.floor(seconds / 3_600)} h ${Math.floor((seconds % 3_600) / 60)} min`
  return `${Math.floor(seconds / 86_400)} d`
}

/** Powers of 1,000, as the window says them. */
export function size(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB']
  let value = bytes
  let power = 0
  for (; value >= 999.5 && power < units.length - 1; power++) value /= 1_000
  return `${power === 0 || value >= 99.95 ? Math.round(value) : value.toFixed(1)} ${units[power]}`
}
