// DeleteRecords under way: a leader has moved its log start, and waits until its live followers have done so too.
import { errors } from '../../protocol/errors.ts'
import type { Partition } from './partition.ts'
import type { Leader } from './role.ts'

export interface RecordDeletion {
  readonly partition: Partition
  /** Everything before it is to be gone. */
  readonly offset: number
  completed(errorCode: number, lowWatermark: number): void
}

export class RecordDeletions {
  readonly #brokerId: number
  readonly #isAlive: (brokerId: number) => boolean
  readonly #waiting = new Set<RecordDeletion>()

  /** Who is not alive is not waited for: it follows when it comes back. */
  constructor(brokerId: number, isAlive: (brokerId: number) => boolean) {
    this.#brokerId = brokerId
    this.#isAlive = isAlive
  }

  add(deletion: RecordDeletion): void {
    this.#waiting.add(deletion)
  }

  /** It has waited long enough. */
  remove(deletion: RecordDeletion): void {
    this.#waiting.delete(deletion)
  }

  /** The smallest log start of the live replicas, as far as this leader has heard. */
  lowWatermark({ log }: Partition, leader: Leader): number {
    let lowWatermark = log.logStartOffset
    for (const id of leader.replicas) {
      if (id === this.#brokerId || !this.#isAlive(id)) continue
      lowWatermark = Math.min(lowWatermark, leader.followers.get(id)?.logStartOffset ?? -1)
    }
    return lowWatermark
  }

  /** Completes what has come far enough. Called in every turn: nearly always there is nothing. */
  check(): void {
    for (const deletion of this.#waiting) {
      const { leader } = deletion.partition
      const lowWatermark = leader === undefined ? -1 : this.lowWatermark(deletion.partition, leader)
      if (leader !== undefined && lowWatermark < deletion.offset) continue
      this.#waiting.delete(deletion)
      deletion.completed(leader === undefined ? errors.NOT_LEADER_OR_FOLLOWER : errors.NONE, lowWatermark)
    }
  }
}
