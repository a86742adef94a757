// What the coordinator takes and gives. Most is the wire's own; where versions differ in shape, the handlers level them.
import type { RequestOf, ResponseInput, ResponseOf } from '../../protocol/api.ts'
import type { offsetCommit } from '../../protocol/messages/08-offset-commit.ts'
import type { joinGroup } from '../../protocol/messages/11-join-group.ts'
import type { heartbeat } from '../../protocol/messages/12-heartbeat.ts'
import type { leaveGroup } from '../../protocol/messages/13-leave-group.ts'
import type { syncGroup } from '../../protocol/messages/14-sync-group.ts'
import type { describeGroups } from '../../protocol/messages/15-describe-groups.ts'
import type { listGroups } from '../../protocol/messages/16-list-groups.ts'

/** Who asks: enough of a handler's context. */
export interface Asker {
  readonly version: number
  readonly clientId: string | null
  readonly clientHost: string
}

/** `rebalanceTimeoutMs` is given, in version 0 too. */
export type JoinGroupRequest = RequestOf<typeof joinGroup>
export type JoinGroupResponse = ResponseInput<typeof joinGroup>
export type Protocol = JoinGroupRequest['protocols'][number]

export type SyncGroupRequest = RequestOf<typeof syncGroup>
export type SyncGroupResponse = ResponseInput<typeof syncGroup>

export type HeartbeatRequest = RequestOf<typeof heartbeat>

/** `members` is given, in versions that have but one too. */
export type LeaveGroupRequest = Pick<RequestOf<typeof leaveGroup>, 'groupId' | 'members'>
export type LeavingMember = LeaveGroupRequest['members'][number]

export interface LeaveGroupResponse {
  /** Of the whole request; every member has its own besides. */
  readonly errorCode: number
  readonly members: readonly {
    readonly memberId: string
    readonly groupInstanceId: string | null
    readonly errorCode: number
  }[]
}

/** Topics have both name and id, and exist. */
export type OffsetCommitRequest = RequestOf<typeof offsetCommit>

export interface OffsetCommitResponse {
  readonly topics: readonly {
    readonly name: string
    readonly topicId: string
    readonly partitions: readonly { readonly partitionIndex: number; readonly errorCode: number }[]
  }[]
}

/** One group of a request, its topics by name. */
export interface OffsetFetchGroup {
  readonly groupId: string
  /** Null asks for every offset of the group. */
  readonly topics: readonly { readonly name: string; readonly partitionIndexes: readonly number[] }[] | null
}

export interface OffsetFetchGroupResponse {
  readonly groupId: string
  readonly errorCode: number
  readonly topics: readonly { readonly name: string; readonly partitions: readonly FetchedOffset[] }[]
}

export interface FetchedOffset {
  readonly partitionIndex: number
  /** -1 where nothing is committed. */
  readonly committedOffset: number
  readonly committedLeaderEpoch: number
  readonly metadata: string
  readonly errorCode: number
}

export type DescribedGroup = ResponseInput<typeof describeGroups>['groups'][number]

export type ListedGroup = ResponseOf<typeof listGroups>['groups'][number]
