// What a host says on its standard output: JSON lines for programs, a few lines for people.
import type { ClusterEvent } from '../src-broker/runtime/cluster-host.ts'
import type { Host } from './host.ts'

export function announceReady(host: Host, isJson: boolean): void {
  const { cluster, ui, dataDirectory } = host
  const tookMs = Math.round(performance.now()) // Its origin is the start of the process.
  if (isJson) {
    const ready = { event: 'ready', bootstrap: cluster.bootstrap, ui, pid: process.pid, dataDirectory, tookMs }
    console.log(JSON.stringify(ready))
    return
  }
  const count = cluster.brokers().length
  console.log(`${count === 1 ? '1 broker serves' : `${count} brokers serve`} after ${tookMs} ms`)
  if (ui !== null) console.log(`  window     ${ui}`)
  console.log(`  bootstrap  ${cluster.bootstrap.join(',')}`)
  console.log(`  data       ${dataDirectory}`)
}

/** Programs hear of everything, people only of trouble. */
export function announceEvents(host: Host, isJson: boolean): void {
  host.cluster.onEvent((event) => {
    if (isJson) console.log(JSON.stringify(eventLine(event)))
    else if (event.kind === 'broker-crashed') console.error(crashLine(event))
    else if (event.kind === 'metadata-disk-failed')
      console.error(`broker ${event.brokerId} cannot write its metadata log (${event.code}); it tries again`)
  })
}

function crashLine({ brokerId, reason, restartInMs }: Extract<ClusterEvent, { kind: 'broker-crashed' }>): string {
  const next =
    typeof restartInMs === 'number' ? `it starts again in ${restartInMs / 1_000} s` : 'it stays so until started'
  return `broker ${brokerId} crashed: ${reason}; ${next}`
}

function eventLine({ kind, ...rest }: ClusterEvent): object {
  return { event: kind, ...rest }
}
