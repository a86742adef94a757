// Makes trouble, a little at a time, and puts an end to it. What it may do is bounded by what the settings promise to survive:
//
// - Processes die, hang and come back as they like: the page cache keeps what they wrote.
// - A power loss takes what was not synced. Eligible leader replicas (KIP-966) make up for one at a time, also of the last
//   member of an ISR, as long as nobody else starts anew meanwhile: so it waits for a moment when everybody runs, though perhaps
//   held up or cut off, and after it nothing new happens until the controller has taken note and every partition is led.
// - A wiped disk waits for a whole cluster, too: a voter that forgot its votes is safe only among voters that agree.
import type { BrokerEvent } from '../../src-broker/core/broker.ts'
import type { Cluster } from './cluster.ts'
import type { Machine } from './machine.ts'
import type { FaultKind, Plan } from './plan.ts'
import { between, chance, pick } from './randoms.ts'
import { clockDrift, clockJump, sleep } from './trouble/clocks.ts'
import { cutBack } from './trouble/cut-back.ts'
import { blackout, laggard, powerLoss, wipe } from './trouble/data-loss.ts'
import { diskError, fullDisk, slowDisk } from './trouble/disks.ts'
import { overtaken } from './trouble/joins.ts'
import { electLeaders, shuffleLeaders, thereAndBack } from './trouble/leaders.ts'
import { breakLinks, bridge, cutPair, delay, isolate, oneWay, ring, split, starve } from './trouble/links.ts'
import { addBroker, alterConfigs, reassignment, removeBroker } from './trouble/membership.ts'
import { cleanStop, crash, pause, restartStorm } from './trouble/processes.ts'
import { Pursuit } from './trouble/pursuit.ts'
import { contestedVote, figureEight } from './trouble/raft-trials.ts'
import { bitRot, failingSync } from './trouble/rot.ts'
import { type Fault, Trouble } from './trouble/trouble.ts'
import { wholeStop } from './trouble/whole-stop.ts'

const faults: Readonly<Record<FaultKind, Fault>> = {
  crash,
  'power-loss': powerLoss,
  pause,
  'clean-stop': cleanStop,
  'restart-storm': restartStorm,
  isolate,
  'one-way': oneWay,
  split,
  bridge,
  ring,
  'break-links': breakLinks,
  'cut-pair': cutPair,
  delay,
  starve,
  laggard,
  'slow-disk': slowDisk,
  'full-disk': fullDisk,
  'disk-error': diskError,
  'cut-back': cutBack,
  wipe,
  'bit-rot': bitRot,
  'failing-sync': failingSync,
  'clock-jump': clockJump,
  'clock-drift': clockDrift,
  sleep,
  'elect-leaders': electLeaders,
  'shuffle-leaders': shuffleLeaders,
  'there-and-back': thereAndBack,
  overtaken,
  'contested-vote': contestedVote,
  'figure-8': figureEight,
  reassignment,
  'add-broker': addBroker,
  'remove-broker': removeBroker,
  'alter-configs': alterConfigs,
  'whole-stop': wholeStop,
}

/** They count themselves, when they have waited for their moment. */
const patient: ReadonlySet<FaultKind> = new Set([
  'power-loss',
  'wipe',
  'laggard',
  'bit-rot',
  'failing-sync',
  'there-and-back',
  'cut-back',
])

export class Nemesis {
  readonly #cluster: Cluster
  readonly #plan: Plan
  readonly #trouble: Trouble
  readonly #pursuit: Pursuit

  constructor(cluster: Cluster, plan: Plan, clientNodes: readonly number[], onWiped: (machine: Machine) => void) {
    this.#cluster = cluster
    this.#plan = plan
    this.#trouble = new Trouble(cluster, plan, clientNodes)
    this.#trouble.onWiped = onWiped
    this.#pursuit = new Pursuit(this.#trouble)
  }

  start(): void {
    this.#cluster.onMessage = (from, to, message) => this.#pursuit.sent(from, to, message)
    this.#later()
  }

  noticed(machine: Machine, event: BrokerEvent): void {
    this.#pursuit.noticed(machine, event)
  }

  /** No more of it: everything that was broken is mended, and whoever is down starts again. */
  heal(): void {
    this.#trouble.end()
    this.#cluster.network.heal()
    this.#cluster.starving.clear()
    for (const machine of this.#cluster.machines) {
      machine.resume()
      machine.clock.rate = 1
      machine.clockChanged()
      if (!machine.isUp && !this.#trouble.leaving.has(machine.id)) machine.start()
    }
  }

  #later(): void {
    const { random } = this.#trouble
    this.#trouble.after(this.#plan.faultEveryMs * between(random, 0.5, 1.5), () => {
      if (!this.#trouble.isGuarded) {
        // A quarter of the time nothing happens, so that there is something to break.
        if (chance(random, 0.75)) this.#strike(pick(random, this.#plan.faults))
        else if (this.#plan.hasBlackouts && chance(random, 0.3)) blackout(this.#trouble)
      }
      this.#later()
    })
  }

  #strike(kind: FaultKind): void {
    const target = this.#trouble.target()
    if (target === undefined) return
    if (patient.has(kind)) faults[kind](this.#trouble, target)
    else if (faults[kind](this.#trouble, target)) this.#trouble.note(kind, `on ${target.id}`)
  }
}
