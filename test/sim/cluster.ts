// The brokers and what joins them: links between each two, and the way in for clients.

import type { Random } from '../../src-broker/base/random.ts'
import type { BrokerEvent } from '../../src-broker/core/broker.ts'
import type { BrokerConfig } from '../../src-broker/core/config/broker-config.ts'
import type { PeerMessage } from '../../src-broker/core/peer.ts'
import { Machine, type MachineListener } from './machine.ts'
import { type End, type Link, Network } from './network.ts'
import { ServerConnection } from './server-connection.ts'
import type { SimDisk } from './sim-disk.ts'
import type { World } from './world.ts'

const reconnectMs = 60

export class Cluster implements MachineListener {
  readonly world: World
  readonly network: Network
  readonly machines: Machine[]
  readonly #make: (id: number) => Machine
  onEvent: (machine: Machine, event: BrokerEvent) => void = () => {}
  /** Before a life ends, for a last look. */
  onEnding: (machine: Machine) => void = () => {}
  /** Before a message leaves. */
  onMessage: (from: Machine, to: Machine, message: PeerMessage) => void = () => {}
  /** Partitions of which one replica is damaged, and whose. */
  readonly rotten = new Map<string, { readonly id: number }>()
  /** Brokers that cannot copy from others' files. */
  readonly starving = new Set<number>()
  readonly #links = new Map<string, { readonly link: Link<PeerMessage>; readonly lives: readonly number[] }>()
  readonly #connecting = new Set<string>()
  readonly #random: Random
  #nextId: number

  constructor(world: World, brokerIds: readonly number[], voters: readonly number[], config: BrokerConfig) {
    this.world = world
    this.network = new Network(world)
    this.#random = world.randoms.for('cluster')
    this.#nextId = Math.max(...brokerIds) + 1
    this.#make = (id) => new Machine(world, { id, voters, config }, this)
    this.machines = brokerIds.map(this.#make)
  }

  /** One more, of an id that nobody had before. */
  add(): Machine {
    const machine = this.#make(this.#nextId++)
    this.machines.push(machine)
    return machine
  }

  remove(machine: Machine): void {
    this.machines.splice(this.machines.indexOf(machine), 1)
  }

  machine(id: number): Machine | undefined {
    return this.machines.find((machine) => machine.id === id)
  }

  get running(): Machine[] {
    return this.machines.filter(({ isUp }) => isUp)
  }

  // ── machines come and go ──────────────────────────────────────────────────────────────────────────────────────────

  started(machine: Machine): void {
    const ends = new Map<number, PeerEnd>()
    machine.links = {
      isUp: (peer) => ends.has(peer),
      send: (to, message) => {
        const end = ends.get(to)
        if (end === undefined) return
        this.onMessage(machine, this.machine(to)!, message)
        end.send(message)
      },
    }
    machine.peerEnds = ends
    for (const other of this.machines) if (other !== machine) this.#connectLater(machine, other, 1)
  }

  ended(machine: Machine, silently: boolean): void {
    for (const link of this.network.linksOf(machine.id)) {
      if (!silently) link.leave(machine.id)
      else {
        link.vanish(machine.id)
        // Keepalives, or the next write, find out some time.
        this.world.after(500 + this.#random() * 8_000, () => link.break())
      }
    }
  }

  event(machine: Machine, event: BrokerEvent): void {
    this.onEvent(machine, event)
  }

  ending(machine: Machine): void {
    this.onEnding(machine)
  }

  diskFor(reader: Machine, brokerId: number): SimDisk | undefined {
    return this.starving.has(reader.id) ? undefined : this.machine(brokerId)?.disk
  }

  // ── links between brokers ─────────────────────────────────────────────────────────────────────────────────────────

  #connectLater(a: Machine, b: Machine, delayMs: number): void {
    const [first, second] = a.id < b.id ? [a, b] : [b, a]
    const key = `${first.id}-${second.id}`
    if (this.#connecting.has(key)) return
    this.#connecting.add(key)
    this.world.after(delayMs * (0.5 + this.#random()), () => {
      this.#connecting.delete(key)
      this.#connect(key, first, second)
    })
  }

  #connect(key: string, first: Machine, second: Machine): void {
    if (!first.isUp || !second.isUp) return // Whoever starts next tries again.
    const known = this.#links.get(key)
    if (known?.link.isOpen && known.lives[0] === first.life && known.lives[1] === second.life) return
    const isHeld = this.network.isHeld(first.id, second.id) || this.network.isHeld(second.id, first.id)
    if (isHeld) return this.#connectLater(first, second, reconnectMs)
    known?.link.break()
    const again = () => this.#connectLater(first, second, 5)
    const firstEnd = new PeerEnd(this.world, first, second.id, again)
    const secondEnd = new PeerEnd(this.world, second, first.id, again)
    const link = this.network.connect<PeerMessage>(first.id, firstEnd, second.id, secondEnd)
    this.#links.set(key, { link, lives: [first.life, second.life] })
  }

  // ── clients ───────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Opens a connection of a client's node to a broker. Refused (closed at once) where nobody listens. */
  connectClient(node: number, end: End<Uint8Array>, brokerId: number): void {
    this.world.after(this.network.delayMs(node, brokerId), () => {
      const machine = this.machine(brokerId)
      if (machine === undefined || !machine.isUp || this.network.isHeld(node, brokerId)) {
        this.world.after(1, () => end.closed())
        return
      }
      this.network.connect(node, end, brokerId, new ServerConnection(machine))
    })
  }
}

/** A broker's end of the link to a peer. What it hears reaches the broker in its turn of the event loop. */
export class PeerEnd implements End<PeerMessage> {
  readonly #world: World
  readonly #machine: Machine
  readonly #peer: number
  readonly #life: number
  readonly #lost: () => void
  #link: Link<PeerMessage> | undefined

