// Consumer groups, and moving their offsets in two steps: a plan that changes nothing and shows everything, and its application, which
// does exactly that or nothing.
import type { ClusterClient, TopicPartition } from '../../src-broker/client/cluster-client.ts'
import { KafkaFailure } from '../../src-broker/client/failures.ts'
import { fetchBatches } from '../../src-broker/client/fetch-batches.ts'
import { recordsOf } from '../../src-broker/client/fetched-batch.ts'
import {
  type CommittedOffset,
  commitOffsets,
  committedOffsets,
  type DescribedGroup,
  deleteGroup,
  describeAll,
  listAllGroups,
} from '../../src-broker/client/groups.ts'
import { type LogRange, logRanges, offsetsAt } from '../../src-broker/client/offsets.ts'
import { errorOf } from '../../src-broker/protocol/errors.ts'
import type { Handlers } from '../contract/contract.ts'
import type {
  GroupDetail,
  GroupMember,
  GroupOffset,
  GroupState,
  GroupSummary,
  ResetOutcome,
  ResetPlan,
  ResetRequest,
  ResetStep,
  ResetTarget,
} from '../contract/groups.ts'
import { RequestFailed } from '../contract/rpc.ts'
import type { Journal } from '../store/journal.ts'
import type { EventBus } from './event-bus.ts'
import { payloadOf, rowBytesMax } from './payload.ts'
import type { PulseService } from './pulse.ts'

const listPatienceMs = 400
const firstRecordBytes = 16_384

type Names = 'groups.list' | 'groups.describe' | 'groups.planReset' | 'groups.applyReset' | 'groups.delete'

export class GroupService {
  readonly handlers: Pick<Handlers, Names>
  readonly #client: ClusterClient
  readonly #events: EventBus
  readonly #pulse: PulseService
  readonly #journal: Journal

  constructor(client: ClusterClient, events: EventBus, pulse: PulseService, journal: Journal) {
    this.#client = client
    this.#events = events
    this.#pulse = pulse
    this.#journal = journal
    this.handlers = {
      'groups.list': () => this.#list(),
      'groups.describe': ({ groupId }) => this.#describe(groupId),
      'groups.planReset': (request) => this.#plan(request),
      'groups.applyReset': ({ plan }) => this.#apply(plan),
      'groups.delete': ({ groupId }) => this.#delete(groupId),
    }
  }

