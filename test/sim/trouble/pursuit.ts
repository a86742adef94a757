// Trouble at the worst moment. What brokers say to each other gives away when that is: somebody has just begun to lead or to count
// on others, a vote has just been given, an ISR is about to grow. Chance alone would meet these moments too rarely.
import type { BrokerEvent } from '../../../src-broker/core/broker.ts'
import type { PeerMessage } from '../../../src-broker/core/peer.ts'
import type { ControllerRequest } from '../../../src-broker/core/quorum/messages.ts'
import { maySpare, newestImage } from '../health.ts'
import type { Machine } from '../machine.ts'
import { between, chance, pick } from '../randoms.ts'
import { losePower } from './data-loss.ts'
import { moveLeader } from './leaders.ts'
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
    if (!this.#mayHold) return
    if (message.kind === 'vote' && message.preVote) this.#candidate(from, to)
    else if (message.kind === 'vote-response' && message.voteGranted && !message.preVote) this.#voted(from, to)
    else if (message.kind === 'controller-request' && message.api === 'AlterPartition') this.#asked(from, to, message)
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
      if (!voter.isUp) return
      trouble.note('crash', `on ${voter.id}, who voted for ${candidate.id}`)
      trouble.crash(voter, between(random, 0.2, 4))
    })
  }

  /** A leader asks the controller to let somebody into an ISR. */
  #asked(leader: Machine, controller: Machine, { body }: ControllerRequest): void {
    const trouble = this.#trouble
    const { random, cluster } = trouble
    if (!chance(random, 0.25) || !trouble.mayStrike) return
    const joining = joinerOf(cluster, body as AlterPartition)
    if (joining === undefined || joining === leader || !joining.isUp) return
    const turn = random()
    if (turn < 0.35) return this.#keepUnaware(leader, controller, joining)
    if (turn < 0.5) return this.#overtake(leader, controller, joining)
    if (this.#mayLosePower && joining !== controller && maySpare(cluster, joining)) {
      this.#bringAnotherLife(leader, controller, joining)
    }
  }

  /** The controller lets it in, and the leader does not hear of it; then the leader dies. */
  #keepUnaware(leader: Machine, controller: Machine, joining: Machine): void {
    const trouble = this.#trouble
    const { random } = trouble
    const ms = between(random, 300, 3_000)
    hold(trouble, { side: [controller], other: [leader], to: true, from: false, ms: ms + 200 })
    trouble.starve(joining, ms + between(random, 0, 3_000))
    this.#killLater(leader, ms, `${joining.id} joins an ISR of`)
  }

  /** The one that caught up loses its power, and comes back with less, before the controller hears that it had caught up. */
  #bringAnotherLife(leader: Machine, controller: Machine, joining: Machine): void {
    const trouble = this.#trouble
    const { random, cluster } = trouble
    const { brokerEpoch } = joining.broker!.quorum
    const release = hold(trouble, { side: [leader], other: [controller], to: true, from: false, ms: 4_000 })
    trouble.starve(joining, between(random, 500, 4_000))
    trouble.after(0, () => {
      if (!joining.isUp || joining.broker!.quorum.brokerEpoch !== brokerEpoch || !maySpare(cluster, joining)) {
        return release()
      }
      trouble.isMended = losePower(trouble, joining, between(random, 1, 20))
      const isBack = (): boolean => {
        const registered = newestImage(cluster)?.brokers.get(joining.id)
        return registered !== undefined && registered.epoch !== brokerEpoch && !registered.fenced
      }
      trouble.when(isBack, 3_500, () => {
        release()
        this.#killLater(leader, between(random, 5, 400), `another life of ${joining.id} joins an ISR of`)
      })
    })
  }

  /** Somebody else leads by the time the controller hears of it, and the one that was to join has fallen behind. */
  #overtake(leader: Machine, controller: Machine, joining: Machine): void {
    const trouble = this.#trouble
    const { random, cluster, plan } = trouble
    const led = [...(newestImage(cluster)?.partitions() ?? [])].filter(
      ({ partition }) =>
        partition.leader === leader.id && partition.isr.length > 1 && partition.replicas.includes(joining.id),
    )
    if (led.length === 0) return
    const { topic, partition } = pick(random, led)
    const next = cluster.machine(partition.isr.find((id) => id !== leader.id && id !== joining.id) ?? -1)
    if (next === undefined) return
    const ms = plan.replicaLagTimeMaxMs + between(random, 800, 2_500)
    trouble.note('cut-pair', `between ${leader.id} and ${controller.id}: ${joining.id} is about to join`)
    hold(trouble, { side: [leader], other: [controller], to: true, from: false, ms })
    trouble.starve(joining, ms + 2_000)
    trouble.guard(ms)
    trouble.after(between(random, 5, 100), () => {
      moveLeader(controller, topic.name, partition.partition, [next.id, joining.id, leader.id])
    })
    this.#killLater(next, ms + between(random, 5, 200), `${leader.id} has let ${joining.id} into the ISR of`)
  }

  #killLater(machine: Machine, ms: number, why: string): void {
    const trouble = this.#trouble
    trouble.after(ms, () => {
      if (!machine.isUp || !trouble.mayStrike) return
      trouble.note('crash', `on ${machine.id}: ${why} its`)
      trouble.crash(machine)
    })
  }
}

interface AlterPartition {
  readonly topics: readonly {
    readonly topicId: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly newIsrWithEpochs: readonly { readonly brokerId: number }[]
    }[]
  }[]
}

function joinerOf(cluster: Trouble['cluster'], { topics }: AlterPartition): Machine | undefined {
  const image = newestImage(cluster)
  for (const { topicId, partitions } of topics) {
    const topic = image?.topicsById.get(topicId)
    for (const { partitionIndex, newIsrWithEpochs } of partitions) {
      const isr = topic?.partitions[partitionIndex]?.isr ?? []
      const joining = newIsrWithEpochs.find(({ brokerId }) => !isr.includes(brokerId))
      if (joining !== undefined) return cluster.machine(joining.brokerId)
    }
  }
  return undefined
}
