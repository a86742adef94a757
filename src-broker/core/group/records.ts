// The coordinator's records in `__consumer_offsets`, as Kafka writes them, so that its dump tool and lag monitors can read them.
// Records of other kinds (KIP-848, share and streams groups) are passed over on replay.
import { type Uuid, zeroUuid } from '../../base/uuid.ts'
import {
  decodeGroupKey,
  encodeGroupMetadataKey,
  encodeOffsetCommitKey,
  groupMetadataValue,
  offsetCommitValue,
} from '../../protocol/stored/group-records.ts'
import { decodeVersioned, encodeVersioned } from '../../protocol/stored/stored.ts'
import type { KeyValue } from './sink.ts'

export type GroupRecord =
  | {
      readonly type: 'offset-commit'
      readonly groupId: string
      readonly topic: string
      readonly partition: number
      /** Null is the tombstone. */
      readonly commit: OffsetCommit | null
    }
  | {
      readonly type: 'group-metadata'
      readonly groupId: string
      /** Null is the tombstone. */
      readonly metadata: GroupMetadata | null
    }

export interface OffsetCommit {
  readonly offset: number
  /** Of the last record consumed; -1 where the client did not say. */
  readonly leaderEpoch: number
  readonly metadata: string
  readonly commitTimestampMs: number
  /** Given by clients that set their own retention (OffsetCommit versions 2 to 4); -1 otherwise. */
  readonly expireTimestampMs: number
  readonly topicId: Uuid
}

export interface GroupMetadata {
  readonly protocolType: string
  readonly generation: number
  readonly protocol: string | null
  readonly leader: string | null
  readonly stateChangedAtMs: number
  readonly members: readonly MemberMetadata[]
}

export interface MemberMetadata {
  readonly memberId: string
  readonly groupInstanceId: string | null
  readonly clientId: string
  readonly clientHost: string
  readonly rebalanceTimeoutMs: number
  readonly sessionTimeoutMs: number
  readonly subscription: Uint8Array
  readonly assignment: Uint8Array
}

/** A decision: the records go into the log, and the response leaves once they are committed. */
export interface Outcome<Response> {
  readonly records: readonly GroupRecord[]
  readonly response: Response
}

export function encodeRecord(record: GroupRecord): KeyValue {
  const { groupId: group } = record
  if (record.type === 'group-metadata') {
    return { key: encodeGroupMetadataKey(group), value: record.metadata && encodeMetadata(record.metadata) }
  }
  const { topic, partition, commit } = record
  return { key: encodeOffsetCommitKey({ group, topic, partition }), value: commit && encodeCommit(commit) }
}

/** Undefined for a record that is not ours. */
export function decodeRecord(key: Uint8Array, value: Uint8Array | null): GroupRecord | undefined {
  const decoded = decodeGroupKey(key)
  if (decoded.type === 'other') return undefined
  const { type, group: groupId } = decoded
  if (type === 'group-metadata') return { type, groupId, metadata: value && decodeMetadata(value) }
  const { topic, partition } = decoded
  return { type, groupId, topic, partition, commit: value && decodeCommit(value) }
}

// The versions that Kafka writes: 1 where the client chose the retention, 4 where there is a topic id, otherwise 3.
const commitVersion = ({ expireTimestampMs, topicId }: OffsetCommit): number =>
  expireTimestampMs >= 0 ? 1 : topicId === zeroUuid ? 3 : 4

const encodeCommit = (commit: OffsetCommit): Uint8Array =>
  encodeVersioned(
    offsetCommitValue,
    {
      offset: commit.offset,
      leaderEpoch: commit.leaderEpoch,
      metadata: commit.metadata,
      commitTimestamp: commit.commitTimestampMs,
      expireTimestamp: commit.expireTimestampMs,
      topicId: commit.topicId,
    },
    commitVersion(commit),
  )

function decodeCommit(bytes: Uint8Array): OffsetCommit {
  const value = decodeVersioned(offsetCommitValue, bytes)
  return {
    offset: value.offset,
    leaderEpoch: value.leaderEpoch,
    metadata: value.metadata,
    commitTimestampMs: value.commitTimestamp,
    expireTimestampMs: value.expireTimestamp,
    topicId: value.topicId,
  }
}

/** Version 4 is flexible; Kafka goes on writing 3. */
const metadataVersion = 3

const encodeMetadata = (metadata: GroupMetadata): Uint8Array =>
  encodeVersioned(
    groupMetadataValue,
    {
      protocolType: metadata.protocolType,
      generation: metadata.generation,
      protocol: metadata.protocol,
      leader: metadata.leader,
      currentStateTimestamp: metadata.stateChangedAtMs,
      members: metadata.members.map(({ rebalanceTimeoutMs, sessionTimeoutMs, ...member }) => ({
        ...member,
        rebalanceTimeout: rebalanceTimeoutMs,
        sessionTimeout: sessionTimeoutMs,
      })),
    },
    metadataVersion,
  )

function decodeMetadata(bytes: Uint8Array): GroupMetadata {
  const value = decodeVersioned(groupMetadataValue, bytes)
  return {
    protocolType: value.protocolType,
    generation: value.generation,
    protocol: value.protocol,
    leader: value.leader,
    stateChangedAtMs: value.currentStateTimestamp,
    members: value.members.map(({ rebalanceTimeout, sessionTimeout, ...member }) => ({
      ...member,
      rebalanceTimeoutMs: rebalanceTimeout < 0 ? sessionTimeout : rebalanceTimeout,
      sessionTimeoutMs: sessionTimeout,
    })),
  }
}