  async #list(): Promise<GroupSummary[]> {
    const listed = await listAllGroups(this.#client)
    const groupIds = listed.map(({ groupId }) => groupId)
    const [described, offsets] = await Promise.all([
      describeAll(this.#client, groupIds),
      committedOffsets(this.#client, groupIds),
    ])
    const topics = listed.map((_, index) => topicsOf(offsets[index]!.value ?? [], described[index]!.value))
    const partitions = await this.#partitionsOf(topics.flat())
    const missing = topics.map((names, index) => uncommitted(names, partitions, offsets[index]!.value ?? []))
    const ranges = await this.#ranges([...offsets.flatMap(({ value }) => value ?? []), ...missing.flat()])
    return listed
      .map((group, index): GroupSummary => {
        const detail = described[index]!.value
        const committed = offsets[index]!.value ?? []
        return {
          groupId: group.groupId,
          state: stateOf(detail?.state ?? group.state),
          protocolType: group.protocolType,
          memberCount: detail?.members.length ?? 0,
          totalLag: committed.reduce((sum, offset) => sum + lag(offset.offset, ranges.get(nameOf(offset))), 0),
          uncommittedCount: missing[index]!.filter((place) => holdsRecords(ranges.get(nameOf(place)))).length,
          topics: topics[index]!,
          coordinator: group.coordinator,
        }
      })
      .toSorted((one, other) => (one.groupId < other.groupId ? -1 : 1))
  }

  async #describe(groupId: string): Promise<GroupDetail> {
    const { group, committed } = await this.#read(groupId)
    const owners = new Map(
      group.members.flatMap(({ memberId, assignment }) => assignment.map((held) => [nameOf(held), { held, memberId }])),
    )
    const topics = topicsOf(committed, group)
    // What the group could read and never committed belongs to the picture too.
    const missing = uncommitted(topics, await this.#partitionsOf(topics), committed)
    const places = new Map<string, TopicPartition>([
      ...[...owners].map(([name, { held }]) => [name, held] as const),
      ...missing.map((place) => [nameOf(place), place] as const),
      ...committed.map((offset) => [nameOf(offset), offset] as const),
    ])
    const ranges = await this.#ranges([...places.values()])
    const offsets = [...places].map(([name, { topic, partition }]): GroupOffset => {
      const offset = committed.find((candidate) => nameOf(candidate) === name)
      const range = ranges.get(name)
      return {
        topic,
        partition,
        committedOffset: offset?.offset ?? null,
        logStartOffset: range?.logStartOffset ?? 0,
        highWatermark: range?.highWatermark ?? 0,
        lag: offset === undefined ? null : lag(offset.offset, range),
        memberId: owners.get(name)?.memberId ?? null,
        metadata: offset?.metadata ?? '',
      }
    })
    return {
      groupId,
      state: stateOf(group.state),
      protocolType: group.protocolType,
      memberCount: group.members.length,
      totalLag: offsets.reduce((sum, offset) => sum + (offset.lag ?? 0), 0),
      uncommittedCount: offsets.filter((offset) => offset.committedOffset === null && holdsRecords(offset)).length,
      topics,
      coordinator: group.coordinator,
      assignor: group.assignor,
      members: group.members.map(memberOf),
      offsets: offsets.toSorted(byPlace),
    }
  }

  async #plan(request: ResetRequest): Promise<ResetPlan> {
    const { groupId, topic, target } = request
    const { group, committed } = await this.#read(groupId)
    const partitions = await this.#partitions(request)
    const standing = new Map(
      committed.filter((offset) => offset.topic === topic).map(({ partition, offset }) => [partition, offset]),
    )
    const wanted = partitions
      .filter((partition) => target.kind !== 'shift' || standing.has(partition))
      .map((partition) => ({ topic, partition }))
    const ranges = await this.#certainRanges(wanted)
    const goals = await this.#goals(wanted, target, ranges, standing)
    const firsts = await this.#firstRecords(topic, goals)
    const steps = goals.map(({ partition, toOffset, logStartOffset, highWatermark }, index): ResetStep => {
      const fromOffset = standing.get(partition) ?? null
      return {
        partition,
        fromOffset,
        toOffset,
        logStartOffset,
        highWatermark,
        recordsAgain: fromOffset === null ? 0 : Math.max(fromOffset, logStartOffset) - toOffset,
        firstRecord: firsts[index]!,
      }
    })
    return { groupId, topic, target, steps, refusal: refusalOf(group) }
  }

  /** Exactly the plan: nothing is committed unless the group is empty and its offsets are those that the plan was made from. */
  async #apply(plan: ResetPlan): Promise<ResetOutcome> {
    const { groupId, topic, steps } = plan
    if (steps.length === 0) throw new RequestFailed('INVALID_REQUEST', 'The plan moves nothing.')
    const { group, committed } = await this.#read(groupId)
    const refusal = refusalOf(group)
    if (refusal !== null) throw new RequestFailed('NON_EMPTY_GROUP', refusal)
    const moved = steps.find(({ partition, fromOffset }) => {
      const now = committed.find((offset) => offset.topic === topic && offset.partition === partition)
      return (now?.offset ?? null) !== fromOffset
    })
    if (moved !== undefined) {
      const text = `The offset of partition ${moved.partition} has moved since the plan was made; plan again.`
      throw new RequestFailed('PLAN_OUT_OF_DATE', text)
    }
    const ranges = await this.#certainRanges(steps.map(({ partition }) => ({ topic, partition })))
    const outside = steps.find(({ toOffset }, index) => {
      const { logStartOffset, highWatermark } = ranges[index]!
      return toOffset < logStartOffset || toOffset > highWatermark
    })
    if (outside !== undefined) {
      const text = `Offset ${outside.toOffset} is no longer in partition ${outside.partition}; plan again.`
      throw new RequestFailed('PLAN_OUT_OF_DATE', text)
    }
    const answers = await commitOffsets(
      this.#client,
      groupId,
      steps.map(({ partition, toOffset }) => ({ topic, partition, offset: toOffset })),
    )
    const outcome = {
      steps: steps.map(({ partition, toOffset }) => {
        const code = answers.find((answer) => answer.partition === partition)?.errorCode ?? -1
        return { partition, committedOffset: toOffset, error: code === 0 ? null : `${errorOf(code).message}.` }
      }),
    }
    await this.#tellReset(plan, outcome)
    return outcome
  }

