// Makes trouble, a little at a time, and puts an end to it. What it may do is bounded by what the settings promise to survive:
//
// - Processes die, hang and come back as they like: the page cache keeps what they wrote.
// - A power loss takes what was not synced. Eligible leader replicas (KIP-966) make up for one at a time, also of the last
//   member of an ISR, as long as nobody else starts anew meanwhile: so it waits for a moment when everybody runs, though perhaps
//   held up or cut off, and after it nothing new happens until the controller has taken note and every partition is led.
// - A wiped disk waits for a whole cluster, too: a voter that forgot its votes is safe only among voters that agree.
import { DiskError } from '../../src-broker/base/disk.ts'
import { integerBelow, type Random } from '../../src-broker/base/random.ts'
import type { BrokerEvent } from '../../src-broker/core/broker.ts'
import type { Cluster } from './cluster.ts'
import { isTakenNoteOf, isWhole, maySpare, newestImage } from './health.ts'
import type { Machine } from './machine.ts'
import type { FaultKind, Plan } from './plan.ts'
import { between, chance, pick, shuffled } from './randoms.ts'
import { noDiskFaults } from './sim-disk.ts'
import type { World } from './world.ts'

/** How long a fault that takes data waits for the moment at which it may. */
const safeWithinMs = 15_000

export class Nemesis {
  readonly #cluster: Cluster
  readonly #world: World
  readonly #random: Random
  readonly #plan: Plan
  readonly #clientNodes: readonly number[]
  /** Undoes what lasts. */
  readonly #active = new Set<() => void>()
  #isOver = false
  /** While set, nothing else may go wrong. */
  #guarded: (() => boolean) | undefined
  onWiped: (machine: Machine) => void = () => {}

  constructor(cluster: Cluster, plan: Plan, clientNodes: readonly number[]) {
    this.#cluster = cluster
    this.#world = cluster.world
    this.#plan = plan
    this.#clientNodes = clientNodes
    this.#random = cluster.world.randoms.for('nemesis')
    for (const machine of cluster.machines) {
      machine.isInjected = () => machine.disk.faults !== noDiskFaults
    }
  }

  start(): void {
    this.#later()
  }

