// The cluster of this process: one thread a broker, a message port between every two.
import { MessageChannel } from 'node:worker_threads'
import { laptopSettings } from '../core/config/broker-config.ts'
import { BrokerThread } from './broker-thread.ts'
import type { BrokerStatus, ClusterEvent, ClusterHost, ClusterOptions } from './cluster-types.ts'
import {
  brokerCountMax,
  checkDataDirectory,
  type DataDirectory,
  openDataDirectory,
  StartRefused,
} from './data-directory.ts'
import { RestartPolicy } from './restart-policy.ts'

const host = '127.0.0.1'
const portMax = 65_535
/** A start that takes so long is told of. */
const lateMs = 20_000
const portOf = (options: ClusterOptions, brokerId: number): number => options.port + 2 * (brokerId - 1)

/** Resolves when every broker serves clients, or has failed to, and most of them do. Throws StartRefused, and leaves nothing behind, where that cannot be. */
export async function startCluster(options: ClusterOptions): Promise<ClusterHost> {
  const brokerIds = checkDataDirectory(options.dataDirectory, options.brokerCount)
  const highestPort = portOf(options, brokerIds.at(-1)!)
  if (highestPort > portMax) throw new StartRefused(`port ${highestPort} for broker ${brokerIds.at(-1)} does not exist`)
  const cluster = new OwnedCluster(options, brokerIds)
  try {
    await cluster.startAll()
    return cluster
  } catch (error) {
    await cluster.close()
    throw error
  }
}

type LeaderChanged = Extract<ClusterEvent, { kind: 'leader-changed' }>

class OwnedCluster implements ClusterHost {
  readonly #options: ClusterOptions
  /** Opened once every broker has its port. */
  #directory: DataDirectory | undefined
  /** In the order of their ids. */
  #threads: readonly BrokerThread[]
  /** The ports are ours and nobody has closed it: a crash is something to get up from. */
  #isUp = false
  #isChanging = false
  /** The broker that is being removed: nobody else may start or end it meanwhile. */
  #leaving: number | undefined
  readonly #restarts = new RestartPolicy()
  readonly #restartTimers = new Map<number, NodeJS.Timeout>()
  readonly #eventListeners = new Set<(event: ClusterEvent) => void>()
  readonly #changeListeners = new Set<() => void>()
  /** What happened before anybody listened: the start itself. */
  readonly #unheard: ClusterEvent[] = []
  /** Since when a broker is lost, for how long its leaders take to move; until it is back. */
  readonly #lostAtMs = new Map<number, number>()

  constructor(options: ClusterOptions, brokerIds: readonly number[]) {
    this.#options = options
    this.#threads = brokerIds.map((brokerId) => this.#createThread(brokerId))
  }

  get bootstrap(): readonly string[] {
    return this.#threads.map(({ port }) => `${host}:${port}`)
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
    const late = setTimeout(() => this.#options.log?.(this.#whoIsMissing()), lateMs)
    // Who crashes while the others come up is started again like anybody later.
    this.#isUp = true
    let failures = 0
    const begin = (thread: BrokerThread): Promise<void> =>
      this.#begin(thread).catch((error) => {
        failures++
        // Without a majority nobody could be elected: the others would wait for ever.
        if (failures * 2 >= this.#threads.length) throw error
        this.#options.log?.(`${error.message}. The others start without it`)
      })
    await Promise.all(this.#threads.map(begin)).finally(() => clearTimeout(late))
  }

  #whoIsMissing(): string {
    const starting = this.#threads.filter(({ status }) => status.lifecycle === 'starting')
    const names = starting.map(({ brokerId }) => brokerId).join(', ')
    return `still waiting for brokers ${names}: perhaps too few are left of those that vote in the metadata quorum`
  }

  brokers(): readonly BrokerStatus[] {
    return this.#threads.map((thread) => thread.status)
  }