  async #tellReset({ groupId, topic, steps, target }: ResetPlan, outcome: ResetOutcome): Promise<void> {
    const done = steps.filter((_, index) => outcome.steps[index]!.error === null)
    if (done.length === 0) return
    const inverse = done.map(({ partition, fromOffset }) => ({ partition, offset: fromOffset }))
    const applied = done.map(({ partition, toOffset }) => ({ partition, offset: toOffset }))
    const atMs = Date.now()
    await this.#journal.record({
      atMs,
      kind: 'groups.applyReset',
      payload: { groupId, topic, target, applied, inverse },
    })
    const partitions = `${done.length} partition${done.length === 1 ? '' : 's'}`
    this.#pulse.tell(atMs, {
      brokerId: null,
      kind: 'offsets-reset',
      text: `${groupId} set to ${targetText(target)} on ${topic}, ${partitions}`,
      durationMs: null,
      isInjected: true,
      severity: 'info',
    })
    this.#events.emit('changed', { what: 'groups' })
  }

  async #delete(groupId: string): Promise<null> {
    const { committed } = await this.#read(groupId)
    await deleteGroup(this.#client, groupId)
    await this.#journal.record({ atMs: Date.now(), kind: 'groups.delete', payload: { groupId, inverse: committed } })
    this.#events.emit('changed', { what: 'groups' })
    return null
  }

  async #read(groupId: string): Promise<{ group: DescribedGroup; committed: readonly CommittedOffset[] }> {
    const [[group], [committed]] = await Promise.all([
      describeAll(this.#client, [groupId]),
      committedOffsets(this.#client, [groupId]),
    ])
    // Up to version 5 of DescribeGroups a group that does not exist is a dead one.
    const { value, failure } = group!
    const isUnknown =
      value?.state === 'Dead' || (failure instanceof KafkaFailure && failure.code === 'GROUP_ID_NOT_FOUND')
    if (failure !== null && !isUnknown) throw failure
    const found = isUnknown || value === null ? await this.#undescribed(groupId) : value
    if (committed!.failure !== null) throw committed!.failure
    return { group: found, committed: committed!.value }
  }

  /** Groups of other kinds than the classic (KIP-848, share groups) are listed, but not described in this way. */
  async #undescribed(groupId: string): Promise<DescribedGroup> {
    const listed = (await listAllGroups(this.#client)).find((group) => group.groupId === groupId)
    if (listed === undefined || listed.state === 'Dead') throw notFound(groupId)
    return { ...listed, assignor: '', members: [] }
  }

  async #partitions({ topic, partitions }: ResetRequest): Promise<readonly number[]> {
    const there = (await this.#client.topic(topic)).partitions.map(({ partition }) => partition)
    const missing = partitions?.find((partition) => !there.includes(partition))
    if (missing === undefined) return [...new Set(partitions ?? there)].toSorted((one, other) => one - other)
    throw new RequestFailed('UNKNOWN_TOPIC_OR_PARTITION', `Topic ${topic} has no partition ${missing}.`)
  }

  /** By topic; a topic that is gone, or of which nobody can tell, has none. */
  async #partitionsOf(topics: readonly string[]): Promise<ReadonlyMap<string, readonly number[]>> {
    const read = async (topic: string) => (await this.#client.topic(topic)).partitions.map(({ partition }) => partition)
    const names = [...new Set(topics)]
    const partitions = await Promise.all(names.map((topic) => read(topic).catch(() => [])))
    return new Map(names.map((topic, index) => [topic, partitions[index]!]))
  }

  async #goals(
    wanted: readonly TopicPartition[],
    target: ResetTarget,
    ranges: readonly LogRange[],
    standing: ReadonlyMap<number, number>,
  ) {
    const times =
      target.kind === 'timestamp'
        ? await offsetsAt(
            this.#client,
            wanted.map((item) => ({ ...item, timestamp: target.timestampMs })),
          )
        : []
    return wanted.map(({ partition }, index) => {
      const range = ranges[index]!
      const time = times[index]
      if (time !== undefined && time.failure !== null) throw time.failure
      return {
        partition,
        ...range,
        toOffset: goalIn(range, target, time?.value?.offset ?? -1, standing.get(partition)),
      }
    })
  }

  /** The record at each goal or the first after it; null where there is none. */
  async #firstRecords(
    topic: string,
    goals: readonly (LogRange & { readonly partition: number; readonly toOffset: number })[],
  ): Promise<ResetStep['firstRecord'][]> {
    const outcomes = await fetchBatches(
      this.#client,
      goals.map(({ partition, toOffset }) => ({ topic, partition, offset: toOffset, bytesMax: firstRecordBytes })),
    )
    return goals.map(({ partition, toOffset, highWatermark }, index) => {
      const outcome = outcomes[index]!
      if (outcome.failure !== null) throw outcome.failure
      for (const fetched of outcome.value.batches) {
        const record = recordsOf(fetched, partition, toOffset, highWatermark, null).find(
          ({ kind }) => kind === 'record',
        )
        if (record === undefined) continue
        const { offset, timestamp: timestampMs, key, value } = record
        return { offset, timestampMs, key: payloadOf(key, rowBytesMax), value: payloadOf(value, rowBytesMax) }
      }
      return null
    })
  }

  /** As far as they can be had in a moment. */
  async #ranges(places: readonly TopicPartition[]): Promise<ReadonlyMap<string, LogRange>> {
    const wanted = [...new Map(places.map((place) => [nameOf(place), place])).values()]
    const outcomes = await logRanges(this.#client, wanted, { patienceMs: listPatienceMs })
    return new Map(outcomes.flatMap(({ value }, index) => (value === null ? [] : [[nameOf(wanted[index]!), value]])))
  }

  /** All of them, or a failure. */
  async #certainRanges(places: readonly TopicPartition[]): Promise<LogRange[]> {
    return (await logRanges(this.#client, places)).map((outcome) => {
      if (outcome.failure !== null) throw outcome.failure
      return outcome.value
    })
  }
}

