// The group coordinator of one broker: classic groups and committed offsets, one shard for each partition of
// `__consumer_offsets` that the broker leads. Methods that may answer later take `later`, as a handler does: they return the
// answer, or undefined when `later` will bring it.
import type { Deadlines } from '../../base/deadlines.ts'
import { errors } from '../../protocol/errors.ts'
import { joinError, syncError } from './answers.ts'
import type { GroupConfig } from './config.ts'
import { deleteOffsets, type OffsetDeletion, type OffsetPlace, refusedDeletion } from './delete-offsets.ts'
import { describeGroup, describeNone, listGroup } from './describe.ts'
import { deleteGroup, forgetExpired, forgetTopics } from './expiry.ts'
import type { Answer } from './group.ts'
import { heartbeat } from './heartbeat.ts'
import { joinGroup } from './join.ts'
import { leaveGroup } from './leave.ts'
import { activate, adopt, resign } from './lifecycle.ts'
import type {
  Asker,
  DescribedGroup,
  HeartbeatRequest,
  JoinGroupRequest,
  JoinGroupResponse,
  LeaveGroupRequest,
  LeaveGroupResponse,
  ListedGroup,
  OffsetCommitRequest,
  OffsetCommitResponse,
  OffsetFetchGroup,
  OffsetFetchGroupResponse,
  SyncGroupRequest,
  SyncGroupResponse,
} from './messages.ts'
import { commitError, commitOffsets, fetchError, fetchOffsets, movedFromOutside } from './offsets.ts'
import { partitionOf } from './partition-of.ts'
import { decodeRecord } from './records.ts'
import { type GroupEnv, type Room, Shard } from './shard.ts'
import type { GroupSink } from './sink.ts'
import { syncGroup } from './sync.ts'

export class GroupCoordinator {
  readonly #room: Room
  readonly #shards = new Map<number, Shard>()

  constructor(env: GroupEnv, deadlines: Deadlines, config: GroupConfig, sink: GroupSink) {
    this.#room = { env, deadlines, config, sink, adopt }
    this.#sweepLater()
  }

