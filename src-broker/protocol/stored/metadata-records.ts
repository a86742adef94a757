// Records of `__cluster_metadata` (KIP-631), as Kafka's controller writes them and its dump tool reads them.
//
//   uvarint frame version (1) · uvarint record id · uvarint record version · the record's fields
import { WireReader } from '../reader.ts'
import {
  array,
  bool,
  type Decoded,
  type Encodable,
  int8,
  int16,
  int32,
  int53,
  type Shape,
  string,
  uint16,
  uuid,
} from '../schema.ts'
import { bytesOf, defineStored, type Stored } from './stored.ts'

const frameVersion = 1

const defineRecord = <Name extends string, Fields extends Shape>(
  id: number,
  name: Name,
  versions: readonly [min: number, max: number],
  fields: Fields,
) =>
  ({ [name]: defineStored({ id, name, versions, flexibleFrom: 0, fields }) }) as {
    readonly [N in Name]: Stored<Fields>
  }

export const metadataRecords = {
  ...defineRecord(0, 'RegisterBrokerRecord', [0, 4], {
    brokerId: int32,
    isMigratingZkBroker: bool.since(2).default(false),
    /** Of this run of the process: tells a restart from a repeated request. */
    incarnationId: uuid,
    /** The offset of this record. */
    brokerEpoch: int53,
    endPoints: array({
      name: string,
      host: string,
      port: uint16,
      /** 0 PLAINTEXT, 1 SSL, 2 SASL_PLAINTEXT, 3 SASL_SSL. */
      securityProtocol: int16,
    }),
    features: array({
      name: string,
      minSupportedVersion: int16,
      maxSupportedVersion: int16,
    }),
    rack: string.orNull(),
    /** A broker registers fenced and is unfenced once it has caught up. */
    fenced: bool.default(true),
    inControlledShutdown: bool.since(1).default(false),
    logDirs: array(uuid).since(3).tag(0),
    /** Log directories that get no new replicas (KIP-1066). */
    cordonedLogDirs: array(uuid).since(4).orNull().tag(1),
  }),
  ...defineRecord(1, 'UnregisterBrokerRecord', [0, 0], {
    brokerId: int32,
    brokerEpoch: int53,
  }),
  ...defineRecord(2, 'TopicRecord', [0, 0], {
    name: string,
    topicId: uuid,
  }),
  ...defineRecord(3, 'PartitionRecord', [0, 2], {
    partitionId: int32.default(-1),
    topicId: uuid,
    /** In order of preference: the first is the preferred leader. */
    replicas: array(int32),
    isr: array(int32),
    removingReplicas: array(int32),
    addingReplicas: array(int32),
    /** -1 none. */
    leader: int32.default(-1),
    /** 1 from an unclean election until the new leader says that it has recovered, else 0. */
    leaderRecoveryState: int8.tag(0).default(0),
    leaderEpoch: int32.default(-1),
    partitionEpoch: int32.default(-1),
    /** The log directory of each replica, in the order of `replicas` (KIP-858). */
    directories: array(uuid).since(1),
    /** Replicas outside the ISR that hold everything committed (KIP-966). */
    eligibleLeaderReplicas: array(int32).since(2).orNull().tag(1),
    /** The last ELR with a member still in it, for an unclean recovery. */
    lastKnownElr: array(int32).since(2).orNull().tag(2),
  }),
  ...defineRecord(4, 'ConfigRecord', [0, 0], {
    /** 2 topic, 4 broker, 16 client metrics, 32 group. */
    resourceType: int8,
    resourceName: string,
    name: string,
    /** Null takes the setting back to its default. */
    value: string.orNull(),
  }),
  /** Raises the partition epoch by one; where it names a leader, be it the same, the leader epoch too. */
  ...defineRecord(5, 'PartitionChangeRecord', [0, 2], {
    partitionId: int32.default(-1),
    topicId: uuid,
    /** Here and below null means no change. */
    isr: array(int32).orNull().tag(0),
    /** -1 none, -2 no change. */
    leader: int32.tag(1).default(-2),
    replicas: array(int32).orNull().tag(2),
    removingReplicas: array(int32).orNull().tag(3),
    addingReplicas: array(int32).orNull().tag(4),
    /** -1 no change. */
    leaderRecoveryState: int8.tag(5).default(-1),
    directories: array(uuid).since(1).orNull().tag(8),
    eligibleLeaderReplicas: array(int32).since(2).orNull().tag(6),
    lastKnownElr: array(int32).since(2).orNull().tag(7),
  }),
  /** Superseded by BrokerRegistrationChangeRecord; read, not written. */
  ...defineRecord(7, 'FenceBrokerRecord', [0, 0], {
    id: int32,
    epoch: int53,
  }),
  ...defineRecord(8, 'UnfenceBrokerRecord', [0, 0], {
    id: int32,
    epoch: int53,
  }),
  ...defineRecord(9, 'RemoveTopicRecord', [0, 0], {
    topicId: uuid,
  }),
  ...defineRecord(12, 'FeatureLevelRecord', [0, 0], {
    name: string,
    /** 0 takes the feature away. */
    featureLevel: int16,
  }),
  ...defineRecord(15, 'ProducerIdsRecord', [0, 0], {
    brokerId: int32,
    brokerEpoch: int53.default(-1),
    /** First id of the block that will be given next. */
    nextProducerId: int53,
  }),
  ...defineRecord(17, 'BrokerRegistrationChangeRecord', [0, 3], {
    brokerId: int32,
    brokerEpoch: int53,
    /** 1 fenced, -1 unfenced, 0 no change. */
    fenced: int8.tag(0),
    /** 1 in controlled shutdown, 0 no change. */
    inControlledShutdown: int8.since(1).tag(1),
    /** Empty means no change. */
    logDirs: array(uuid).since(2).tag(2),
    /** Null means no change. */
    cordonedLogDirs: array(uuid).since(3).orNull().tag(3),
  }),
  /** Written by a controller with nothing to do, so that the committed offset moves. */
  ...defineRecord(20, 'NoOpRecord', [0, 0], {}),
  /** Records up to the matching end count only together (KIP-868). */
  ...defineRecord(23, 'BeginTransactionRecord', [0, 0], {
    name: string.orNull().tag(0),
  }),
  ...defineRecord(24, 'EndTransactionRecord', [0, 0], {}),
  ...defineRecord(25, 'AbortTransactionRecord', [0, 0], {
    reason: string.orNull().tag(0),
  }),
  /** After min.insync.replicas changed: who was eligible by the old number need not be by the new one (KIP-966). */
  ...defineRecord(28, 'ClearElrRecord', [0, 0], {
    /** Empty means all topics. */
    topicName: string,
  }),
} as const

