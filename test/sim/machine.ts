// One machine with one broker on it: its disk, its clocks, its turn of the event loop, and the deaths it can die. The broker is
// the product's own, whole; this stands where runtime/broker-worker.ts and runtime/gateway.ts stand otherwise.
import { routes } from '../../src-broker/api/index.ts'
import type { Deadline } from '../../src-broker/base/deadlines.ts'
import { DiskError } from '../../src-broker/base/disk.ts'
import type { Random } from '../../src-broker/base/random.ts'
import { randomUuid, type Uuid, zeroUuid } from '../../src-broker/base/uuid.ts'
import { compress } from '../../src-broker/client/compress.ts'
import { decompress } from '../../src-broker/client/compression.ts'
import { Broker, type BrokerEvent } from '../../src-broker/core/broker.ts'
import type { BrokerConfig } from '../../src-broker/core/config/broker-config.ts'
import type { Env } from '../../src-broker/core/env.ts'
import type { Links } from '../../src-broker/core/links.ts'
import { MetadataDamaged } from '../../src-broker/core/quorum/metadata-damaged.ts'
import type { WireWriter } from '../../src-broker/protocol/writer.ts'
import { SimClock } from './clock.ts'
import type { PeerEnd } from './cluster.ts'
import { SimPeerFile } from './peer-file.ts'
import type { ServerConnection } from './server-connection.ts'
import { noDiskFaults, SimDisk } from './sim-disk.ts'
import { checksum, type World } from './world.ts'

export interface MachineListener {
  started(machine: Machine): void
  /** It is gone; `silently` where its peers are not told. */
  ended(machine: Machine, silently: boolean): void
  event(machine: Machine, event: BrokerEvent): void
  ending(machine: Machine): void
  /** Undefined where it cannot be read now. */
  diskFor(reader: Machine, brokerId: number): SimDisk | undefined
}

export interface MachineOptions {
  readonly id: number
  readonly voters: readonly number[]
  readonly config: BrokerConfig
}

const turnMs = 0.02

const apis = [...routes.values()].map(({ api }) => api)

export class Machine {
  readonly id: number
  readonly disk = new SimDisk()
  readonly clock: SimClock
  readonly #world: World
  readonly #options: MachineOptions
  readonly #listener: MachineListener
  readonly #random: Random
  readonly #syncRandom: Random
  #directoryId: Uuid
  broker: Broker | undefined
  /** Raised with every start: what belonged to an earlier life does nothing. */
  life = 0
  /** Of the life it has, as the controller is told. */
  incarnationId: Uuid = zeroUuid
  isServing = false
  isPaused = false
  /** When its last life ended. */
  endedMs = 0
  /** Usual time of a sync in the background, and of a slow disk. */
  syncMs = 1
  /** Nothing runs before: the thread waits for its disk. */
  busyUntilMs = 0
  links: Links = { isUp: () => false, send: () => {} }
  /** The open links to peers, of this life. */
  peerEnds = new Map<number, PeerEnd>()
  readonly #connections = new Set<ServerConnection>()
  #waiting: ((broker: Broker) => void)[] = []
  #toFlush: { readonly connection: ServerConnection; readonly frame: Uint8Array }[] = []
  #isTurnScheduled = false
  #wake: Deadline | undefined

