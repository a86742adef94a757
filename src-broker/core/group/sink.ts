import type { Uuid } from '../../base/uuid.ts'

/** A record of `__consumer_offsets`; a null value is a tombstone. */
export interface KeyValue {
  readonly key: Uint8Array
  readonly value: Uint8Array | null
}

/** Where the group coordinator's decisions go: the log that holds them, and whoever watches. */
export interface GroupSink {
  /** Partitions of `__consumer_offsets`; 0 while the topic does not exist. */
  partitionCount(): number

  /** Of the topic that has the name at the moment; undefined where none has. */
  topicId(name: string): Uuid | undefined

  /**
   * Appends to the local leader replica of `__consumer_offsets`-`partition` as one batch, acks=all. `done` is called once, in
   * the order of the appends, possibly before this returns:
   * - 0 when the records are committed, however long that takes (the coordinator has its own time limit for answers);
   * - an error when they are surely not in the log (NOT_ENOUGH_REPLICAS, MESSAGE_TOO_LARGE, KAFKA_STORAGE_ERROR, …);
   * - NOT_LEADER_OR_FOLLOWER when leadership went first: the new leader's log says what became of them.
   */
  append(partition: number, records: readonly KeyValue[], done: (errorCode: number) => void): void

  event(event: GroupEvent): void
}

/** What the pulse shows of a group. */
export type GroupEvent =
  /** Offsets of an empty group were set by somebody who is no member, and are committed; `topic-partition` each. */
  | {
      readonly kind: 'offsets-set'
      readonly groupId: string
      readonly clientId: string
      readonly partitions: readonly string[]
    }
  | {
      readonly kind: 'group-rebalanced'
      readonly groupId: string
      readonly generation: number
      readonly members: number
      /** From the first member asked to rejoin until the assignment is committed. */
      readonly tookMs: number
      readonly reason: string
    }
  | {
      readonly kind: 'member-joined' | 'member-left' | 'member-expired'
      readonly groupId: string
      readonly memberId: string
      readonly clientId: string
    }
