// The cluster of this process: one thread a broker, a message port between every two.
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
  const cluster = new OwnedCluster(options, brokerIds)
  try {
    await cluster.startAll()
    return cluster
  } catch (error) {
    await cluster.close()
    throw error
  }
}

class OwnedCluster implements ClusterHost {
  readonly bootstrap: readonly string[]
  readonly #options: ClusterOptions
  /** Opened once every broker has its port. */
  #directory: DataDirectory | undefined
  readonly #threads: readonly BrokerThread[]
  readonly #eventListeners = new Set<(event: ClusterEvent) => void>()
  readonly #changeListeners = new Set<() => void>()
  /** What happened before anybody listened: the start itself. */
  readonly #unheard: ClusterEvent[] = []
  /** When a broker last went away, for how long its leaders took to move. */
  readonly #lostAtMs = new Map<number, number>()

  constructor(options: ClusterOptions, brokerIds: readonly number[]) {
    this.#options = options
    this.bootstrap = brokerIds.map((id) => `${host}:${portOf(options, id)}`)
    this.#threads = brokerIds.map(
      (brokerId) =>
        new BrokerThread(brokerId, portOf(options, brokerId), {
          changed: () => this.#changed(),
          event: (event) => this.#happened(event),
          log: (line) => options.log?.(line),
        }),
    )
  }

  get clusterId(): string {
    return this.#opened.clusterId
  }

  get #opened(): DataDirectory {
    if (this.#directory === undefined) throw new Error('the data directory is not open yet')
    return this.#directory
  }

  /** The threads load while nothing has been touched; the data directory is opened when all ports are known to be free. */
  async startAll(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.start()))
    const { dataDirectory, brokerCount } = this.#options
    this.#directory = openDataDirectory(dataDirectory, brokerCount)
    await Promise.all(this.#threads.map((thread) => this.#begin(thread)))
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
    await thread.start()
    await this.#begin(thread)
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
    this.#directory?.release()
  }

  #thread(brokerId: number): BrokerThread {
    const thread = this.#threads[brokerId - 1]
    if (thread === undefined) throw new RangeError(`there is no broker ${brokerId}`)
    return thread
  }

  /** Links it with those that have begun already. */
  #begin(thread: BrokerThread): Promise<void> {
    const { brokerId, port } = thread
    const others = this.#threads.filter((other) => other !== thread && other.hasBegun)
    const directory = this.#opened
    const voters = this.#threads.map((each) => each.brokerId)
    const serving = thread.begin({
      brokerId,
      voters,
      clusterId: directory.clusterId,
      directoryId: directory.directoryId(brokerId),
      host,
      port,
      directory: directory.brokerDirectory(brokerId),
      peerDirectories: Object.fromEntries(voters.map((id) => [id, directory.brokerDirectory(id)])),
      settings: laptopSettings(voters.length),
    })
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