  /** No more of it: everything that was broken is mended, and whoever is down starts again. */
  heal(): void {
    this.#isOver = true
    for (const undo of [...this.#active]) undo()
    this.#cluster.network.heal()
    for (const machine of this.#cluster.machines) {
      machine.resume()
      machine.clock.rate = 1
      machine.clockChanged()
      if (!machine.isUp) machine.start()
    }
  }

  /** Somebody has just begun to lead, or to count on others: the worst moment to die. */
  noticed({ kind, ...event }: BrokerEvent): void {
    if (this.#isOver || this.#guarded !== undefined || !this.#plan.faults.includes('crash')) return
    if (kind === 'controller-elected') return this.#strikeVoter()
    if ((kind !== 'isr-changed' && kind !== 'leader-changed') || !chance(this.#random, 0.08)) return
    const { topic, partition } = event as { readonly topic: string; readonly partition: number }
    this.#world.after(this.#random() * 15, () => {
      const leader = newestImage(this.#cluster)?.partition(topic, partition)?.leader
      const machine = leader === undefined ? undefined : this.#cluster.machine(leader)
      if (this.#isOver || this.#guarded !== undefined || machine?.isUp !== true) return
      this.#world.countFault('crash')
      this.#world.log(() => `FAULT crash on ${machine.id}, who leads ${topic}-${partition}`)
      this.#crash(machine)
    })
  }

  /** One of those who have just voted is gone for a moment, and asked again by the next candidate. */
  #strikeVoter(): void {
    if (!chance(this.#random, 0.25)) return
    const machine = pick(this.#random, this.#cluster.machines)
    if (!machine.isUp) return
    this.#world.countFault('crash')
    this.#world.log(() => `FAULT crash on ${machine.id} amid an election`)
    machine.kill()
    this.#restartLater(machine, between(this.#random, 0.5, 20))
  }

  #later(): void {
    this.#world.after(this.#plan.faultEveryMs * between(this.#random, 0.5, 1.5), () => {
      if (this.#isOver) return
      if (this.#guarded === undefined || this.#guarded()) {
        this.#guarded = undefined
        // A quarter of the time nothing happens, so that there is something to break.
        if (chance(this.#random, 0.75)) this.#strike(pick(this.#random, this.#plan.faults))
        else if (this.#plan.hasBlackouts && chance(this.#random, 0.3)) this.#blackout()
      }
      this.#later()
    })
  }

  #strike(kind: FaultKind): void {
    if (kind === 'power-loss' || kind === 'wipe') return this.#whenSafe(kind)
    const target = this.#target()
    if (target === undefined) return
    if (this.#inflict(kind, target)) this.#world.countFault(kind)
  }

  /** False where it cannot be done now. */
  #inflict(kind: FaultKind, target: Machine): boolean {
    const random = this.#random
    const others = this.#cluster.machines.filter((machine) => machine !== target)
    this.#world.log(() => `FAULT ${kind} on ${target.id}`)
    switch (kind) {
      case 'crash':
        for (const machine of chance(random, 0.15) ? this.#cluster.running : [target]) this.#crash(machine)
        return true
      case 'restart-storm':
        this.#storm(target, 2 + integerBelow(random, 4))
        return true
      case 'clean-stop':
        return this.#stop(target)
      case 'pause':
        target.pause()
        this.#lasts(between(random, 200, 12_000), () => target.resume())
        return true
      case 'isolate':
        this.#hold([target], others, true, true, chance(random, 0.5))
        return true
      case 'one-way':
        this.#hold([target], others, chance(random, 0.5), false, chance(random, 0.3))
        return true
      case 'split': {
        const order = shuffled(random, this.#cluster.machines)
        const cut = 1 + integerBelow(random, order.length - 1)
        this.#hold(order.slice(0, cut), order.slice(cut), true, true, false)
        return true
      }
      case 'bridge': {
        const order = shuffled(random, others)
        const half = order.length >> 1
        this.#hold(order.slice(0, half), order.slice(half), true, true, false)
        return true
      }
      case 'ring':
        this.#ring(shuffled(random, this.#cluster.machines))
        return true
      case 'cut-pair':
        this.#hold([target], [pick(random, others)], true, chance(random, 0.4), false)
        return true
      case 'break-links':
        for (const link of this.#cluster.network.linksOf(target.id)) if (chance(random, 0.6)) link.break()
        return true
      case 'delay':
        this.#delay(target, between(random, 5, 700))
        return true
      case 'slow-disk':
        this.#slowDisk(target)
        return true
      case 'full-disk':
        target.disk.faults = { before: () => {}, freeBytes: integerBelow(random, 20_000) }
        this.#lasts(between(random, 500, 6_000), () => this.#diskWorks(target))
        return true
      case 'disk-error':
        return this.#diskErrors(target)
      case 'clock-jump':
        target.clock.wallOffsetMs = between(random, -1_500_000, 1_500_000)
        return true
      case 'clock-drift':
        target.clock.rate = between(random, 0.9, 1.1)
        target.clockChanged()
        return true
      case 'sleep':
        this.#sleep(between(random, 1_000, 600_000))
        return true
      case 'elect-leaders': {
        const request = { electionType: 0, topicPartitions: null, timeoutMs: 1_000 }
        target.enter((broker) => broker.quorum.request('ElectLeaders', request, 1_000, () => {}))
        return true
      }
      default:
        return false
    }
  }

  /** Somebody who runs: often the one who leads the quorum. */
  #target(): Machine | undefined {
    const { running } = this.#cluster
    if (running.length === 0) return undefined
    const controller = running.find(({ broker, id }) => broker?.quorum.controllerId === id)
    return controller !== undefined && chance(this.#random, 0.35) ? controller : pick(this.#random, running)
  }

  // ── processes ─────────────────────────────────────────────────────────────────────────────────────────────────────

  #crash(machine: Machine): void {
    machine.kill()
    this.#restartLater(machine)
  }

  #restartLater(
    machine: Machine,
    delayMs = between(this.#random, 20, chance(this.#random, 0.3) ? 10_000 : 1_500),
  ): void {
    this.#world.after(delayMs, () => {
      if (!machine.isUp) machine.start()
      // A disk that still fails may not let it.
      if (!machine.isUp) this.#restartLater(machine)
    })
  }

  #storm(machine: Machine, times: number): void {
    if (times === 0 || this.#isOver) return
    machine.kill()
    this.#world.after(between(this.#random, 5, 300), () => {
      machine.start()
      this.#world.after(between(this.#random, 1, 600), () => this.#storm(machine, times - 1))
    })
  }

  #stop(machine: Machine): boolean {
    if (!machine.isServing) return false
    machine.stop(5_000, () => this.#restartLater(machine))
    return true
  }

  // ── the network ───────────────────────────────────────────────────────────────────────────────────────────────────

  #hold(side: readonly Machine[], other: readonly Machine[], to: boolean, from: boolean, withClients: boolean): void {
    const { network } = this.#cluster
    const pairs: (readonly [number, number])[] = []
    const far = [...other.map(({ id }) => id), ...(withClients ? this.#clientNodes : [])]
    for (const { id } of side) {
      for (const there of far) {
        if (to) pairs.push([id, there])
        if (from || (!to && !from)) pairs.push([there, id])
      }
    }
    for (const [a, b] of pairs) network.hold(a, b)
    const breaks = chance(this.#random, 0.3)
    this.#lasts(between(this.#random, 100, 9_000), () => {
      for (const [a, b] of pairs) {
        // Held for too long, a connection is given up by one of its ends, and what was under way is lost.
        if (breaks) for (const link of network.linksOf(a, b)) link.break()
        network.release(a, b)
      }
    })
  }

  /** Everyone sees the next two: majorities where there are five, no two the same. */
  #ring(order: readonly Machine[]): void {
    for (const [index, machine] of order.entries()) {
      const unseen = order.filter((_, at) => {
        const distance = Math.min(
          (at - index + order.length) % order.length,
          (index - at + order.length) % order.length,
        )
        return at > index && distance > order.length / 4
      })
      if (unseen.length > 0) this.#hold([machine], unseen, true, true, false)
    }
  }

  #delay(target: Machine, extraDelayMs: number): void {
    const { network, machines } = this.#cluster
    for (const { id } of machines) {
      if (id === target.id) continue
      network.direction(id, target.id).extraDelayMs = extraDelayMs
      if (chance(this.#random, 0.7)) network.direction(target.id, id).extraDelayMs = extraDelayMs
    }
    this.#lasts(between(this.#random, 500, 8_000), () => {
      for (const { id } of machines) {
        network.direction(id, target.id).extraDelayMs = 0
        network.direction(target.id, id).extraDelayMs = 0
      }
    })
  }

  // ── disks ─────────────────────────────────────────────────────────────────────────────────────────────────────────

  #slowDisk(target: Machine): void {
    const random = this.#random
    const stallMs = between(random, 1, 60)
    target.syncMs = between(random, 20, 2_000)
    target.disk.faults = {
      freeBytes: Infinity,
      before: (operation) => {
        if (operation !== 'read' && chance(random, 0.2)) target.stall(stallMs)
      },
    }
    this.#lasts(between(random, 500, 6_000), () => {
      target.syncMs = 1
      this.#diskWorks(target)
    })
  }

