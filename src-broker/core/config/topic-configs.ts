// Every topic setting of Kafka 4.3. Where a topic says nothing, the broker setting named by `synonym` holds.
import { boolean, type Definition, double, int, list, long, longMax, string } from './definition.ts'

const day = 86_400_000

export const topicConfigs = {
  'cleanup.policy': list(
    'delete',
    'What becomes of old segments: deleted by age and size, compacted to the last value per key, or both.',
  ).oneOf('compact', 'delete'),
  'compression.gzip.level': int(-1, 'Level for compression.type=gzip; -1 is the library default.')
    .between(1, 9)
    .orElse(-1),
  'compression.lz4.level': int(9, 'Level for compression.type=lz4.').between(1, 17),
  'compression.type': string('producer', 'How batches are stored: as the producer sent them, or recompressed.').oneOf(
    'uncompressed',
    'zstd',
    'lz4',
    'snappy',
    'gzip',
    'producer',
  ),
  'compression.zstd.level': int(3, 'Level for compression.type=zstd.').between(-131_072, 22),
  'delete.retention.ms': long(day, 'How long a tombstone stays in a compacted topic, so that slow readers see it.').min(
    0,
  ),
  'file.delete.delay.ms': long(60_000, 'How long a deleted segment file stays on disk.').min(0),
  'flush.messages': long(
    longMax,
    'Records after which the log is forced to disk. Unlimited: replication protects the data.',
  ).min(1),
  'flush.ms': long(
    longMax,
    'Time after which the log is forced to disk. Unlimited: replication protects the data.',
  ).min(0),
  'follower.replication.throttled.replicas': list(
    '',
    'Follower replicas whose replication is throttled, as partition:broker, or *.',
  ),
  'index.interval.bytes': int(4_096, 'Bytes of log between two entries of the offset index.').min(0),
  'leader.replication.throttled.replicas': list(
    '',
    'Leader replicas whose replication is throttled, as partition:broker, or *.',
  ),
  'local.retention.bytes': long(-2, 'With tiered storage, bytes kept locally; -2 means retention.bytes.').min(-2),
  'local.retention.ms': long(-2, 'With tiered storage, time kept locally; -2 means retention.ms.').min(-2),
  'max.compaction.lag.ms': long(longMax, 'The longest a record may stay uncompacted.').min(1),
  'max.message.bytes': int(1_048_588, 'The largest record batch that is accepted, after compression.').min(0),
  'message.timestamp.after.max.ms': long(3_600_000, 'How far ahead of the broker a record may be dated.').min(0),
  'message.timestamp.before.max.ms': long(longMax, 'How far behind the broker a record may be dated.').min(0),
  'message.timestamp.type': string(
    'CreateTime',
    "Whether a record's time is the producer's or that of its append.",
  ).oneOf('CreateTime', 'LogAppendTime'),
  'min.cleanable.dirty.ratio': double(
    0.5,
    'How much of a compacted log must be new before it is compacted again.',
  ).between(0, 1),
  'min.compaction.lag.ms': long(0, 'How long a record stays uncompacted at least.').min(0),
  'min.insync.replicas': int(
    1,
    'Replicas that must have a record before acks=all is answered. Never more than the replication factor counts.',
  ).min(1),
  preallocate: boolean(false, 'Whether a new segment takes its full size on disk at once.'),
  'remote.log.copy.disable': boolean(false, 'With tiered storage, stops further copying.'),
  'remote.log.delete.on.disable': boolean(false, 'With tiered storage, deletes remote data when it is switched off.'),
  'remote.storage.enable': boolean(false, 'Tiered storage, which this cluster does not have.'),
  'retention.bytes': long(-1, 'Size of a partition beyond which its oldest segments are deleted; -1 is no limit.'),
  'retention.ms': long(7 * day, 'Age beyond which segments are deleted; -1 is no limit.').min(-1),
  'segment.bytes': int(1_073_741_824, 'Size at which a new segment begins.').min(1_048_576),
  'segment.index.bytes': int(10_485_760, 'Size of the offset index at which a new segment begins.').min(4),
  'segment.jitter.ms': long(
    0,
    'The most by which segment.ms is shortened at random, so that not all partitions roll at once.',
  ).min(0),
  'segment.ms': long(7 * day, 'Age at which a new segment begins.').min(1),
  'unclean.leader.election.enable': boolean(
    false,
    'Whether a replica that is behind may lead when no other is alive: available, but records are lost.',
  ),
} as const

export type TopicConfigName = keyof typeof topicConfigs

/** The broker setting that holds where a topic says nothing, as DescribeConfigs names it. */
export const topicConfigSynonyms: { readonly [N in TopicConfigName]?: string } = {
  'cleanup.policy': 'log.cleanup.policy',
  'compression.gzip.level': 'compression.gzip.level',
  'compression.lz4.level': 'compression.lz4.level',
  'compression.type': 'compression.type',
  'compression.zstd.level': 'compression.zstd.level',
  'delete.retention.ms': 'log.cleaner.delete.retention.ms',
  'file.delete.delay.ms': 'log.segment.delete.delay.ms',
  'flush.messages': 'log.flush.interval.messages',
  'flush.ms': 'log.flush.interval.ms',
  'index.interval.bytes': 'log.index.interval.bytes',
  'local.retention.bytes': 'log.local.retention.bytes',
  'local.retention.ms': 'log.local.retention.ms',
  'max.compaction.lag.ms': 'log.cleaner.max.compaction.lag.ms',
  'max.message.bytes': 'message.max.bytes',
  'message.timestamp.after.max.ms': 'log.message.timestamp.after.max.ms',
  'message.timestamp.before.max.ms': 'log.message.timestamp.before.max.ms',
  'message.timestamp.type': 'log.message.timestamp.type',
  'min.cleanable.dirty.ratio': 'log.cleaner.min.cleanable.ratio',
  'min.compaction.lag.ms': 'log.cleaner.min.compaction.lag.ms',
  'min.insync.replicas': 'min.insync.replicas',
  preallocate: 'log.preallocate',
  'retention.bytes': 'log.retention.bytes',
  'retention.ms': 'log.retention.ms',
  'segment.bytes': 'log.segment.bytes',
  'segment.index.bytes': 'log.index.size.max.bytes',
  'segment.jitter.ms': 'log.roll.jitter.ms',
  'segment.ms': 'log.roll.ms',
  'unclean.leader.election.enable': 'unclean.leader.election.enable',
}

export const isTopicConfig = (name: string): name is TopicConfigName => Object.hasOwn(topicConfigs, name)

export const topicDefinition = (name: string): Definition | undefined =>
  isTopicConfig(name) ? topicConfigs[name] : undefined
