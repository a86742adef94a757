// Records of `__consumer_offsets` for offsets and classic groups, as Kafka's coordinator writes them.
//
//   key     int16 what it is (the id below; not a version, although Kafka's dump tool calls it one) · the key's fields
//   value   int16 version · the value's fields; no value at all deletes
import { WireReader } from '../reader.ts'
import { array, bytes, type Decoded, type Encodable, int32, int53, string, uuid } from '../schema.ts'
import { bytesOf, defineStored } from './stored.ts'

export const offsetCommitKey = defineStored({
  id: 1,
  name: 'OffsetCommitKey',
  versions: [0, 0],
  fields: {
    group: string,
    topic: string,
    partition: int32,
  },
})

/** A commit that names its own retention needs version 1. Any other is version 3, or 4 to keep the topic id. */
export const offsetCommitValue = defineStored({
  id: 1,
  name: 'OffsetCommitValue',
  versions: [0, 4],
  flexibleFrom: 4,
  fields: {
    offset: int53,
    leaderEpoch: int32.since(3).default(-1).ignorable(),
    metadata: string,
    commitTimestamp: int53,
    /** Of commits that named their own retention (OffsetCommit versions 2 to 4). */
    expireTimestamp: int53.since(1).until(1).default(-1).ignorable(),
    topicId: uuid.since(4).tag(0).ignorable(),
  },
})

export const groupMetadataKey = defineStored({
  id: 2,
  name: 'GroupMetadataKey',
  versions: [0, 0],
  fields: { group: string },
})

export const groupMetadataValue = defineStored({
  id: 2,
  name: 'GroupMetadataValue',
  versions: [0, 4],
  flexibleFrom: 4,
  fields: {
    protocolType: string,
    generation: int32,
    protocol: string.orNull(),
    leader: string.orNull(),
    currentStateTimestamp: int53.since(2).default(-1).ignorable(),
    members: array({
      memberId: string,
      groupInstanceId: string.since(3).orNull().ignorable(),
      clientId: string,
      clientHost: string,
      /** In milliseconds, as is the next. */
      rebalanceTimeout: int32.since(1).default(-1).ignorable(),
      sessionTimeout: int32,
      subscription: bytes,
      assignment: bytes,
    }),
  },
})

export type GroupKey =
  | ({ readonly type: 'offset-commit' } & Decoded<typeof offsetCommitKey.fields>)
  | ({ readonly type: 'group-metadata' } & Decoded<typeof groupMetadataKey.fields>)
  /** 3 to 8 and 16 belong to KIP-848 groups, others to share and streams groups. */
  | { readonly type: 'other'; readonly id: number }

export function decodeGroupKey(key: Uint8Array): GroupKey {
  const reader = new WireReader(key)
  const id = reader.int16()
  // 0 is the offset commit of Kafka before 0.9, with the same fields.
  if (id === 0 || id === offsetCommitKey.id)
    return { type: 'offset-commit', ...offsetCommitKey.codec(0).decode(reader) }
  if (id === groupMetadataKey.id) return { type: 'group-metadata', ...groupMetadataKey.codec(0).decode(reader) }
  return { type: 'other', id }
}

export const encodeOffsetCommitKey = (key: Encodable<typeof offsetCommitKey.fields>): Uint8Array =>
  bytesOf((writer) => {
    writer.int16(offsetCommitKey.id)
    offsetCommitKey.codec(0).encode(key, writer)
  })

export const encodeGroupMetadataKey = (group: string): Uint8Array =>
  bytesOf((writer) => {
    writer.int16(groupMetadataKey.id)
    groupMetadataKey.codec(0).encode({ group }, writer)
  })
