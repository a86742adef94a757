// Trouble at the worst moment. What brokers say to each other gives away when that is: somebody has just begun to lead or to count
// on others, a vote has just been given, an ISR is about to grow. Chance alone would meet these moments too rarely.
import type { BrokerEvent } from '../../../src-broker/core/broker.ts'
import type { PeerMessage } from '../../../src-broker/core/peer.ts'
import type { ControllerRequest } from '../../../src-broker/core/quorum/messages.ts'
import { maySpare, newestImage } from '../health.ts'
import type { Machine } from '../machine.ts'
import { between, chance, pick } from '../randoms.ts'
import { bringAnotherLife, joinOf, keepUnaware, overtake } from './joins.ts'
import { hold } from './links.ts'
import type { Trouble } from './trouble.ts'

export class Pursuit {
  readonly #trouble: Trouble
  readonly #mayCrash: boolean
  readonly #mayHold: boolean
  readonly #mayLosePower: boolean

  constructor(trouble: Trouble) {
    this.#trouble = trouble
    const { faults, hasBlackouts } = trouble.plan
    this.#mayCrash = faults.includes('crash')
    this.#mayHold = this.#mayCrash && faults.includes('cut-pair')
    this.#mayLosePower = faults.includes('power-loss') && !hasBlackouts
  }

  // ── who has just begun to lead ────────────────────────────────────────────────────────────────────────────────────

  noticed(machine: Machine, { kind, ...event }: BrokerEvent): void {
    const trouble = this.#trouble
    if (kind === 'controller-elected') trouble.elected(machine)
    if (!this.#mayCrash || !trouble.mayStrike) return
    if (kind === 'controller-elected') return this.#elected(machine)
    if ((kind !== 'isr-changed' && kind !== 'leader-changed') || !chance(trouble.random, 0.08)) return
    const { topic, partition } = event as { readonly topic: string; readonly partition: number }
    trouble.after(trouble.random() * 15, () => {
      const leader = newestImage(trouble.cluster)?.partition(topic, partition)?.leader
      const leading = leader === undefined ? undefined : trouble.cluster.machine(leader)
      if (leading?.isUp !== true || !trouble.mayStrike) return
      trouble.note('crash', `on ${leading.id}, who leads ${topic}-${partition}`)
      trouble.crash(leading)
    })
  }

  /** The new controller is gone before it has said much, or anybody for a moment, to be asked again by the next candidate. */
  #elected(machine: Machine): void {
    const trouble = this.#trouble
    const { random, plan, cluster } = trouble
    const isLeader = chance(random, 0.5)
    if (!chance(random, isLeader ? 0.35 : 0.25)) return
    const victim = isLeader ? machine : pick(random, cluster.machines)
    trouble.after(isLeader ? random() * 4 * plan.networkDelayMs + 2 * random() : 0, () => {
      if (!victim.isUp || !trouble.mayStrike) return
      trouble.note('crash', `on ${victim.id} amid an election`)
      trouble.crash(victim, chance(random, 0.5) ? between(random, 0.5, 20) : between(random, 20, 600))
    })
  }

  // ── what is said ──────────────────────────────────────────────────────────────────────────────────────────────────

  sent(from: Machine, to: Machine, message: PeerMessage): void {
    if (Array.isArray(message) || !('kind' in message) || this.#trouble.isOver) return
    if (message.kind === 'replica-fetch' || message.kind === 'replica-fetch-response') return
    this.#trouble.sent(from, to, message)
    if (this.#mayCrash && message.kind === 'controller-request') this.#awaits(from, to)
    if (!this.#mayHold) return
    if (message.kind === 'vote' && message.preVote) this.#candidate(from, to)
    else if (message.kind === 'vote-response' && message.voteGranted && !message.preVote) this.#voted(from, to)
    else if (message.kind === 'controller-request') this.#asked(from, to, message)
  }

  /** Another voter hears of the candidate too late, and stands itself. */
  #candidate(candidate: Machine, voter: Machine): void {
    const { random, mayStrike } = this.#trouble
    if (!chance(random, 0.35) || !mayStrike) return
    const ms = between(random, 3, 60)
    hold(this.#trouble, { side: [candidate], other: [voter], to: true, from: false, ms })
  }

  /** It forgets everything but what is on its disk, and is asked by somebody else. */
  #voted(voter: Machine, candidate: Machine): void {
    const trouble = this.#trouble
    const { random, cluster } = trouble
    if (!chance(random, 0.5) || !trouble.mayStrike) return
    const other = cluster.machines.filter((machine) => machine !== voter && machine !== candidate)
    hold(trouble, { side: [candidate], other, to: true, from: false, ms: between(random, 3, 60) })
    trouble.after(0, () => {
      if (!voter.isUp || !trouble.mayStrike) return
      trouble.note('crash', `on ${voter.id}, who voted for ${candidate.id}`)
      trouble.crash(voter, between(random, 0.2, 4))
    })
  }

  /** Whoever asks the controller is gone before it decides, and back before it answers. */
  #awaits(from: Machine, controller: Machine): void {
    const trouble = this.#trouble
    const { random, cluster, plan } = trouble
    if (!chance(random, 0.01) || !trouble.mayStrike) return
    const other = cluster.machines.filter((machine) => machine !== from && machine !== controller)
    hold(trouble, {
      side: [controller],
      other,
      to: true,
      from: false,
      ms: 8 * plan.networkDelayMs + between(random, 2, 30),
    })
    trouble.after(1.6 * plan.networkDelayMs + 0.1, () => {
      if (!from.isUp || !trouble.mayStrike) return
      trouble.note('crash', `on ${from.id}, who waits for an answer of ${controller.id}`)
      trouble.crash(from, between(random, 0.1, 1))
    })
  }

  /** A leader asks the controller to let somebody into an ISR. */
  #asked(from: Machine, to: Machine, request: ControllerRequest): void {
    const trouble = this.#trouble
    const { random, cluster } = trouble
    if (!chance(random, 0.25) || !trouble.mayStrike) return
    const join = joinOf(cluster, from, to, request)
    if (join === undefined) return
    const turn = random()
    if (turn < 0.35) keepUnaware(trouble, join)
    else if (turn < 0.5) overtake(trouble, join)
    else if (this.#mayLosePower && join.joining !== to && maySpare(cluster, join.joining))
      bringAnotherLife(trouble, join)
  }
}