  constructor(world: World, options: MachineOptions, listener: MachineListener) {
    this.#world = world
    this.#options = options
    this.#listener = listener
    this.id = options.id
    this.#random = world.randoms.for(`machine ${options.id}`)
    this.#syncRandom = world.randoms.for(`sync ${options.id}`)
    this.clock = new SimClock(world, 1_000 + this.#random() * 1_000_000)
    this.#directoryId = randomUuid(this.#random)
  }

  get frames(): WireWriter {
    return this.#world.frames
  }

  get isUp(): boolean {
    return this.broker !== undefined
  }

  // ── lives and deaths ──────────────────────────────────────────────────────────────────────────────────────────────

  start(): void {
    if (this.broker !== undefined) return
    const life = ++this.life
    this.isServing = false
    this.busyUntilMs = 0
    const env: Env = {
      wallMs: () => this.clock.wallMs(),
      monotonicMs: () => this.clock.monotonicMs(),
      random: this.#random,
      disk: this.disk,
      crc32c: checksum,
      compress,
      decompress,
      openPeerFile: (brokerId, path) => new SimPeerFile(() => this.#listener.diskFor(this, brokerId), path),
    }
    const { id, voters, config } = this.#options
    this.incarnationId = randomUuid(this.#random)
    this.#guard(() => {
      const broker = new Broker(
        {
          brokerId: id,
          voters,
          clusterId: 'simulated',
          incarnationId: this.incarnationId,
          directoryId: this.#directoryId,
          directory: '/simulated',
          host: 'simulated',
          port: 9000 + id,
          config,
          apis,
        },
        env,
        {
          isUp: (peer) => this.links.isUp(peer),
          send: (to, message) => {
            if (this.life === life) this.links.send(to, message)
            else this.#world.fail('dead-speaks', `a former life of broker ${id} sends to ${to}`)
          },
        },
        {
          sync: (path, done) => this.#sync(life, path, done),
          event: (event) => this.#listener.event(this, event),
          serving: () => {
            this.isServing = true
            for (const connection of [...this.#connections]) connection.serve(this.broker!)
          },
        },
      )
      this.broker = broker
      this.#world.log(() => `broker ${id} starts`)
      this.#listener.started(this)
      broker.start()
      this.#scheduleTurnEnd()
    })
  }

  /** The process ends where it stands; the page cache keeps what it wrote. */
  kill(): void {
    this.#end(false)
  }

  losePower(silently: boolean): void {
    this.#end(silently)
    this.disk.losePower(this.#random)
  }

  /** Everything it had is gone, and its directory is a new one. */
  wipe(): void {
    this.#end(false)
    this.disk.wipe()
    this.#directoryId = randomUuid(this.#random)
  }

  /** Controlled shutdown; `done` once the process has ended. */
  stop(timeoutMs: number, done: () => void): void {
    const { life } = this
    const end = (): void => {
      if (this.life !== life) return
      this.#end(false)
      done()
    }
    // The turn in which it is done goes on to its end.
    this.enter((broker) =>
      broker.shutDown(
        timeoutMs,
        () => {},
        () => this.#world.after(0, end),
      ),
    )
  }

  pause(): void {
    this.isPaused = true
  }

  resume(): void {
    this.isPaused = false
    this.#catchUp()
  }

  /** `isAmidTurn`: what it holds in memory may be half of something. */
  #end(silently: boolean, isAmidTurn = false): void {
    if (this.broker === undefined) return
    if (!isAmidTurn) this.#listener.ending(this)
    this.broker = undefined
    this.endedMs = this.#world.nowMs
    this.life++
    this.isServing = false
    this.isPaused = false
    this.#waiting = []
    this.#toFlush = []
    this.#isTurnScheduled = false
    this.#wake?.cancel()
    this.#connections.clear()
    this.#listener.ended(this, silently)
  }

  // ── the event loop ────────────────────────────────────────────────────────────────────────────────────────────────

  /** Something reaches the broker: now, or when its thread runs again. */
  enter(work: (broker: Broker) => void): void {
    if (this.broker === undefined) return
    if (this.isPaused || this.#world.nowMs < this.busyUntilMs) this.#waiting.push(work)
    else this.#run(work)
  }

  #run(work: (broker: Broker) => void): void {
    this.#guard(() => {
      if (this.broker !== undefined) work(this.broker)
    })
    if (work !== this.#endTurn) this.#scheduleTurnEnd()
  }

  #catchUp(): void {
    while (this.#waiting.length > 0 && !this.isPaused && this.#world.nowMs >= this.busyUntilMs) {
      this.#run(this.#waiting.shift()!)
    }
    this.#scheduleWake()
  }

  /** The disk keeps the thread for so long. */
  stall(ms: number): void {
    const life = this.life
    this.busyUntilMs = Math.max(this.busyUntilMs, this.#world.nowMs) + ms
    this.#world.at(this.busyUntilMs, () => {
      if (this.life === life) this.#catchUp()
    })
  }

  #scheduleTurnEnd(): void {
    if (this.#isTurnScheduled || this.broker === undefined) return
    this.#isTurnScheduled = true
    const { life } = this
    this.#world.after(turnMs, () => {
      if (this.life === life) this.enter(this.#endTurn)
    })
  }

  readonly #endTurn = (broker: Broker): void => {
    this.#isTurnScheduled = false
    const hasMore = broker.endTurn()
    if (this.#toFlush.length > 0) for (const { connection, frame } of this.#toFlush.splice(0)) connection.send(frame)
    if (hasMore) this.#scheduleTurnEnd()
    this.#scheduleWake()
  }

  #scheduleWake(): void {
    const { broker, life } = this
    if (broker === undefined) return
    const atMs = this.clock.trueMs(broker.deadlines.nextMs)
    if (this.#wake?.isOver === false && this.#wake.atMs <= atMs) return
    this.#wake?.cancel()
    if (atMs === Infinity) return
    // A little late, never early: no clock is exact, and a deadline must be over when it is looked at.
    this.#wake = this.#world.at(atMs + 0.01, () => {
      if (this.life !== life) return
      this.enter((running) => running.deadlines.run(this.clock.monotonicMs()))
    })
  }

  /** The clock was changed: what was to happen may be due earlier. */
  clockChanged(): void {
    this.#wake?.cancel()
    this.#scheduleWake()
  }

  /** A bug in the core ends the run; an injected failure of the disk ends the broker, as it would end its thread. */
  #guard(work: () => void): void {
    try {
      work()
    } catch (error) {
      if (error instanceof MetadataDamaged && this.isRotten) return this.#refused(error)
      if (error instanceof DiskError && this.disk.faults !== noDiskFaults) {
        this.#world.log(() => `broker ${this.id} crashes: ${error.message}`)
        this.#end(false, true)
        return
      }
      const reason = error instanceof Error ? (error.stack ?? error.message) : String(error)
      this.#world.fail('broker-crashed', `broker ${this.id}: ${reason}`)
    }
  }

  /** A bit of its disk has been flipped. */
  isRotten = false

  #refused(error: MetadataDamaged): void {
    this.#world.log(() => `broker ${this.id} does not start: ${error.message}`)
    this.broker = undefined
    this.life++
  }

  #sync(life: number, path: string, done: () => void): void {
    const delayMs = this.syncMs * (0.2 + 1.6 * this.#syncRandom())
    const finish = this.disk.beginSync(path)
    this.#world.after(delayMs, () => {
      if (this.life !== life) return
      // The disk works on while the thread is held; only the news of it waits.
      this.#guard(() => {
        finish()
        this.enter(() => done())
      })
    })
  }

  // ── clients ───────────────────────────────────────────────────────────────────────────────────────────────────────

  accepted(connection: ServerConnection): void {
    this.#connections.add(connection)
  }

  connectionGone(connection: ServerConnection): void {
    this.#connections.delete(connection)
  }

  flushLater(connection: ServerConnection, frame: Uint8Array): void {
    this.#toFlush.push({ connection, frame })
    this.#scheduleTurnEnd()
  }
}