  /** The partition of `__consumer_offsets` that holds a group; its leader is the group's coordinator. */
  partitionFor(groupId: string): number {
    return partitionOf(groupId, this.#room.sink.partitionCount())
  }

  // --- leadership ---

  /**
   * This broker leads the partition in `epoch`: from the log's start to the end it has now, every record goes to `replay`,
   * then `loaded`. Meanwhile clients are told to ask again. A shard of an earlier epoch is given up.
   */
  becomeLeader(partition: number, epoch: number): void {
    if ((this.#shards.get(partition)?.epoch ?? -1) >= epoch) return
    this.resign(partition)
    this.#shards.set(partition, new Shard(this.#room, partition, epoch))
  }

  /** A record of the log while it is being loaded. What was replayed before, or comes after the loading, is ignored. */
  replay(partition: number, key: Uint8Array, value: Uint8Array | null, offset: number): void {
    const shard = this.#shards.get(partition)
    if (shard?.status !== 'loading' || offset < shard.loadedOffset) return
    shard.loadedOffset = offset + 1
    const record = decodeRecord(key, value)
    if (record !== undefined) shard.replay(record)
  }

  /** Opens the doors. */
  loaded(partition: number, epoch: number): void {
    const shard = this.#shards.get(partition)
    if (shard?.status === 'loading' && shard.epoch === epoch) activate(shard)
  }

  /** The log cannot be read. Half of its groups and offsets would be worse than none: this coordinator serves nobody. */
  unreadable(partition: number, epoch: number): void {
    const shard = this.#shards.get(partition)
    if (shard?.epoch !== epoch) return
    this.resign(partition)
    shard.status = 'unreadable'
    this.#shards.set(partition, shard)
  }

  /** Drops the groups of the partition; everybody who waits for an answer is sent to look for the new coordinator. */
  resign(partition: number): void {
    const shard = this.#shards.get(partition)
    this.#shards.delete(partition)
    if (shard !== undefined) resign(shard)
  }

  // --- members ---

  joinGroup(request: JoinGroupRequest, asker: Asker, later: Answer<JoinGroupResponse>): JoinGroupResponse | undefined {
    const { groupMinSessionTimeoutMs, groupMaxSessionTimeoutMs } = this.#room.config
    const { groupId, sessionTimeoutMs, memberId } = request
    if (groupId === '') return joinError(errors.INVALID_GROUP_ID, memberId)
    if (sessionTimeoutMs < groupMinSessionTimeoutMs || sessionTimeoutMs > groupMaxSessionTimeoutMs) {
      return joinError(errors.INVALID_SESSION_TIMEOUT, memberId)
    }
    const shard = this.#shardOf(groupId)
    if (typeof shard === 'number') return joinError(shard, memberId)
    return nowOrLater(later, (answer) => joinGroup(shard, request, asker, answer))
  }

  syncGroup(request: SyncGroupRequest, later: Answer<SyncGroupResponse>): SyncGroupResponse | undefined {
    if (request.groupId === '') return syncError(errors.INVALID_GROUP_ID)
    const shard = this.#shardOf(request.groupId)
    // The rebalance it belongs to is lost with the former coordinator. Java clients take 14 for a fatal error here.
    if (shard === errors.COORDINATOR_LOAD_IN_PROGRESS) return syncError(errors.REBALANCE_IN_PROGRESS)
    if (typeof shard === 'number') return syncError(shard)
    return nowOrLater(later, (answer) => syncGroup(shard, request, answer))
  }

  /** Returns an error code. */
  heartbeat(request: HeartbeatRequest): number {
    if (request.groupId === '') return errors.INVALID_GROUP_ID
    const shard = this.#shardOf(request.groupId)
    // Sessions begin when loading ends. Java clients take 14 for a fatal error here, as Kafka knows.
    if (shard === errors.COORDINATOR_LOAD_IN_PROGRESS) return errors.NONE
    return typeof shard === 'number' ? shard : heartbeat(shard, request)
  }

  leaveGroup(request: LeaveGroupRequest): LeaveGroupResponse {
    if (request.groupId === '') return { errorCode: errors.INVALID_GROUP_ID, members: [] }
    const shard = this.#shardOf(request.groupId)
    return typeof shard === 'number' ? { errorCode: shard, members: [] } : leaveGroup(shard, request)
  }

  // --- offsets ---

  commitOffsets(
    request: OffsetCommitRequest,
    asker: Pick<Asker, 'version' | 'clientId'>,
    later: Answer<OffsetCommitResponse>,
  ): OffsetCommitResponse | undefined {
    const { groupId } = request
    const shard = this.#shardOf(groupId)
    if (typeof shard === 'number') return commitError(request, shard)
    const { records, response } = commitOffsets(shard, request, asker.version)
    if (records.length === 0) return response
    const moved = movedFromOutside(shard.groups.get(groupId), request)
    return nowOrLater(later, (answer) =>
      shard.write(shard.groupOrNew(groupId), records, (errorCode) => {
        if (errorCode !== errors.NONE) return answer(commitError(request, errorCode))
        const clientId = asker.clientId ?? ''
        if (moved.length > 0) this.#room.sink.event({ kind: 'offsets-set', groupId, clientId, partitions: moved })
        answer(response)
      }),
    )
  }

  /** With `requireStable`, offsets that are on their way into the log are waited for. */
  fetchOffsets(
    request: OffsetFetchGroup,
    requireStable: boolean,
    later: Answer<OffsetFetchGroupResponse>,
  ): OffsetFetchGroupResponse | undefined {
    const { groupId } = request
    const shard = this.#shardOf(groupId)
    if (typeof shard === 'number') return fetchError(groupId, shard)
    const group = shard.groups.get(groupId)
    if (group === undefined || !requireStable) return fetchOffsets(group, request, this.#room.sink)
    return nowOrLater(later, (answer) =>
      shard.afterWrites(group, (errorCode) => {
        // Consumers before 3.9 know no COORDINATOR_NOT_AVAILABLE here; looking for another coordinator is what is wanted.
        if (errorCode !== errors.NONE) answer(fetchError(groupId, errors.NOT_COORDINATOR))
        else answer(fetchOffsets(shard.groups.get(groupId), request, this.#room.sink))
      }),
    )
  }

  /** The topics are no more, nor are their offsets. */
  topicsDeleted(topics: ReadonlySet<string>): void {
    for (const shard of this.#shards.values()) if (shard.status === 'active') forgetTopics(shard, topics)
  }

  // --- administration ---

  /** Returns an error code, or brings it later. */
  deleteGroup(groupId: string, later: Answer<number>): number | undefined {
    const shard = this.#shardOf(groupId)
    if (typeof shard === 'number') return shard
    return nowOrLater(later, (answer) => deleteGroup(shard, groupId, answer))
  }

  deleteOffsets(
    groupId: string,
    places: readonly OffsetPlace[],
    later: Answer<OffsetDeletion>,
  ): OffsetDeletion | undefined {
    const shard = this.#shardOf(groupId)
    if (typeof shard === 'number') return refusedDeletion(shard)
    return nowOrLater(later, (answer) => deleteOffsets(shard, groupId, places, answer))
  }

  /** A group that does not exist has the error GROUP_ID_NOT_FOUND. */
  describeGroup(groupId: string): DescribedGroup {
    const shard = this.#shardOf(groupId)
    if (typeof shard === 'number') return describeNone(groupId, shard)
    const group = shard.groups.get(groupId)
    return group === undefined ? describeNone(groupId, errors.GROUP_ID_NOT_FOUND) : describeGroup(group)
  }

  /** The groups this broker coordinates. Empty filters let everything pass; case does not matter. */
  listGroups(statesFilter: readonly string[], typesFilter: readonly string[]): ListedGroup[] | number {
    const groups: ListedGroup[] = []
    for (const shard of this.#shards.values()) {
      if (shard.status === 'loading') return errors.COORDINATOR_LOAD_IN_PROGRESS
      for (const group of shard.groups.values()) groups.push(listGroup(group))
    }
    return groups.filter(
      ({ groupState, groupType }) => passes(statesFilter, groupState) && passes(typesFilter, groupType),
    )
  }

  #shardOf(groupId: string): Shard | number {
    const shard = this.#room.sink.partitionCount() > 0 ? this.#shards.get(this.partitionFor(groupId)) : undefined
    if (shard === undefined) return errors.NOT_COORDINATOR
    if (shard.status === 'unreadable') return errors.COORDINATOR_NOT_AVAILABLE
    return shard.status === 'active' ? shard : errors.COORDINATOR_LOAD_IN_PROGRESS
  }

  #sweepLater(): void {
    const { env, deadlines, config } = this.#room
    deadlines.at(env.monotonicMs() + config.offsetsRetentionCheckIntervalMs, () => {
      for (const shard of this.#shards.values()) if (shard.status === 'active') forgetExpired(shard)
      this.#sweepLater()
    })
  }
}

const passes = (filter: readonly string[], value: string): boolean =>
  filter.length === 0 || filter.some((wanted) => wanted.toLowerCase() === value.toLowerCase())

/** Runs `ask`: an answer that it gives at once is returned, a later one goes to `later`. */
function nowOrLater<Response>(later: Answer<Response>, ask: (answer: Answer<Response>) => void): Response | undefined {
  let now: Response | undefined
  let isLate = false
  ask((response) => {
    if (isLate) later(response)
    else now = response
  })
  isLate = true
  return now
}
