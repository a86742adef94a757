import type { Payload } from './messages.ts'

export type GroupState = 'Empty' | 'PreparingRebalance' | 'CompletingRebalance' | 'Stable' | 'Dead' | 'Unknown'

export interface GroupSummary {
  readonly groupId: string
  readonly state: GroupState
  readonly protocolType: string
  readonly memberCount: number
  /** Over the partitions that have an offset. */
  readonly totalLag: number
  /** Partitions of its topics that hold records and have no offset: where it would begin there, `auto.offset.reset` decides. */
  readonly uncommittedCount: number
  readonly topics: readonly string[]
  readonly coordinator: number | null
}

export interface GroupDetail extends GroupSummary {
  readonly assignor: string
  readonly members: readonly GroupMember[]
  readonly offsets: readonly GroupOffset[]
}

export interface GroupMember {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly host: string
  readonly assignments: readonly { readonly topic: string; readonly partitions: readonly number[] }[]
}

export interface GroupOffset {
  readonly topic: string
  readonly partition: number
  /** Null where the group never committed. */
  readonly committedOffset: number | null
  readonly logStartOffset: number
  readonly highWatermark: number
  /** Null where there is no offset to measure from; kafka-consumer-groups shows `-`. */
  readonly lag: number | null
  readonly memberId: string | null
  readonly metadata: string
}

export type ResetTarget =
  | { readonly kind: 'earliest' }
  | { readonly kind: 'latest' }
  | { readonly kind: 'offset'; readonly offset: number }
  | { readonly kind: 'timestamp'; readonly timestampMs: number }
  /** From where each partition stands; negative goes back. Partitions without an offset stay without. */
  | { readonly kind: 'shift'; readonly by: number }

export interface ResetRequest {
  readonly groupId: string
  readonly topic: string
  /** Null means all partitions of the topic. */
  readonly partitions: readonly number[] | null
  readonly target: ResetTarget
}

export interface ResetPlan {
  readonly groupId: string
  readonly topic: string
  readonly target: ResetTarget
  readonly steps: readonly ResetStep[]
  /** Why it cannot be applied now (the group has members), or null. */
  readonly refusal: string | null
}

export interface ResetStep {
  readonly partition: number
  readonly fromOffset: number | null
  readonly toOffset: number
  readonly logStartOffset: number
  readonly highWatermark: number
  /** Positive: read again; negative: skipped. */
  readonly recordsAgain: number
  /** The first record that the group will read, or null at the end of the log. */
  readonly firstRecord: {
    readonly offset: number
    readonly timestampMs: number
    readonly key: Payload
    readonly value: Payload
  } | null
}

export interface ResetOutcome {
  readonly steps: readonly {
    readonly partition: number
    readonly committedOffset: number
    readonly error: string | null
  }[]
}
