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
    keep(this.#byTopic, topic, partition)
    keep(this.#byTopicId, topicId, partition)
    return partition
  }

  remove(partition: Partition): void {
    this.#byHandle[partition.handle] = undefined
    dropSlot(this.#byTopic, partition.topic, partition)
    dropSlot(this.#byTopicId, partition.topicId, partition)
  }
}

function keep<Key>(map: Map<Key, Partition[]>, key: Key, partition: Partition): void {
  const slots = map.get(key)
  if (slots !== undefined) slots[partition.index] = partition
  // Made with its first one a list has no room for sixteen more: thousands of topics have one partition.
  else if (partition.index === 0) map.set(key, [partition])
  else map.set(key, sparse(partition))
}

function sparse(partition: Partition): Partition[] {
  const slots: Partition[] = []
  slots[partition.index] = partition
  return slots
}

function dropSlot<Key>(map: Map<Key, Partition[]>, key: Key, partition: Partition): void {
  const slots = map.get(key)
  if (slots?.[partition.index] !== partition) return
  delete slots[partition.index]
  if (slots.every((slot) => slot === undefined)) map.delete(key)
}
