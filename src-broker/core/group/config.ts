/** Broker settings of the group coordinator, under Kafka's own names. */
export interface GroupConfig {
  /** How long the first joiner of an empty group waits for company. */
  readonly groupInitialRebalanceDelayMs: number
  readonly groupMinSessionTimeoutMs: number
  readonly groupMaxSessionTimeoutMs: number
  readonly groupMaxSize: number
  /** Kafka's name says bytes; Kafka counts UTF-16 units, and so do we. */
  readonly offsetMetadataMaxBytes: number
  readonly offsetsRetentionMinutes: number
  readonly offsetsRetentionCheckIntervalMs: number
  /** How long an answer waits for its records to be committed. */
  readonly offsetsCommitTimeoutMs: number
}

export const kafkaGroupDefaults: GroupConfig = {
  groupInitialRebalanceDelayMs: 3_000,
  groupMinSessionTimeoutMs: 6_000,
  groupMaxSessionTimeoutMs: 1_800_000,
  groupMaxSize: 2_147_483_647,
  offsetMetadataMaxBytes: 4_096,
  offsetsRetentionMinutes: 10_080,
  offsetsRetentionCheckIntervalMs: 600_000,
  offsetsCommitTimeoutMs: 5_000,
}

/** A joiner that has no member id yet cannot heartbeat; its parked request counts as alive for this long. */
export const newMemberJoinTimeoutMs = 300_000
