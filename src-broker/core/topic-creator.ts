import type { QuorumNode } from './quorum/quorum-node.ts'
import type { TopicSettings } from './topic-settings.ts'

const creationTimeoutMs = 10_000

/** Creates topics that nobody asked for by name of CreateTopics: on first use, and those that the cluster keeps for itself. */
export class TopicCreator {
  readonly #quorum: QuorumNode
  readonly #settings: TopicSettings
  readonly #underWay = new Set<string>()

  constructor(quorum: QuorumNode, settings: TopicSettings) {
    this.#quorum = quorum
    this.#settings = settings
  }

  /** With the defaults of the cluster. The topic shows in the metadata a little later. */
  ensure(name: string): void {
    this.#create(name, -1, -1, [])
  }

  /** The only internal topic so far is `__consumer_offsets`: compacted, never deleted by age, in segments small enough to load fast. */
  ensureInternal(name: string): void {
    const { offsetsTopicNumPartitions, offsetsTopicReplicationFactor, offsetsTopicSegmentBytes } = this.#settings.broker
    this.#create(name, offsetsTopicNumPartitions, offsetsTopicReplicationFactor, [
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'compression.type', value: 'producer' },
      { name: 'segment.bytes', value: String(offsetsTopicSegmentBytes) },
    ])
  }

  #create(
    name: string,
    numPartitions: number,
    replicationFactor: number,
    configs: readonly { readonly name: string; readonly value: string }[],
  ): void {
    if (this.#underWay.has(name)) return
    this.#underWay.add(name)
    const topic = { name, numPartitions, replicationFactor, assignments: [], configs }
    this.#quorum.request('CreateTopics', { topics: [topic], validateOnly: false }, creationTimeoutMs, () => {
      this.#underWay.delete(name)
    })
  }
}