  /** Reads and writes that fail now and then. A sync that fails loses what it was to keep: that is a case for #whenSafe. */
  #diskErrors(target: Machine): boolean {
    const random = this.#random
    const share = between(random, 0.002, 0.05)
    const failing = pick(random, ['read', 'write'] as const)
    target.disk.faults = {
      freeBytes: Infinity,
      before: (operation, path) => {
        if (operation === failing && chance(random, share)) throw new DiskError('EIO', path)
      },
    }
    this.#lasts(between(random, 300, 3_000), () => this.#diskWorks(target))
    return true
  }

  #diskWorks(target: Machine): void {
    target.disk.faults = noDiskFaults
    if (!target.isUp) this.#restartLater(target)
  }

  // ── what takes data ───────────────────────────────────────────────────────────────────────────────────────────────

  /** A power loss as soon as the others have all that is committed, a wiped disk when the cluster is whole; then time to mend. */
  #whenSafe(kind: 'power-loss' | 'wipe'): void {
    const untilMs = this.#world.nowMs + safeWithinMs
    let isMended: (() => boolean) | undefined
    const strike = (): boolean => {
      if (isMended !== undefined) return isMended()
      if (this.#world.nowMs > untilMs) return true
      const victim = pick(this.#random, this.#cluster.machines)
      if (kind === 'wipe' ? !this.#isCalm() : !maySpare(this.#cluster, victim)) return false
      const { brokerEpoch } = victim.broker!.quorum
      isMended = kind === 'wipe' ? () => this.#isCalm() : () => isTakenNoteOf(this.#cluster, victim, brokerEpoch)
      this.#world.countFault(kind)
      this.#world.log(() => `FAULT ${kind} on ${victim.id}`)
      if (kind === 'wipe') {
        victim.wipe()
        this.onWiped(victim)
      } else victim.losePower(chance(this.#random, 0.4))
      this.#restartLater(victim)
      return false
    }
    this.#guarded = strike
    if (strike()) this.#guarded = undefined
  }

  #isCalm(): boolean {
    return this.#active.size === 0 && isWhole(this.#cluster)
  }

  #blackout(): void {
    this.#world.countFault('blackout')
    this.#world.log(() => 'FAULT blackout')
    for (const machine of this.#cluster.running) {
      machine.losePower(false)
      this.#restartLater(machine)
    }
  }

  // ── time ──────────────────────────────────────────────────────────────────────────────────────────────────────────

  #sleep(ms: number): void {
    for (const machine of this.#cluster.machines) machine.clock.leap(ms)
    for (const machine of this.#cluster.machines) machine.clockChanged()
  }

  #lasts(ms: number, undo: () => void): void {
    const once = (): void => {
      if (this.#active.delete(once)) undo()
    }
    this.#active.add(once)
    this.#world.after(ms, once)
  }
}
