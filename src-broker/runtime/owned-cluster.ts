// The cluster of this process: one thread a broker, a message port between every two.
import net from 'node:net'
import { MessageChannel } from 'node:worker_threads'
import { laptopSettings } from '../core/config/broker-config.ts'
import { BrokerThread } from './broker-thread.ts'
import type { BrokerStatus, ClusterEvent, ClusterHost, ClusterOptions } from './cluster-types.ts'
import { checkDataDirectory, type DataDirectory, openDataDirectory, StartRefused } from './data-directory.ts'

const host = '127.0.0.1'
/** Leaders that move this long after a broker went are taken to move because of it. */
const causeWithinMs = 60_000

export const portOf = (options: ClusterOptions, brokerId: number): number => options.port + 2 * (brokerId - 1)

/** Resolves when every broker serves clients. Throws StartRefused, and leaves nothing behind, where that cannot be. */
export async function startCluster(options: ClusterOptions): Promise<ClusterHost> {
  const brokerIds = Array.from({ length: options.brokerCount }, (_, index) => index + 1)
  const ports = brokerIds.map((id) => portOf(options, id))
  if (ports.at(-1)! > 65_535)
    throw new StartRefused(`port ${ports.at(-1)} for broker ${brokerIds.length} does not exist`)
  checkDataDirectory(options.dataDirectory, options.brokerCount)
  await Promise.all(ports.flatMap((port) => [checkPort(port, '127.0.0.1'), checkPort(port, '::1')]))
  const cluster = new OwnedCluster(options, brokerIds, openDataDirectory(options.dataDirectory, options.brokerCount))
  try {
    await cluster.startAll()
    return cluster
  } catch (error) {
    await cluster.close()
    throw error
  }
}

class OwnedCluster implements ClusterHost {
  readonly clusterId: string
  readonly bootstrap: readonly string[]
  readonly #directory: DataDirectory
  readonly #threads: readonly BrokerThread[]
  readonly #eventListeners = new Set<(event: ClusterEvent) => void>()
  readonly #changeListeners = new Set<() => void>()
  /** What happened before anybody listened: the start itself. */
  readonly #unheard: ClusterEvent[] = []
  /** When a broker last went away, for how long its leaders took to move. */
  readonly #lostAtMs = new Map<number, number>()

  constructor(options: ClusterOptions, brokerIds: readonly number[], directory: DataDirectory) {
    this.clusterId = directory.clusterId
    this.#directory = directory
    this.bootstrap = brokerIds.map((id) => `${host}:${portOf(options, id)}`)
    const peerDirectories = Object.fromEntries(brokerIds.map((id) => [id, directory.brokerDirectory(id)]))
    this.#threads = brokerIds.map(
      (brokerId) =>
        new BrokerThread(
          {
            brokerId,
            voters: brokerIds,
            clusterId: directory.clusterId,
            directoryId: directory.directoryId(brokerId),
            host,
            port: portOf(options, brokerId),
            directory: directory.brokerDirectory(brokerId),
            peerDirectories,
            settings: laptopSettings(brokerIds.length),
          },
          {
            changed: () => this.#changed(),
            event: (event) => this.#happened(event),
            log: (line) => options.log?.(line),
          },
        ),
    )
  }

  async startAll(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => this.#startThread(thread)))
  }

  brokers(): readonly BrokerStatus[] {
    return this.#threads.map((thread) => thread.status)
  }

  async kill(brokerId: number): Promise<void> {
    this.#lostAtMs.set(brokerId, Date.now())
    await this.#thread(brokerId).kill()
  }

  async pause(brokerId: number): Promise<void> {
    this.#lostAtMs.set(brokerId, Date.now())
    await this.#thread(brokerId).pause()
  }

  async resume(brokerId: number): Promise<void> {
    this.#thread(brokerId).resume()
  }

  async start(brokerId: number): Promise<void> {
    const thread = this.#thread(brokerId)
    if (thread.isAlive) return
    const startedMs = performance.now()
    await this.#startThread(thread)
    this.#happened({ kind: 'broker-started', brokerId, atMs: Date.now(), tookMs: performance.now() - startedMs })
  }

  async stop(brokerId: number): Promise<void> {
    this.#lostAtMs.set(brokerId, Date.now())
    await this.#thread(brokerId).stop(true)
  }

  onEvent(listener: (event: ClusterEvent) => void): () => void {
    this.#eventListeners.add(listener)
    for (const event of this.#unheard.splice(0)) listener(event)
    return () => this.#eventListeners.delete(listener)
  }

  onChange(listener: () => void): () => void {
    this.#changeListeners.add(listener)
    return () => this.#changeListeners.delete(listener)
  }

  async close(): Promise<void> {
    for (const thread of this.#threads) thread.resume()
    await Promise.all(this.#threads.map((thread) => thread.stop(false)))
    this.#directory.release()
  }

  #thread(brokerId: number): BrokerThread {
    const thread = this.#threads[brokerId - 1]
    if (thread === undefined) throw new RangeError(`there is no broker ${brokerId}`)
    return thread
  }

  #startThread(thread: BrokerThread): Promise<void> {
    const others = this.#threads.filter((other) => other !== thread && other.isAlive)
    const serving = thread.start()
    for (const other of others) {
      const { port1, port2 } = new MessageChannel()
      thread.post({ kind: 'peer', brokerId: other.brokerId, port: port1 }, [port1])
      other.post({ kind: 'peer', brokerId: thread.brokerId, port: port2 }, [port2])
    }
    return serving
  }

  #changed(): void {
    for (const listener of this.#changeListeners) listener()
  }

  #happened(event: ClusterEvent): void {
    if (event.kind === 'broker-crashed') this.#lostAtMs.set(event.brokerId, event.atMs)
    const timed =
      event.kind === 'leader-changed' ? { ...event, tookMs: this.#sinceLost(event.from, event.atMs) } : event
    if (this.#eventListeners.size === 0) this.#unheard.push(timed)
    for (const listener of this.#eventListeners) listener(timed)
  }

  #sinceLost(brokerId: number, atMs: number): number | null {
    const lostAtMs = this.#lostAtMs.get(brokerId)
    return lostAtMs === undefined || atMs - lostAtMs > causeWithinMs ? null : Math.max(0, atMs - lostAtMs)
  }
}

/** Looks whether a port is free before anything is written. The broker's own listener has the last word. */
function checkPort(port: number, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const server = net.createServer()
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EADDRINUSE' && address === '::1') return resolve() // A machine without IPv6.
      const why = error.code === 'EADDRINUSE' ? 'is in use' : `cannot be opened (${error.code})`
      reject(new StartRefused(`port ${port} ${why}; free it or choose another with --port`, { cause: error }))
    })
    server.listen(port, address, () => server.close(() => resolve()))
  })
}