type RecordName = keyof typeof metadataRecords
type FieldsOf<Name extends RecordName> = (typeof metadataRecords)[Name]['fields']

/** A record as read: every field is there, `type` is Kafka's name of it. */
export type MetadataRecord = { [N in RecordName]: { readonly type: N } & Decoded<FieldsOf<N>> }[RecordName]

/** A record to write: fields with a default may be left out. */
export type MetadataRecordInput = { [N in RecordName]: { readonly type: N } & Encodable<FieldsOf<N>> }[RecordName]

const byId: ReadonlyMap<number, Stored> = new Map(
  Object.values(metadataRecords).map((record: Stored) => [record.id, record]),
)

export function encodeMetadataRecord(
  record: MetadataRecordInput,
  version: number = metadataRecords[record.type].maxVersion,
): Uint8Array {
  const stored: Stored = metadataRecords[record.type]
  return bytesOf((writer) => {
    writer.uvarint(frameVersion)
    writer.uvarint(stored.id)
    writer.uvarint(version)
    stored.codec(version).encode(record, writer)
  })
}

/** Metadata that only another release can read, most likely a later one. */
export class UnknownMetadata extends Error {
  override readonly name = 'UnknownMetadata'
}

/** Throws UnknownMetadata where this release does not know such records. */
export function decodeMetadataRecord(bytes: Uint8Array): MetadataRecord {
  const reader = new WireReader(bytes)
  const { stored, version } = beginningOf(reader)
  return { type: stored.name, ...stored.codec(version).decode(reader) } as MetadataRecord
}

/** What a record is, from its first bytes alone. Throws as above. */
export const metadataRecordType = (bytes: Uint8Array): MetadataRecord['type'] =>
  beginningOf(new WireReader(bytes)).stored.name as MetadataRecord['type']

function beginningOf(reader: WireReader): { readonly stored: Stored; readonly version: number } {
  const frame = reader.uvarint()
  if (frame !== frameVersion) throw new UnknownMetadata(`a record of frame version ${frame}`)
  const id = reader.uvarint()
  const version = reader.uvarint()
  const stored = byId.get(id)
  if (stored === undefined) throw new UnknownMetadata(`a record of id ${id}`)
  if (!stored.supports(version)) throw new UnknownMetadata(`version ${version} of ${stored.name}`)
  return { stored, version }
}