function goalIn(
  { logStartOffset, highWatermark }: LogRange,
  target: ResetTarget,
  offsetAtTime: number,
  standing: number | undefined,
): number {
  const within = (offset: number) => Math.min(highWatermark, Math.max(logStartOffset, offset))
  switch (target.kind) {
    case 'earliest':
      return logStartOffset
    case 'latest':
      return highWatermark
    case 'offset':
      return within(target.offset)
    case 'shift':
      return within((standing ?? logStartOffset) + target.by)
    case 'timestamp':
      return offsetAtTime < 0 ? highWatermark : offsetAtTime
  }
}

function refusalOf({ groupId, state, members }: DescribedGroup): string | null {
  if (state === 'Empty') return null
  const count = members.length === 0 ? '' : ` with ${members.length} member${members.length === 1 ? '' : 's'}`
  return `Group ${groupId} is ${state}${count}: stop its members first, their own commits would overwrite yours.`
}

const notFound = (groupId: string) => new RequestFailed('GROUP_ID_NOT_FOUND', `There is no group ${groupId}.`)

const states: ReadonlySet<string> = new Set(['Empty', 'PreparingRebalance', 'CompletingRebalance', 'Stable', 'Dead'])
const stateOf = (state: string): GroupState => (states.has(state) ? (state as GroupState) : 'Unknown')

const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`

const holdsRecords = (range: LogRange | undefined): boolean =>
  range !== undefined && range.highWatermark > range.logStartOffset

const lag = (offset: number, range: LogRange | undefined): number =>
  range === undefined ? 0 : Math.max(0, range.highWatermark - Math.max(offset, range.logStartOffset))

function uncommitted(
  topics: readonly string[],
  partitions: ReadonlyMap<string, readonly number[]>,
  committed: readonly CommittedOffset[],
): TopicPartition[] {
  const known = new Set(committed.map(nameOf))
  return topics
    .flatMap((topic) => (partitions.get(topic) ?? []).map((partition) => ({ topic, partition })))
    .filter((place) => !known.has(nameOf(place)))
}

const topicsOf = (committed: readonly CommittedOffset[], group: DescribedGroup | null): string[] => {
  const subscribed = group?.members.flatMap(({ subscription }) => subscription) ?? []
  return [...new Set([...committed.map(({ topic }) => topic), ...subscribed])].sort()
}

function memberOf({
  memberId,
  groupInstanceId,
  clientId,
  clientHost,
  assignment,
}: DescribedGroup['members'][number]): GroupMember {
  const assignments = [...Map.groupBy(assignment, ({ topic }) => topic)].map(([topic, held]) => ({
    topic,
    partitions: held.map(({ partition }) => partition).toSorted((one, other) => one - other),
  }))
  return { memberId, groupInstanceId, clientId, host: clientHost.replace(/^\//, ''), assignments }
}

const byPlace = (one: TopicPartition, other: TopicPartition): number =>
  one.topic === other.topic ? one.partition - other.partition : one.topic < other.topic ? -1 : 1

function targetText(target: ResetTarget): string {
  if (target.kind === 'offset') return `offset ${target.offset}`
  if (target.kind === 'shift') return `${Math.abs(target.by)} ${target.by < 0 ? 'back' : 'forward'}`
  return target.kind === 'timestamp' ? new Date(target.timestampMs).toISOString() : target.kind
}
