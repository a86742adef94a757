// Leaders ask the controller to change their ISR (AlterPartition, KIP-497), all of a turn in one request.
import type { Deadlines } from '../../base/deadlines.ts'
import { errors } from '../../protocol/errors.ts'
import type { Env } from '../env.ts'
import { noteIdle, wantedIsr } from './leader.ts'
import type { Partition } from './partition.ts'
import type { Leader } from './role.ts'

/** How often leaders look for followers that fell behind. */
const checkEveryMs = 500
const retryMs = 100
/** Who has not looked for so long has not run either, and could have heard of nobody: the machine slept. */
const gapMs = 3 * checkEveryMs

export interface IsrProposal {
  readonly partition: Partition
  readonly leaderEpoch: number
  readonly partitionEpoch: number
  readonly newIsr: readonly number[]
  /** As it was proposed, however often it is asked for. */
  readonly newIsrWithEpochs: readonly IsrMember[]
}

/** A replica, and the life of its broker in which the leader saw it catch up: a later life may have lost it all (KIP-903). */
interface IsrMember {
  readonly brokerId: number
  /** -1 for a member that has not asked in the leader's epoch yet. */
  readonly brokerEpoch: number
}

export interface IsrContext {
  readonly env: Env
  readonly deadlines: Deadlines
  readonly brokerId: number
  /** Of this broker's registration. */
  brokerEpoch(): number
  isAlive(brokerId: number): boolean
  partitions(): Iterable<Partition>
  /** Asks the controller; `answer` gets one error code a proposal, in order. */
  alterPartition(proposals: readonly IsrProposal[], answer: (errorCodes: readonly number[]) => void): void
}

export class IsrChanges {
  readonly #context: IsrContext
  readonly #toCheck = new Set<Partition>()
  #lookedMs = -Infinity

  constructor(context: IsrContext) {
    this.#context = context
  }

  start(): void {
    const { deadlines, env } = this.#context
    deadlines.atBeat(env.monotonicMs(), checkEveryMs, () => {
      const nowMs = env.monotonicMs()
      for (const partition of this.#context.partitions()) {
        if (partition.leader === undefined) continue
        noteIdle(partition, partition.leader, nowMs)
        this.check(partition)
      }
      this.start()
    })
  }

  /** Something happened that may make a follower join or leave. */
  check(partition: Partition): void {
    this.#toCheck.add(partition)
  }

  /** Called at the end of a turn. */
  propose(): void {
    if (this.#toCheck.size === 0) return
    const { brokerId, env } = this.#context
    const nowMs = env.monotonicMs()
    if (nowMs - this.#lookedMs > gapMs) this.#excuseSilence(nowMs)
    this.#lookedMs = nowMs
    const proposals: IsrProposal[] = []
    for (const partition of this.#toCheck) {
      const { leader } = partition
      if (leader === undefined) continue
      const isAlive = (id: number) => this.#context.isAlive(id)
      const newIsr = wantedIsr(partition, leader, brokerId, nowMs, isAlive)
      if (newIsr === undefined) continue
      leader.proposedIsr = newIsr
      const newIsrWithEpochs = newIsr.map((id) => this.#member(leader, id))
      const { epoch: leaderEpoch, partitionEpoch } = leader
      proposals.push({ partition, leaderEpoch, partitionEpoch, newIsr, newIsrWithEpochs })
    }
    this.#toCheck.clear()
    this.#send(proposals)
  }

  #member({ followers }: Leader, id: number): IsrMember {
    const { brokerId, brokerEpoch } = this.#context
    return { brokerId: id, brokerEpoch: id === brokerId ? brokerEpoch() : followers.get(id)!.brokerEpoch }
  }

  #excuseSilence(nowMs: number): void {
    for (const { leader } of this.#context.partitions()) {
      for (const [id, follower] of leader?.followers ?? []) if (leader!.isr.includes(id)) follower.caughtUpAtMs = nowMs
    }
  }

  #send(proposals: readonly IsrProposal[]): void {
    if (proposals.length === 0) return
    this.#context.alterPartition(proposals, (errorCodes) => {
      const unanswered = proposals.filter(
        (proposal, index) => !this.#settle(proposal, errorCodes[index] ?? errors.REQUEST_TIMED_OUT),
      )
      if (unanswered.length === 0) return
      const { deadlines, env } = this.#context
      deadlines.at(env.monotonicMs() + retryMs, () => this.#send(unanswered.filter(isPending)))
    })
  }

  /** True when the outcome is known. An unknown one is asked again: the controller may have committed it. */
  #settle(proposal: IsrProposal, errorCode: number): boolean {
    switch (errorCode) {
      case errors.NONE: // The metadata that says so is on its way here.
      case errors.INVALID_UPDATE_VERSION: // Newer metadata is.
        return true
      case errors.REQUEST_TIMED_OUT:
      case errors.NOT_CONTROLLER:
        return !isPending(proposal)
      default: {
        const { leader } = proposal.partition
        if (leader !== undefined && isPending(proposal)) leader.proposedIsr = undefined
        return true
      }
    }
  }
}

function isPending({ partition, leaderEpoch, newIsr }: IsrProposal): boolean {
  const leader: Leader | undefined = partition.leader
  return leader?.epoch === leaderEpoch && leader.proposedIsr === newIsr
}
