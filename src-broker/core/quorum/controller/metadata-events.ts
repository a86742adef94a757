// What the pulse is told of the cluster, by its controller, once it is committed.
import type { BrokerRegistration, MetadataDelta, MetadataImage } from '../image.ts'
import type { QuorumEvent, UncleanElection } from '../quorum-events.ts'
import { noLeader, recovering } from '../records.ts'

export class MetadataEvents {
  readonly #image: MetadataImage
  readonly #tell: (event: QuorumEvent) => void
  readonly #brokers = new Map<number, BrokerRegistration>()
  readonly #reasons = new Map<number, string>()

  constructor(image: MetadataImage, tell: (event: QuorumEvent) => void) {
    this.#image = image
    this.#tell = tell
  }

  /** Why the controller is about to fence a broker. */
  explain(broker: number, reason: string): void {
    this.#reasons.set(broker, reason)
  }

  /** To be called with every change; told of are those that come while this node is the controller. */
  observe(delta: MetadataDelta, isController: boolean): void {
    for (const id of delta.brokers) this.#observeBroker(id, isController)
    if (!isController) return
    const elections: UncleanElection[] = []
    for (const { topic, before, after } of delta.partitions) {
      if (before === undefined) continue
      const place = { topic: topic.name, partition: after.partition }
      const { leaderEpoch } = after
      if (before.leader !== after.leader) {
        // Where the replicas themselves changed it is a reassignment that moves the leader.
        const isPreferred = after.leader === after.replicas[0] && after.leader === before.replicas[0]
        const move = { from: before.leader, to: after.leader, isPreferred }
        this.#tell({ kind: 'leader-changed', ...place, ...move, leaderEpoch })
        if (after.leaderRecoveryState === recovering && after.leader !== noLeader) {
          const had = [...before.isr, ...before.eligibleLeaderReplicas]
          const missing = had.filter((id) => id !== after.leader)
          elections.push({ ...place, leader: after.leader, leaderEpoch, missing })
        }
      }
      if (before.isr !== after.isr) this.#tell({ kind: 'isr-changed', ...place, from: before.isr, to: after.isr })
    }
    if (elections.length > 0) this.#tell({ kind: 'unclean-leaders-elected', elections })
  }

  #observeBroker(brokerId: number, isController: boolean): void {
    const before = this.#brokers.get(brokerId)
    const after = this.#image.brokers.get(brokerId)
    const wasServing = before !== undefined && !before.fenced
    const isServing = after !== undefined && !after.fenced
    if (after === undefined) this.#brokers.delete(brokerId)
    else this.#brokers.set(brokerId, after)
    if (!isController || wasServing === isServing) return
    const reason = isServing ? 'caught up' : (this.#reasons.get(brokerId) ?? 'started again')
    this.#reasons.delete(brokerId)
    this.#tell({ kind: isServing ? 'broker-unfenced' : 'broker-fenced', brokerId, reason })
  }
}
