// The thread of one broker. It loads its code and takes its port, then waits for the word to begin. Started by broker-thread.ts; ends
// when told, when terminated, or with the first bug.
import { parentPort, workerData } from 'node:worker_threads'
import { MetadataDamaged } from '../core/quorum/metadata-damaged.ts'
import { metadataDirectory } from '../core/quorum/metadata-log.ts'
import { UnknownMetadata } from '../protocol/stored/metadata-records.ts'
import { Listener, PortInUse } from './listener.ts'
import { RunningBroker } from './running-broker.ts'
import type { BrokerBeginning, FromWorker, ToWorker, WorkerBirth } from './worker-messages.ts'

const { port, gate } = workerData as WorkerBirth
const host = parentPort!
const post = (message: FromWorker): void => host.postMessage(message)
let broker: RunningBroker | undefined

try {
  const listener = await Listener.on(port)
  host.on('message', (message: ToWorker) => {
    switch (message.kind) {
      case 'begin':
        return begin(message.beginning, listener)
      case 'peer':
        return broker?.connectPeer(message.brokerId, message.port)
      case 'peer-killed':
        return broker?.disconnectPeer(message.brokerId)
      case 'ask':
        return broker?.ask(message.deed, (refusal) => post({ kind: 'answered', id: message.id, refusal }))
      case 'pause':
        return holdStill()
      case 'stop':
        return broker === undefined ? endThread() : broker.stop(message.movesLeaders, endThread)
    }
  })
  post({ kind: 'listening' })
} catch (error) {
  if (!(error instanceof PortInUse)) throw error
  post({ kind: 'port-in-use', port })
  endThread()
}

function begin(beginning: BrokerBeginning, listener: Listener): void {
  try {
    broker = new RunningBroker(beginning, listener, post)
  } catch (error) {
    post({ kind: 'refused', reason: refusal(error, beginning) })
    endThread()
  }
}

/** Why the broker does not start, where what it has on disk is the reason, and what to do about it. */
function refusal(error: unknown, beginning: BrokerBeginning): string {
  if (error instanceof MetadataDamaged) return `${error.message}; ${wayOut(beginning)}`
  if (!(error instanceof UnknownMetadata)) throw error
  const { directory } = beginning
  return `${directory}/${metadataDirectory} has ${error.message}, which this version does not know; start the version that wrote it`
}

function wayOut({ directory, brokerCount }: BrokerBeginning): string {
  const restore = `restore the whole of ${directory} from a copy`
  return brokerCount === 1 ? restore : `${restore}, or remove the whole of it: what others have copies of comes back`
}

/** As SIGSTOP would: the kernel goes on accepting connections and bytes for this thread, nobody answers. */
function holdStill(): void {
  post({ kind: 'pausing' })
  Atomics.wait(new Int32Array(gate), 0, 1)
}

function endThread(): void {
  setImmediate(() => process.exit(0)) // Ends this thread only; the ports to peers would keep it.
}
