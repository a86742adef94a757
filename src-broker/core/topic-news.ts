// What became of topics, told by the controller once it is committed.
import type { MetadataDelta, MetadataImage, TopicImage } from './quorum/image.ts'

export type TopicEvent =
  | { readonly kind: 'topic-created' | 'topic-deleted'; readonly topic: string; readonly partitions: number }
  /** `partitions` is how many there are now. */
  | { readonly kind: 'partitions-added'; readonly topic: string; readonly partitions: number; readonly added: number }
  | { readonly kind: 'topic-configs-changed'; readonly topic: string; readonly changes: readonly ConfigChange[] }

/** Of a topic's own configuration; null where it has none of that name. */
interface ConfigChange {
  readonly name: string
  readonly from: string | null
  readonly to: string | null
}

type Configs = ReadonlyMap<string, string>
const none: Configs = new Map()

export class TopicNews {
  readonly #image: MetadataImage
  readonly #tell: (event: TopicEvent) => void
  /** As last seen: the image keeps no past. Topics without a configuration of their own are not in it. */
  readonly #configs = new Map<string, Configs>()

  constructor(image: MetadataImage, tell: (event: TopicEvent) => void) {
    this.#image = image
    this.#tell = tell
  }

  /** To be called with every change, so that the next one has something to be compared with. */
  observe(delta: MetadataDelta, isTold: boolean): void {
    const created = new Set(delta.topicsCreated)
    const changes = [...delta.topicConfigs].map((topic) => ({ topic, changes: this.#changesOf(topic) }))
    for (const { name } of delta.topicsDeleted) this.#configs.delete(name)
    if (!isTold) return
    for (const { name, partitions } of delta.topicsCreated)
      this.#tell({ kind: 'topic-created', topic: name, partitions: partitions.length })
    for (const [{ name, partitions }, added] of grown(delta, created))
      this.#tell({ kind: 'partitions-added', topic: name, partitions: partitions.length, added })
    for (const change of changes) {
      const topic = this.#image.topics.get(change.topic)
      // What a topic was created with belongs to its creation.
      if (topic === undefined || created.has(topic) || change.changes.length === 0) continue
      this.#tell({ kind: 'topic-configs-changed', ...change })
    }
    for (const { name, partitions } of delta.topicsDeleted)
      this.#tell({ kind: 'topic-deleted', topic: name, partitions: partitions.length })
  }

  #changesOf(topic: string): readonly ConfigChange[] {
    const before = this.#configs.get(topic) ?? none
    const after = new Map(this.#image.topicConfigs(topic))
    if (after.size === 0) this.#configs.delete(topic)
    else this.#configs.set(topic, after)
    return [...new Set([...before.keys(), ...after.keys()])]
      .map((name) => ({ name, from: before.get(name) ?? null, to: after.get(name) ?? null }))
      .filter(({ from, to }) => from !== to)
  }
}

/** By topic, how many partitions it gained after its creation. */
function grown(delta: MetadataDelta, created: ReadonlySet<TopicImage>): ReadonlyMap<TopicImage, number> {
  const added = new Map<TopicImage, number>()
  for (const { topic, before } of delta.partitions)
    if (before === undefined && !created.has(topic)) added.set(topic, (added.get(topic) ?? 0) + 1)
  return added
}
