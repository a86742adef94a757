// Offsets deleted by hand, of a group that goes on.
import { errors } from '../../protocol/errors.ts'
import type { ClassicGroup } from './group.ts'
import type { GroupRecord } from './records.ts'
import type { Shard } from './shard.ts'
import { subscribedTopics } from './subscription.ts'

export interface OffsetDeletion {
  /** Of the whole group: nothing was deleted. */
  readonly errorCode: number
  /** Of the topics asked for: members read them, so that their offsets stayed. */
  readonly subscribed: ReadonlySet<string>
}

export interface OffsetPlace {
  readonly topic: string
  readonly partition: number
}

export const refusedDeletion = (errorCode: number): OffsetDeletion => ({ errorCode, subscribed: new Set() })

export function deleteOffsets(
  shard: Shard,
  groupId: string,
  places: readonly OffsetPlace[],
  then: (deletion: OffsetDeletion) => void,
): void {
  const group = shard.groups.get(groupId)
  if (group === undefined) return then(refusedDeletion(errors.GROUP_ID_NOT_FOUND))
  // What is on its way into the log may add an offset; the tombstones must cover it.
  shard.afterWrites(group, (errorCode) => {
    const group = shard.groups.get(groupId)
    const refusal = errorCode === errors.NONE ? refusalOf(group) : errorCode
    if (group === undefined || refusal !== errors.NONE) return then(refusedDeletion(refusal))
    const subscribed = stillRead(group, places)
    const records = places
      .filter(({ topic, partition }) => !subscribed.has(topic) && group.offsets.get(topic, partition) !== undefined)
      .map(({ topic, partition }): GroupRecord => ({ type: 'offset-commit', groupId, topic, partition, commit: null }))
    if (records.length === 0) return then({ errorCode: errors.NONE, subscribed })
    shard.write(group, records, (errorCode) => then({ errorCode, subscribed }))
  })
}

/** What members of other protocols than `consumer` read cannot be told. */
function refusalOf(group: ClassicGroup | undefined): number {
  if (group === undefined) return errors.GROUP_ID_NOT_FOUND
  return group.state === 'Empty' || group.protocolType === 'consumer' ? errors.NONE : errors.NON_EMPTY_GROUP
}

/** Where members do not say what they read, it may be any topic. */
function stillRead(group: ClassicGroup, places: readonly OffsetPlace[]): ReadonlySet<string> {
  if (group.state === 'Empty') return new Set()
  const read = subscribedTopics(group)
  return new Set(places.map(({ topic }) => topic).filter((topic) => read?.has(topic) ?? true))
}
