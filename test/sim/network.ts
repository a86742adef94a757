// Links as TCP has them: what is sent comes in order or not at all, and nothing is lost from the middle. A partition holds
// what is under way and delivers it when it heals; a break loses the end of what was sent, and both ends learn of it.
import type { Random } from '../../src-broker/base/random.ts'
import type { World } from './world.ts'

/** One end of a link. */
export interface End<Message> {
  /** The link is open, as this end sees it. */
  opened(link: Link<Message>): void
  received(message: Message): void
  /** Called once, also where the link never opened. */
  closed(): void
}

interface Direction {
  isHeld: boolean
  /** Added to the usual delay, milliseconds. */
  extraDelayMs: number
}

type Arrival<Message> =
  | { readonly kind: 'open' }
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'close' }

export class Network {
  readonly world: World
  readonly random: Random
  usualDelayMs = 0.05
  readonly #directions = new Map<number, Direction>()
  readonly #links = new Set<Link<never>>()

  constructor(world: World) {
    this.world = world
    this.random = world.randoms.for('network')
  }

  /** Both ends hear of it when the other one's greeting arrives; the caller has made sure that the other one listens. */
  connect<Message>(from: number, fromEnd: End<Message>, to: number, toEnd: End<Message>): Link<Message> {
    const link = new Link<Message>(this, from, fromEnd, to, toEnd)
    this.#links.add(link as unknown as Link<never>)
    return link
  }

  forget(link: Link<never>): void {
    this.#links.delete(link)
  }

  direction(from: number, to: number): Direction {
    const key = from * 1024 + to
    let direction = this.#directions.get(key)
    if (direction === undefined) {
      direction = { isHeld: false, extraDelayMs: 0 }
      this.#directions.set(key, direction)
    }
    return direction
  }

  isHeld(from: number, to: number): boolean {
    return this.direction(from, to).isHeld
  }

  hold(from: number, to: number): void {
    this.direction(from, to).isHeld = true
  }

  release(from: number, to: number): void {
    const direction = this.direction(from, to)
    if (!direction.isHeld) return
    direction.isHeld = false
    for (const link of [...this.#links]) link.released(from, to)
  }

  heal(): void {
    for (const [key, direction] of this.#directions) {
      direction.extraDelayMs = 0
      this.release(key >> 10, key & 1023)
    }
  }

  /** Links between two nodes, or of one with anybody. */
  linksOf(node: number, other?: number): Link<never>[] {
    return [...this.#links].filter((link) => link.joins(node, other))
  }

  delayMs(from: number, to: number): number {
    const { extraDelayMs } = this.direction(from, to)
    return this.usualDelayMs * (0.5 + this.random()) + (extraDelayMs === 0 ? 0 : extraDelayMs * this.random())
  }
}

export class Link<Message> {
  readonly #network: Network
  readonly #nodes: readonly [number, number]
  readonly #ends: [End<Message> | undefined, End<Message> | undefined]
  /** Under way, in order, by the side that sent it. */
  readonly #underWay: [Arrival<Message>[], Arrival<Message>[]] = [[], []]
  /** How many of those should have arrived, were the direction not held. */
  readonly #due: [number, number] = [0, 0]
  readonly #lastArrivalMs: [number, number] = [0, 0]
  isOpen = true

  constructor(network: Network, from: number, fromEnd: End<Message>, to: number, toEnd: End<Message>) {
    this.#network = network
    this.#nodes = [from, to]
    this.#ends = [fromEnd, toEnd]
    this.#post(0, { kind: 'open' })
    this.#post(1, { kind: 'open' })
  }

  joins(node: number, other?: number): boolean {
    const [a, b] = this.#nodes
    return other === undefined ? a === node || b === node : (a === node && b === other) || (a === other && b === node)
  }

  send(by: End<Message>, message: Message): void {
    const side = this.#sideOf(by)
    if (side !== undefined && this.isOpen) this.#post(side, { kind: 'message', message })
  }

  /** This end leaves: what it sent before still arrives, nothing arrives here any more. */
  close(by: End<Message>): void {
    const side = this.#sideOf(by)
    if (side === undefined) return
    this.#ends[side] = undefined
    this.#post(side, { kind: 'close' })
  }

  /** As `close`, of whichever end the node has. */
  leave(node: number): void {
    for (const side of [0, 1] as const) {
      const end = this.#nodes[side] === node ? this.#ends[side] : undefined
      if (end !== undefined) this.close(end)
    }
  }

  /** The end vanishes without a word, as in a power loss: the other one finds out in time, or when somebody breaks the link. */
  vanish(node: number): void {
    for (const side of [0, 1] as const) if (this.#nodes[side] === node) this.#ends[side] = undefined
  }

  /** Reset: what is under way is lost, and both ends are told. */
  break(): void {
    if (!this.isOpen) return
    this.isOpen = false
    this.#network.forget(this as unknown as Link<never>)
    for (const side of [0, 1] as const) {
      const end = this.#ends[side]
      this.#ends[side] = undefined
      if (end !== undefined) this.#network.world.after(this.#network.random(), () => end.closed())
    }
  }

  released(from: number, to: number): void {
    for (const side of [0, 1] as const) {
      if (this.#nodes[side] !== from || this.#nodes[1 - side] !== to) continue
      const due = this.#due[side]
      this.#due[side] = 0
      for (let count = 0; count < due; count++) this.#schedule(side)
    }
  }

  #sideOf(end: End<Message>): 0 | 1 | undefined {
    return this.#ends[0] === end ? 0 : this.#ends[1] === end ? 1 : undefined
  }

  #post(side: 0 | 1, arrival: Arrival<Message>): void {
    this.#underWay[side].push(arrival)
    this.#schedule(side)
  }

  /** Whenever it is due, it is the oldest under way that arrives. */
  #schedule(side: 0 | 1): void {
    const from = this.#nodes[side]
    const to = this.#nodes[1 - side]!
    const { world } = this.#network
    const atMs = Math.max(this.#lastArrivalMs[side], world.nowMs + this.#network.delayMs(from, to))
    this.#lastArrivalMs[side] = atMs
    world.at(atMs, () => {
      if (!this.isOpen) return
      if (this.#network.isHeld(from, to)) this.#due[side]++
      else this.#arrive(side, this.#underWay[side].shift()!)
    })
  }

  #arrive(side: 0 | 1, arrival: Arrival<Message>): void {
    const end = this.#ends[1 - side]
    if (arrival.kind === 'close') {
      this.isOpen = false
      this.#network.forget(this as unknown as Link<never>)
      this.#ends[1 - side] = undefined
      end?.closed()
    } else if (arrival.kind === 'open') end?.opened(this)
    else end?.received(arrival.message)
  }
}