  constructor(world: World, machine: Machine, peer: number, lost: () => void) {
    this.#world = world
    this.#machine = machine
    this.#peer = peer
    this.#life = machine.life
    this.#lost = lost
  }

  send(message: PeerMessage): void {
    this.#link?.send(this, message)
  }

  opened(link: Link<PeerMessage>): void {
    this.#link = link
    this.#enter((broker, ends) => {
      if (ends.delete(this.#peer)) broker.peerLost(this.#peer)
      ends.set(this.#peer, this)
      broker.peerUp(this.#peer)
    })
  }

  received(message: PeerMessage): void {
    this.#note(message)
    if (
      this.#world.isLogged &&
      !Array.isArray(message) &&
      'kind' in message &&
      /^(replica|controller|vote|fetch|begin|end)/.test(message.kind)
    ) {
      this.#world.log(() => `${this.#peer} -> ${this.#machine.id} ${JSON.stringify(message)}`)
    }
    this.#enter((broker, ends) => {
      if (ends.get(this.#peer) === this) broker.receive(this.#peer, message)
    })
  }

  closed(): void {
    this.#enter((broker, ends) => {
      if (ends.get(this.#peer) !== this) return
      ends.delete(this.#peer)
      broker.peerLost(this.#peer)
    })
    this.#lost()
  }

  #enter(work: (broker: NonNullable<Machine['broker']>, ends: Map<number, PeerEnd>) => void): void {
    const machine = this.#machine
    if (machine.life !== this.#life) return
    machine.enter((broker) => work(broker, machine.peerEnds))
  }

  #note(message: PeerMessage): void {
    const world = this.#world
    world.noteNumber(world.nowMs * 1_000)
    world.noteNumber(this.#machine.id * 16 + this.#peer)
    if (Array.isArray(message)) {
      for (const number of message as readonly number[]) world.noteNumber(number)
      return
    }
    for (const name in message) {
      const value: unknown = message[name as keyof PeerMessage]
      world.noteNumber(typeof value === 'number' ? value : typeof value === 'string' ? value.length : 1)
    }
  }
}
