// Broker settings that mean something here. The rest of Kafka's are in `inert-broker-configs.ts`.
import {
  boolean,
  Definition,
  double,
  int,
  list,
  long,
  longMax,
  optionalInt,
  optionalLong,
  optionalString,
  short,
  string,
} from './definition.ts'

const seconds = 1_000
const minutes = 60_000
const hours = 3_600_000
const days = 86_400_000

export const brokerConfigs = {
  // The broker itself
  'node.id': optionalInt('Number of the broker in the cluster.').min(0),
  'broker.id': int(-1, 'Older name of node.id.'),
  'broker.rack': optionalString('Rack of the broker. Replicas of a partition are spread over racks.'),
  listeners: list('PLAINTEXT://:9092', 'Where the broker listens.').dynamic(),
  'advertised.listeners': new Definition<readonly string[] | null>(
    'list',
    null,
    'Where clients are told to find the broker.',
  ),
  'log.dirs': new Definition<readonly string[] | null>('list', null, 'Directories that hold the logs.'),
  'process.roles': new Definition<readonly string[] | null>(
    'list',
    null,
    'Every broker here is also a voter of the metadata quorum.',
  ),
  'connections.max.idle.ms': long(10 * minutes, 'Idle time after which a connection is closed.'),
  'socket.request.max.bytes': int(104_857_600, 'The largest request that is read.').min(1),
  'fetch.max.bytes': int(57_671_680, 'The most a fetch answers with.').min(1_024),
  'max.request.partition.size.limit': int(2_000, 'The most partitions one DescribeTopicPartitions answers with.').min(
    1,
  ),
  'max.incremental.fetch.session.cache.slots': int(1_000, 'Fetch sessions that a broker remembers.').min(0),

  // New topics
  'auto.create.topics.enable': boolean(true, 'Whether a topic is created when a client first asks for it.'),
  'delete.topic.enable': boolean(true, 'Whether topics may be deleted.'),
  'num.partitions': int(1, 'Partitions of a topic that is created without a number.')
    .min(1)
    .here('3', 'one for each broker, so that every broker has something to lead'),
  // Dynamic here, as brokers come and go for good while it holds; so is `offsets.topic.replication.factor`.
  'default.replication.factor': int(1, 'Replicas of a topic that is created without a number.')
    .dynamic()
    .here('3', 'copies cost little on one machine, and losing a broker should lose nothing'),
  'min.insync.replicas': int(
    1,
    'Replicas that must have a record before acks=all is answered. Never more than the replication factor counts.',
  )
    .min(1)
    .dynamic()
    .here('2', 'with 3 copies, what is acknowledged survives the loss of any broker; 1 while there is only one'),
  'unclean.leader.election.enable': boolean(
    false,
    'Whether a replica that is behind may lead when no other is alive: available, but records are lost.',
  ).dynamic(),

  // Metadata quorum
  'controller.quorum.voters': list('', 'Brokers that vote in the metadata quorum.'),
  'controller.quorum.fetch.timeout.ms': int(
    2 * seconds,
    'Silence after which voters take the leader of the quorum for lost.',
  ).here('1000', 'the voters share a machine; a dead one is known at once, this is for a silent one'),
  'controller.quorum.election.timeout.ms': int(seconds, 'How long a round of votes may take.').here('500', 'as above'),
  'controller.quorum.fetch.max.bytes': int(1_048_576, 'The most records that a voter fetches at a time.').min(1),
  'controller.quorum.fetch.snapshot.max.bytes': int(1_048_576, 'The most of a snapshot that is fetched at a time.').min(
    1,
  ),
  'controller.quorum.auto.join.enable': boolean(
    false,
    'Whether a broker that does not vote in the metadata quorum asks to.',
  ).here('true', 'a broker that is added while the cluster runs votes like the others'),
  'metadata.log.segment.bytes': int(
    1_073_741_824,
    'A segment of the metadata log is closed before it would grow beyond this.',
  )
    .min(12)
    .here('8388608', 'the log of a small cluster; it is read as a whole at each start'),
  'metadata.log.max.record.bytes.between.snapshots': long(
    20_971_520,
    'How much the metadata log grows before a snapshot is taken.',
  )
    .min(1)
    .here('4194304', 'as above'),
  'metadata.log.max.snapshot.interval.ms': long(
    hours,
    'The longest that a change of the metadata is in no snapshot; 0 never.',
  ).min(0),
  'metadata.max.retention.bytes': long(
    104_857_600,
    'What metadata log and snapshots may take before the oldest go.',
  ).here('16777216', 'as above'),
  'broker.session.timeout.ms': int(
    9 * seconds,
    'Silence after which the controller fences a broker and moves its leaders.',
  ).here('3000', 'as above'),
  'broker.heartbeat.interval.ms': int(2 * seconds, 'Time between heartbeats to the controller.').here(
    '500',
    'as above',
  ),
  'auto.leader.rebalance.enable': boolean(
    true,
    'Whether preferred leaders take over again once they are back in sync.',
  ),
  'leader.imbalance.check.interval.seconds': long(300, 'Time between such checks.')
    .min(1)
    .here('5', 'nobody wants to wait five minutes to see a restarted broker lead again'),

  // Replication
  'replica.lag.time.max.ms': long(30 * seconds, 'A follower that has not caught up for so long leaves the ISR.'),
  'replica.high.watermark.checkpoint.interval.ms': long(
    5 * seconds,
    'Time between checkpoints of the high watermarks.',
  ),

  // Logs: what a topic does not say itself
  'compression.type': string('producer', 'How batches are stored: as the producer sent them, or recompressed.')
    .oneOf('uncompressed', 'zstd', 'lz4', 'snappy', 'gzip', 'producer')
    .dynamic(),
  'compression.gzip.level': int(-1, 'Level for compression.type=gzip; -1 is the library default.')
    .between(1, 9)
    .orElse(-1)
    .dynamic(),
  'compression.lz4.level': int(9, 'Level for compression.type=lz4.').between(1, 17).dynamic(),
  'compression.zstd.level': int(3, 'Level for compression.type=zstd.').between(-131_072, 22).dynamic(),
  'log.cleanup.policy': list('delete', 'What becomes of old segments: deleted, compacted, or both.')
    .oneOf('compact', 'delete')
    .dynamic(),
  'log.cleaner.enable': boolean(true, 'Whether compacted topics are compacted.'),
  'log.cleaner.backoff.ms': long(15 * seconds, 'How long the cleaner rests where nothing is worth compacting.')
    .min(0)
    .dynamic(),
  'log.cleaner.dedupe.buffer.size': long(134_217_728, 'Memory for the keys of one compaction.')
    .here('33554432', 'several brokers share one process')
    .dynamic(),
  'log.cleaner.io.max.bytes.per.second': new Definition<number>(
    'double',
    '1.7976931348623157E308',
    'The most that compaction reads.',
  ).dynamic(),
  'log.cleaner.delete.retention.ms': long(days, 'How long a tombstone stays in a compacted topic.').min(0).dynamic(),
  'log.cleaner.max.compaction.lag.ms': long(longMax, 'The longest a record may stay uncompacted.').min(1).dynamic(),
  'log.cleaner.min.cleanable.ratio': double(
    0.5,
    'How much of a compacted log must be new before it is compacted again.',
  )
    .between(0, 1)
    .dynamic(),
  'log.cleaner.min.compaction.lag.ms': long(0, 'How long a record stays uncompacted at least.').min(0).dynamic(),
  'log.flush.interval.messages': long(longMax, 'Records after which a log is forced to disk.').min(1).dynamic(),
  'log.flush.interval.ms': optionalLong('Time after which a log is forced to disk; unlimited where not set.').dynamic(),
  'log.index.interval.bytes': int(4_096, 'Bytes of log between two entries of the offset index.').min(0).dynamic(),
  'log.index.size.max.bytes': int(10_485_760, 'Size of the offset index at which a new segment begins.')
    .min(4)
    .dynamic(),
  'log.local.retention.bytes': long(-2, 'With tiered storage, bytes kept locally.').min(-2).dynamic(),
  'log.local.retention.ms': long(-2, 'With tiered storage, time kept locally.').min(-2).dynamic(),
  'log.message.timestamp.after.max.ms': long(hours, 'How far ahead of the broker a record may be dated.')
    .min(0)
    .dynamic(),
  'log.message.timestamp.before.max.ms': long(longMax, 'How far behind the broker a record may be dated.')
    .min(0)
    .dynamic(),
  'log.message.timestamp.type': string('CreateTime', "Whether a record's time is the producer's or that of its append.")
    .oneOf('CreateTime', 'LogAppendTime')
    .dynamic(),
  'log.preallocate': boolean(false, 'Whether a new segment takes its full size on disk at once.').dynamic(),
  'log.retention.bytes': long(
    -1,
    'Size of a partition beyond which its oldest segments are deleted; -1 is no limit.',
  ).dynamic(),
  'log.retention.check.interval.ms': long(5 * minutes, 'Time between looks for segments to delete.').min(1),
  'log.retention.ms': optionalLong(
    'Age beyond which segments are deleted; log.retention.minutes where not set.',
  ).dynamic(),
  'log.retention.minutes': optionalInt('Age beyond which segments are deleted; log.retention.hours where not set.'),
  'log.retention.hours': int(168, 'Age beyond which segments are deleted.'),
  'log.roll.ms': optionalLong('Age at which a new segment begins; log.roll.hours where not set.').dynamic(),
  'log.roll.hours': int(168, 'Age at which a new segment begins.').min(1),
  'log.roll.jitter.ms': optionalLong(
    'The most by which a segment is shortened at random; log.roll.jitter.hours where not set.',
  ).dynamic(),
  'log.roll.jitter.hours': int(0, 'The most by which a segment is shortened at random.').min(0),
  'log.segment.bytes': int(1_073_741_824, 'Size at which a new segment begins.').min(1_048_576).dynamic(),
  'log.segment.delete.delay.ms': long(minutes, 'How long a deleted segment file stays on disk.').min(0).dynamic(),
  'message.max.bytes': int(1_048_588, 'The largest record batch that is accepted, after compression.').min(0).dynamic(),

  // Groups
  'group.initial.rebalance.delay.ms': int(
    3 * seconds,
    'How long the first member of an empty group waits for company.',
  ).here('100', 'on one machine the members start together or not at all'),
  'group.min.session.timeout.ms': int(6 * seconds, 'The shortest session a member may ask for.'),
  'group.max.session.timeout.ms': int(30 * minutes, 'The longest session a member may ask for.'),
  'group.max.size': int(2_147_483_647, 'The most members a group may have.').min(1),
  'offset.metadata.max.bytes': int(4_096, 'The longest note that may be kept with a committed offset.'),
  'offsets.commit.timeout.ms': int(5 * seconds, 'How long a commit waits to be replicated.').min(1),
  'offsets.retention.check.interval.ms': long(10 * minutes, 'Time between looks for offsets that have expired.').min(1),
  'offsets.retention.minutes': int(10_080, 'How long committed offsets of an empty group are kept.').min(1),
  'offsets.topic.num.partitions': int(50, 'Partitions of __consumer_offsets.')
    .min(1)
    .here('16', 'enough for every broker to coordinate, cheap to open and to read back'),
  'offsets.topic.replication.factor': short(
    3,
    'Replicas of __consumer_offsets; here never more than there are brokers.',
  )
    .min(1)
    .dynamic(),
  'offsets.topic.segment.bytes': int(
    104_857_600,
    'Segment size of __consumer_offsets, kept small so that it compacts and loads fast.',
  ).min(1),

  // Producers and transactions
  'producer.id.expiration.ms': int(days, 'How long an idle producer id is remembered.').min(1).dynamic(),
  'transaction.max.timeout.ms': int(15 * minutes, 'The longest transaction a producer may ask for.').min(1),
} as const

export type BrokerConfigName = keyof typeof brokerConfigs
