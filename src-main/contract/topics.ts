export interface TopicSummary {
  readonly topic: string
  readonly topicId: string
  readonly isInternal: boolean
  readonly partitionCount: number
  readonly replicationFactor: number
  readonly recordCount: number
  readonly sizeBytes: number | null
  readonly cleanupPolicy: string
  readonly underReplicatedCount: number
}

export interface TopicDetail extends TopicSummary {
  readonly partitions: readonly TopicPartition[]
  readonly configs: readonly TopicConfig[]
  readonly groups: readonly string[]
}

export interface TopicPartition {
  readonly partition: number
  readonly leader: number | null
  readonly leaderEpoch: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
  readonly logStartOffset: number
  readonly highWatermark: number
  /** Log end per replica, where the cluster is ours; empty on an attached one. */
  readonly logEndOffsets: readonly { readonly brokerId: number; readonly logEndOffset: number }[]
}

export interface TopicConfig {
  readonly name: string
  readonly value: string | null
  readonly source: 'topic' | 'broker' | 'default'
  readonly kafkaDefault: string | null
  /** What holds for a topic that sets nothing itself. */
  readonly clusterDefault: string | null
  readonly isReadOnly: boolean
  readonly documentation: string | null
}

export interface TopicCreation {
  readonly topic: string
  /** Null takes the cluster's default. */
  readonly partitionCount: number | null
  readonly replicationFactor: number | null
  readonly configs: Readonly<Record<string, string>>
}

/** All or none; with `isDryRun` the cluster says only whether it would. */
export interface ConfigChanges {
  readonly topic: string
  readonly changes: readonly {
    readonly name: string
    /** What the topic itself sets now, null for nothing; another value by then refuses the change. */
    readonly from: string | null
    /** Null goes back to what holds for the cluster. */
    readonly to: string | null
  }[]
  readonly isDryRun: boolean
}

export interface PartitionsChange {
  readonly topic: string
  /** How many there are; another number by then refuses the change. */
  readonly from: number
  readonly to: number
  readonly isDryRun: boolean
}

export interface DeleteRecordsRequest {
  readonly topic: string
  /** Null means all. */
  readonly partitions: readonly number[] | null
  /** Records before this offset; null means all there are. */
  readonly before: number | null
}

export interface DeleteRecordsPlan {
  readonly topic: string
  readonly steps: readonly DeleteRecordsStep[]
}

export interface DeleteRecordsStep {
  readonly partition: number
  readonly logStartOffset: number
  readonly highWatermark: number
  /** The log start that is to be. */
  readonly beforeOffset: number
  /** Offsets between the two: in a compacted log there are fewer records. */
  readonly recordCount: number
}

export interface DeleteRecordsOutcome {
  readonly steps: readonly {
    readonly partition: number
    readonly logStartOffset: number
    readonly error: string | null
  }[]
}
