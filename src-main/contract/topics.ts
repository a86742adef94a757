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