  async kill(brokerId: number): Promise<void> {
    this.#refuseLeaving(brokerId)
    this.#cancelRestart(brokerId)
    const thread = this.#thread(brokerId)
    this.#lostAtMs.set(brokerId, Date.now())
    // First of all: clients find their connections closed in a millisecond, and ask the others, whose links take longer to break.
    for (const other of this.#threads) if (other !== thread) other.post({ kind: 'peer-killed', brokerId })
    await thread.kill()
  }

  async pause(brokerId: number): Promise<void> {
    this.#refuseLeaving(brokerId)
    this.#lostAtMs.set(brokerId, Date.now())
    await this.#thread(brokerId).pause()
  }

  async resume(brokerId: number): Promise<void> {
    this.#lostAtMs.delete(brokerId)
    this.#thread(brokerId).resume()
  }

  async start(brokerId: number): Promise<void> {
    this.#refuseLeaving(brokerId)
    this.#restarts.forget(brokerId)
    await this.#startAgain(brokerId)
  }

  async stop(brokerId: number): Promise<void> {
    this.#refuseLeaving(brokerId)
    this.#cancelRestart(brokerId)
    await this.#thread(brokerId).stop(true)
  }

  addBroker(): Promise<number> {
    return this.#changing(async () => {
      const directory = this.#opened
      const brokerId = directory.addBroker()
      const before = this.#threads
      const thread = this.#createThread(brokerId)
      try {
        if (thread.port > portMax) throw new Error(`port ${thread.port} for broker ${brokerId} does not exist`)
        this.#threads = [...before, thread].sort((one, other) => one.brokerId - other.brokerId)
        await this.#startAgain(brokerId)
      } catch (error) {
        this.#cancelRestart(brokerId)
        await thread.kill()
        this.#threads = before
        directory.removeBroker(brokerId)
        throw error
      }
      await this.#followCount(before.length, thread)
      return brokerId
    })
  }

  removeBroker(brokerId: number): Promise<void> {
    return this.#changing(async () => {
      const thread = this.#thread(brokerId)
      const { lifecycle } = thread.status
      const helper = this.#threads.find((other) => other !== thread && other.status.lifecycle === 'running')
      if (helper === undefined) throw new Error(`broker ${brokerId} cannot be removed: no other broker runs`)
      if (lifecycle === 'paused') throw new Error(`broker ${brokerId} is paused; resume it first`)
      if (lifecycle === 'starting' || lifecycle === 'stopping') {
        throw new Error(`broker ${brokerId} is just ${lifecycle}; remove it when that is done`)
      }
      this.#leaving = brokerId
      try {
        await this.#takeOut(thread, helper, lifecycle === 'running')
      } finally {
        this.#leaving = undefined
      }
    })
  }

  async #takeOut(thread: BrokerThread, helper: BrokerThread, isRunning: boolean): Promise<void> {
    const { brokerId } = thread
    this.#cancelRestart(brokerId)
    await helper.ask({ kind: 'move-replicas', brokerId, isRunning })
    if (isRunning) {
      await thread.ask({ kind: 'leave-quorum' })
      await thread.stop(true)
    } else await helper.ask({ kind: 'remove-voter', brokerId })
    await helper.ask({ kind: 'forget-broker', brokerId })
    const before = this.#threads.length
    this.#threads = this.#threads.filter((other) => other !== thread)
    this.#restarts.forget(brokerId)
    this.#opened.removeBroker(brokerId)
    await this.#followCount(before, helper)
    this.#changed()
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
    this.#isUp = false
    for (const { brokerId } of this.#threads) this.#cancelRestart(brokerId)
    for (const thread of this.#threads) thread.resume()
    await Promise.all(this.#threads.map((thread) => thread.stop(false)))
    this.#directory?.release()
  }

  #refuseLeaving(brokerId: number): void {
    if (brokerId === this.#leaving) throw new Error(`broker ${brokerId} is being removed`)
  }

  #thread(brokerId: number): BrokerThread {
    const thread = this.#threads.find((each) => each.brokerId === brokerId)
    if (thread === undefined) throw new RangeError(`there is no broker ${brokerId}`)
    return thread
  }

  #createThread(brokerId: number): BrokerThread {
    return new BrokerThread(brokerId, portOf(this.#options, brokerId), {
      changed: () => this.#changed(),
      event: (event) => this.#happened(event),
      crashed: (reason, isDisk) => this.#crashed(brokerId, reason, isDisk),
      log: (line) => this.#options.log?.(line),
    })
  }

  async #startAgain(brokerId: number): Promise<void> {
    this.#cancelRestart(brokerId)
    const thread = this.#thread(brokerId)
    if (thread.isAlive) return
    const startedMs = performance.now()
    await thread.start()
    await this.#begin(thread)
    this.#happened({ kind: 'broker-started', brokerId, atMs: Date.now(), tookMs: performance.now() - startedMs })
  }

  /** Links it with those that have begun already. */
  #begin(thread: BrokerThread): Promise<void> {
    const { brokerId, port } = thread
    const others = this.#threads.filter((other) => other !== thread && other.hasBegun)
    const directory = this.#opened
    const brokerCount = this.#threads.length
    const everyId = Array.from({ length: brokerCountMax }, (_, index) => index + 1)
    const serving = thread.begin({
      brokerId,
      brokerCount,
      voters: directory.votersFor(brokerId),
      clusterId: directory.clusterId,
      directoryId: directory.directoryId(brokerId),
      host,
      port,
      directory: directory.brokerDirectory(brokerId),
      peerDirectories: Object.fromEntries(everyId.map((id) => [id, directory.brokerDirectory(id)])),
      settings: laptopSettings(brokerCount),
    })
    for (const other of others) {
      const { port1, port2 } = new MessageChannel()
      thread.post({ kind: 'peer', brokerId: other.brokerId, port: port1 }, [port1])
      other.post({ kind: 'peer', brokerId: thread.brokerId, port: port2 }, [port2])
    }
    return serving
  }

  /** The cluster is as large as it is, whether or not its settings follow. */
  async #followCount(before: number, asked: BrokerThread): Promise<void> {
    const after = this.#threads.length
    await asked.ask({ kind: 'follow-broker-count', before, after }).catch((error) => this.#options.log?.(error.message))
  }

  /** The quorum takes one change at a time. */
  async #changing<Result>(change: () => Promise<Result>): Promise<Result> {
    if (this.#isChanging) throw new Error('another broker is being added or removed')
    this.#isChanging = true
    try {
      return await change()
    } finally {
      this.#isChanging = false
    }
  }

  #crashed(brokerId: number, reason: string, isDisk: boolean): void {
    const atMs = Date.now()
    const comesBack = this.#isUp && brokerId !== this.#leaving
    const restartInMs = comesBack ? this.#restarts.crashed(brokerId, atMs, isDisk) : null
    this.#happened({ kind: 'broker-crashed', brokerId, atMs, reason, restartInMs })
    if (restartInMs === null) return
    const restart = (): void => {
      this.#startAgain(brokerId).catch((error) =>
        this.#options.log?.(`broker ${brokerId} did not start: ${error.message}`),
      )
    }
    this.#restartTimers.set(brokerId, setTimeout(restart, restartInMs))
  }

  #cancelRestart(brokerId: number): void {
    clearTimeout(this.#restartTimers.get(brokerId))
    this.#restartTimers.delete(brokerId)
  }

  #changed(): void {
    for (const listener of this.#changeListeners) listener()
  }

  #happened(event: ClusterEvent): void {
    if (event.kind === 'broker-crashed') this.#lostAtMs.set(event.brokerId, event.atMs)
    if (event.kind === 'broker-started') this.#lostAtMs.delete(event.brokerId)
    const told = event.kind === 'leader-changed' ? this.#explained(event) : event
    if (this.#eventListeners.size === 0) this.#unheard.push(told)
    for (const listener of this.#eventListeners) listener(told)
  }

  /** The controller sees that a leader is gone; why, and since when, is known here. */
  #explained(move: LeaderChanged): LeaderChanged {
    const lostAtMs = this.#lostAtMs.get(move.from)
    if (lostAtMs !== undefined) return { ...move, cause: 'lost', tookMs: Math.max(0, move.atMs - lostAtMs) }
    const lifecycle = this.#threads.find(({ brokerId }) => brokerId === move.from)?.status.lifecycle
    return lifecycle === 'stopping' || lifecycle === 'stopped' ? { ...move, cause: 'shut-down' } : move
  }
}
