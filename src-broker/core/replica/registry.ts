import type { Uuid } from '../../base/uuid.ts'
import type { PartitionLog } from '../log/partition-log.ts'
import { Partition } from './partition.ts'

/** All replicas of one broker, by what they may be asked for: name, topic id, or the handle that peers repeat. */
export class PartitionRegistry {
  readonly #byTopic = new Map<string, Partition[]>()
  readonly #byTopicId = new Map<Uuid, Partition[]>()
  readonly #byHandle: (Partition | undefined)[] = []

  get(topic: string, index: number): Partition | undefined {
    return this.#byTopic.get(topic)?.[index]
  }

  getById(topicId: Uuid, index: number): Partition | undefined {
    return this.#byTopicId.get(topicId)?.[index]
  }

  /** Handles are never used twice: one that a peer still names means nothing once its partition is gone. */
  byHandle(handle: number): Partition | undefined {
    return this.#byHandle[handle]
  }

  *all(): IterableIterator<Partition> {
    for (const partition of this.#byHandle) if (partition !== undefined) yield partition
  }

  add(topic: string, topicId: Uuid, index: number, log: PartitionLog): Partition {
    const partition = new Partition(topic, topicId, index, this.#byHandle.length, log)
    this.#byHandle.push(partition)
    slotsOf(this.#byTopic, topic)[index] = partition
    slotsOf(this.#byTopicId, topicId)[index] = partition
    return partition
  }

  remove(partition: Partition): void {
    this.#byHandle[partition.handle] = undefined
    dropSlot(this.#byTopic, partition.topic, partition)
    dropSlot(this.#byTopicId, partition.topicId, partition)
  }
}

function slotsOf<Key>(map: Map<Key, Partition[]>, key: Key): Partition[] {
  const known = map.get(key)
  if (known !== undefined) return known
  const slots: Partition[] = []
  map.set(key, slots)
  return slots
}

function dropSlot<Key>(map: Map<Key, Partition[]>, key: Key, partition: Partition): void {
  const slots = map.get(key)
  if (slots?.[partition.index] !== partition) return
  delete slots[partition.index]
  if (slots.every((slot) => slot === undefined)) map.delete(key)
}
