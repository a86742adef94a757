// Replicas that move: a new one counts as a replica only once it has been in sync (KIP-455).
import type { MetadataImage } from '../../src-broker/core/quorum/image.ts'

export class Moves {
  /** By partition: who was to be a replica for good when that was last looked at. */
  readonly #known = new Map<string, { readonly settled: ReadonlySet<number>; readonly partitionEpoch: number }>()
  #epochs = new Map<number, number>()

  /** What is wrong with a move that has ended since; undefined where nothing is. */
  look(image: MetadataImage): string | undefined {
    let wrong: string | undefined
    const alive = new Map(
      [...image.brokers.values()].filter(({ id }) => image.isActive(id)).map((b) => [b.id, b.epoch]),
    )
    for (const { topic, partition } of image.partitions()) {
      const key = `${topic.id}-${partition.partition}`
      const settled = partition.replicas.filter((id) => !partition.addingReplicas.includes(id))
      const { partitionEpoch } = partition
      const before = this.#known.get(key)
      this.#known.set(key, { settled: new Set(settled), partitionEpoch })
      // Where more than one thing was decided since, it may have been in sync in between.
      if (before === undefined || partitionEpoch > before.partitionEpoch + 1) continue
      // Whoever has died since may have been in sync.
      const hasStayed = (id: number): boolean => alive.has(id) && alive.get(id) === this.#epochs.get(id)
      const early = settled.find((id) => !before.settled.has(id) && !partition.isr.includes(id) && hasStayed(id))
      if (early !== undefined) wrong = `${topic.name}-${partition.partition} counts on ${early}, who is not in sync yet`
    }
    this.#epochs = alive
    return wrong
  }
}
