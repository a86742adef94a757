// Forgetting: groups deleted by hand, offsets of deleted topics, and offsets that outlived offsets.retention.minutes.
import { errors } from '../../protocol/errors.ts'
import type { ClassicGroup } from './group.ts'
import { isOfFormerTopic } from './offsets.ts'
import type { GroupRecord, OffsetCommit } from './records.ts'
import type { Shard } from './shard.ts'
import { subscribedTopics } from './subscription.ts'

/** Only a group without members can be deleted; its offsets go with it. */
export function deleteGroup(shard: Shard, groupId: string, then: (errorCode: number) => void): void {
  const refusal = refusalOfDelete(shard.groups.get(groupId))
  if (refusal !== errors.NONE) return then(refusal)
  // What is on its way into the log may add an offset; the tombstones must cover it.
  shard.afterWrites(shard.groups.get(groupId)!, (errorCode) => {
    const group = shard.groups.get(groupId)
    const refusal = errorCode === errors.NONE ? refusalOfDelete(group) : errorCode
    if (group === undefined || refusal !== errors.NONE) return then(refusal)
    shard.write(group, [...offsetTombstones(group, () => true), groupTombstone(group)], then)
  })
}

function refusalOfDelete(group: ClassicGroup | undefined): number {
  if (group === undefined) return errors.GROUP_ID_NOT_FOUND
  return group.state === 'Empty' ? errors.NONE : errors.NON_EMPTY_GROUP
}

export function forgetTopics(shard: Shard, topics: ReadonlySet<string>): void {
  for (const group of [...shard.groups.values()]) {
    const records = offsetTombstones(group, (topic) => topics.has(topic))
    if (records.length > 0) shard.write(group, records, () => {})
  }
}

/** Groups that are being written are looked at next time. */
export function forgetExpired(shard: Shard): void {
  for (const group of [...shard.groups.values()]) {
    if (group.writesSettled < group.writesStarted) continue
    const { env, config, sink } = shard.room
    const hasExpired = expiredBy(group, env.wallMs(), config)
    const isGone: OffsetTest = (topic, commit) => hasExpired(topic, commit) || isOfFormerTopic(sink, topic, commit)
    const records = offsetTombstones(group, isGone)
    const isLast = records.length === offsetCount(group)
    if (isLast && group.state === 'Empty') records.push(groupTombstone(group))
    if (records.length > 0) shard.write(group, records, () => {})
  }
}

type OffsetTest = (topic: string, commit: OffsetCommit) => boolean

/** When retention begins: with the last commit of a group that has no members to speak of, or when its last member went. */
function expiredBy(
  group: ClassicGroup,
  nowMs: number,
  config: { readonly offsetsRetentionMinutes: number },
): OffsetTest {
  const retentionMs = config.offsetsRetentionMinutes * 60_000
  const hasExpired = (commit: OffsetCommit, sinceMs: number) =>
    commit.expireTimestampMs >= 0 ? nowMs >= commit.expireTimestampMs : nowMs - sinceMs >= retentionMs

  if (group.protocolType === null) return (_topic, commit) => hasExpired(commit, commit.commitTimestampMs)
  if (group.state === 'Empty') {
    const { stateChangedAtMs } = group
    return (_topic, commit) => hasExpired(commit, stateChangedAtMs >= 0 ? stateChangedAtMs : commit.commitTimestampMs)
  }
  const topics = group.state === 'Stable' ? subscribedTopics(group) : null
  return (topic, commit) => topics !== null && !topics.has(topic) && hasExpired(commit, commit.commitTimestampMs)
}

function offsetTombstones(group: ClassicGroup, isGone: OffsetTest): GroupRecord[] {
  const records: GroupRecord[] = []
  for (const [topic, partitions] of group.offsets.topics) {
    for (const [partition, commit] of partitions) {
      if (isGone(topic, commit)) {
        records.push({ type: 'offset-commit', groupId: group.groupId, topic, partition, commit: null })
      }
    }
  }
  return records
}

const groupTombstone = (group: ClassicGroup): GroupRecord => ({
  type: 'group-metadata',
  groupId: group.groupId,
  metadata: null,
})

function offsetCount(group: ClassicGroup): number {
  let count = 0
  for (const partitions of group.offsets.topics.values()) count += partitions.size
  return count
}
