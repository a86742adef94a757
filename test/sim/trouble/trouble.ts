// What all kinds of trouble share: whom it meets, what lasts for a while and how it ends, and who is started again.
import type { Random } from '../../../src-broker/base/random.ts'
import type { QuorumMessage } from '../../../src-broker/core/quorum/messages.ts'
import type { Cluster } from '../cluster.ts'
import { isWhole } from '../health.ts'
import type { Machine } from '../machine.ts'
import type { Plan } from '../plan.ts'
import { between, chance, pick } from '../randoms.ts'
import type { World } from '../world.ts'

type Listener = (from: Machine, to: Machine, message: QuorumMessage) => void

/** Does its harm, or returns false where it cannot now. */
export type Fault = (trouble: Trouble, target: Machine) => boolean

/** How often a condition is looked at, where nothing else is said. */
const lookEveryMs = 5

export class Trouble {
  readonly cluster: Cluster
  readonly world: World
  readonly random: Random
  readonly plan: Plan
  readonly clientNodes: readonly number[]
  isOver = false
  /** While set, nothing else may go wrong; true once it may again. */
  isMended: (() => boolean) | undefined
  onWiped: (machine: Machine) => void = () => {}
  /** Brokers that are about to be struck off. */
  readonly leaving = new Set<number>()
  /** Undoes what lasts. */
  readonly #active = new Set<() => void>()

  constructor(cluster: Cluster, plan: Plan, clientNodes: readonly number[]) {
    this.cluster = cluster
    this.world = cluster.world
    this.plan = plan
    this.clientNodes = clientNodes
    this.random = cluster.world.randoms.for('nemesis')
  }

  note(kind: string, what: string): void {
    this.world.countFault(kind)
    this.world.log(() => `FAULT ${kind} ${what}`)
  }

  // ── what may be done now ──────────────────────────────────────────────────────────────────────────────────────────

  get isGuarded(): boolean {
    if (this.isMended?.() === true) this.isMended = undefined
    return this.isMended !== undefined
  }

  get isCalm(): boolean {
    return this.#active.size === 0 && isWhole(this.cluster)
  }

  get mayStrike(): boolean {
    return !this.isOver && !this.isGuarded
  }

  /** Somebody who runs: often the one who leads the quorum. */
  target(): Machine | undefined {
    const { running } = this.cluster
    if (running.length === 0) return undefined
    const controller = running.find(({ broker, id }) => broker?.quorum.controllerId === id)
    return controller !== undefined && chance(this.random, 0.35) ? controller : pick(this.random, running)
  }

  // ── what lasts ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Until `undo` is called, or the peace. Returns what ends it before. */
  lasts(ms: number, undo: () => void): () => void {
    const once = (): void => {
      if (this.#active.delete(once)) undo()
    }
    this.#active.add(once)
    this.world.after(ms, once)
    return once
  }

  end(): void {
    this.isOver = true
    for (const undo of [...this.#active]) undo()
  }

  /** As soon as `isSo`, unless that takes longer or peace comes first. */
  when(isSo: () => boolean, withinMs: number, action: () => void, everyMs = lookEveryMs): void {
    const untilMs = this.world.nowMs + withinMs
    const look = (): void => {
      if (this.isOver || this.world.nowMs > untilMs) return
      if (isSo()) action()
      else this.world.after(everyMs, look)
    }
    look()
  }

  after(ms: number, action: () => void): void {
    this.world.after(ms, () => {
      if (!this.isOver) action()
    })
  }

  /** Nothing else goes wrong for so long, or until what it returns is called. */
  guard(ms: number): () => void {
    const untilMs = this.world.nowMs + ms
    let isOver = false
    this.isMended = () => isOver || this.world.nowMs > untilMs
    return () => {
      isOver = true
    }
  }

  // ── what brokers say and do ───────────────────────────────────────────────────────────────────────────────────────

  readonly #listeners = new Set<Listener>()
  readonly #electionListeners = new Set<(leader: Machine) => void>()

  /** Hears every message of the quorum before it leaves. */
  listen(ms: number, listener: Listener): void {
    this.#listeners.add(listener)
    this.world.after(ms, () => this.#listeners.delete(listener))
  }

  /** Hears of every new controller. */
  elections(ms: number, listener: (leader: Machine) => void): void {
    this.#electionListeners.add(listener)
    this.world.after(ms, () => this.#electionListeners.delete(listener))
  }

  sent(from: Machine, to: Machine, message: QuorumMessage): void {
    for (const listener of [...this.#listeners]) listener(from, to, message)
  }

  elected(leader: Machine): void {
    for (const listener of [...this.#electionListeners]) listener(leader)
  }

  // ── used by many ──────────────────────────────────────────────────────────────────────────────────────────────────

  crash(machine: Machine, delayMs?: number): void {
    machine.kill()
    this.restartLater(machine, delayMs)
  }

  restartLater(machine: Machine, delayMs = between(this.random, 20, chance(this.random, 0.3) ? 10_000 : 1_500)): void {
    this.world.after(delayMs, () => {
      if (!this.cluster.machines.includes(machine)) return
      // The host starts nobody who is being removed.
      if (!machine.isUp && !this.leaving.has(machine.id)) machine.start()
      // A disk that still fails may not let it.
      if (!machine.isUp) this.restartLater(machine)
    })
  }

  /** For so long it copies nothing from anybody, though everybody hears of it: a follower that falls behind. */
  starve(reader: Machine, ms: number): void {
    const { starving } = this.cluster
    starving.add(reader.id)
    this.lasts(ms, () => starving.delete(reader.id))
  }
}
