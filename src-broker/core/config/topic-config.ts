// A topic's settings in force, as the code reads them: the topic's own, else the broker's, which are its own dynamic ones,
// those of all brokers, the static ones, and Kafka's default, in that order.
import { codecs } from '../../records/batch.ts'
import type { LogConfig } from '../log/log-config.ts'
import type { MetadataImage } from '../quorum/image.ts'
import type { BrokerConfig } from './broker-config.ts'
import type { Definition } from './definition.ts'
import { type PropertyName, propertyName } from './names.ts'
import { type TopicConfigName, topicConfigSynonyms, topicConfigs } from './topic-configs.ts'

export type TopicConfig = {
  readonly [N in TopicConfigName as PropertyName<N>]: (typeof topicConfigs)[N]['value']
}

/** `config` is the broker's, dynamic settings included. */
export function topicConfig(config: BrokerConfig, image: MetadataImage, topic: string): TopicConfig {
  const own = image.topicConfigs(topic)
  const values: Record<string, unknown> = {}
  for (const [name, definition] of Object.entries<Definition>(topicConfigs)) {
    const text = own.get(name)
    values[propertyName(name)] =
      text === undefined ? brokerDefault(config, name as TopicConfigName) : definition.parse(text)
  }
  return values as TopicConfig
}

/** What a topic gets that says nothing. Ages may be given to the broker in three units, the finest counts. */
export function brokerDefault(config: BrokerConfig, name: TopicConfigName): unknown {
  switch (name) {
    case 'retention.ms':
      return config.logRetentionMs ?? minutesOrHours(config.logRetentionMinutes, config.logRetentionHours)
    case 'segment.ms':
      return config.logRollMs ?? minutesOrHours(null, config.logRollHours)
    case 'segment.jitter.ms':
      return config.logRollJitterMs ?? minutesOrHours(null, config.logRollJitterHours)
  }
  const synonym = topicConfigSynonyms[name]
  const value =
    synonym === undefined ? undefined : (config as unknown as Record<string, unknown>)[propertyName(synonym)]
  const definition: Definition = topicConfigs[name]
  return value ?? definition.parse(definition.default)
}

const minutesOrHours = (minutes: number | null, hours: number): number =>
  minutes === null ? (hours < 0 ? -1 : hours * 3_600_000) : minutes < 0 ? -1 : minutes * 60_000

/** A log follows these. What is -1 or the largest long to Kafka has no limit. */
export function logConfigOf(topic: TopicConfig): LogConfig {
  const isNothingDeleted = topic.cleanupPolicy.length === 0
  const maxCompactionLagMs = unlimited(topic.maxCompactionLagMs)
  const isCompacted = topic.cleanupPolicy.includes('compact')
  return {
    segmentBytes: topic.segmentBytes,
    // What is in the active segment is not compacted: it has to be closed by then.
    segmentMs: Math.min(unlimited(topic.segmentMs), isCompacted ? maxCompactionLagMs : Infinity),
    segmentIndexBytes: topic.segmentIndexBytes,
    indexIntervalBytes: topic.indexIntervalBytes,
    compression: compressionOf(topic),
    retentionMs: isNothingDeleted ? Infinity : unlimited(topic.retentionMs),
    retentionBytes: isNothingDeleted ? Infinity : unlimited(topic.retentionBytes),
    minCleanableDirtyRatio: topic.minCleanableDirtyRatio,
    minCompactionLagMs: unlimited(topic.minCompactionLagMs),
    maxCompactionLagMs,
    deleteRetentionMs: unlimited(topic.deleteRetentionMs),
    cleanupPolicy: cleanupPolicyOf(topic.cleanupPolicy),
    maxMessageBytes: topic.maxMessageBytes,
    messageTimestampType: topic.messageTimestampType === 'LogAppendTime' ? 'LogAppendTime' : 'CreateTime',
    messageTimestampBeforeMaxMs: unlimited(topic.messageTimestampBeforeMaxMs),
    messageTimestampAfterMaxMs: unlimited(topic.messageTimestampAfterMaxMs),
  }
}

/** A topic with fewer replicas than min.insync.replicas can still be written to. */
export const effectiveMinInsyncReplicas = (topic: TopicConfig, replicationFactor: number): number =>
  Math.min(topic.minInsyncReplicas, replicationFactor)

/** The level of lz4 is not among what our library takes. */
function compressionOf(topic: TopicConfig): LogConfig['compression'] {
  switch (topic.compressionType) {
    case 'producer':
      return undefined
    case 'uncompressed':
      return { codec: codecs.none, level: undefined }
    case 'gzip':
      return { codec: codecs.gzip, level: topic.compressionGzipLevel < 0 ? undefined : topic.compressionGzipLevel }
    case 'zstd':
      return { codec: codecs.zstd, level: topic.compressionZstdLevel }
    default:
      return { codec: topic.compressionType === 'snappy' ? codecs.snappy : codecs.lz4, level: undefined }
  }
}

const longMax = 2 ** 63
const unlimited = (value: number): number => (value < 0 || value >= longMax ? Infinity : value)

function cleanupPolicyOf(policies: readonly string[]): LogConfig['cleanupPolicy'] {
  if (!policies.includes('compact')) return 'delete'
  return policies.includes('delete') ? 'compact,delete' : 'compact'
}
