import type { GroupDetail, GroupOffset, ResetPlan, ResetStep } from '../../../src-main/contract/groups.ts'
import { percent } from '../../lib/scale.ts'

export type LaneRow =
  | {
      readonly kind: 'topic'
      readonly topic: string
      readonly totalLag: number
      readonly uncommittedCount: number
      readonly partitionCount: number
    }
  | { readonly kind: 'lane'; readonly lane: Lane }

export interface Lane {
  readonly topic: string
  readonly partition: number
  readonly committed: number | null
  readonly low: number
  readonly high: number
  readonly lag: number | null
  readonly owner: string | null
  readonly step: ResetStep | null
}

/** The group's offsets by topic; a plan adds its steps, and partitions that were never committed. */
export function laneRows(detail: GroupDetail, plan: ResetPlan | null, only: string | null): readonly LaneRow[] {
  const owners = new Map(detail.members.map((member) => [member.memberId, member.clientId]))
  const lanes = detail.offsets.map((offset) => laneOf(offset, owners))
  const steps = new Map(plan?.steps.map((step) => [step.partition, step]) ?? [])
  const merged = lanes.map((lane) =>
    lane.topic === plan?.topic ? { ...lane, step: steps.get(lane.partition) ?? null } : lane,
  )
  for (const step of plan?.steps ?? [])
    if (!lanes.some((lane) => lane.topic === plan?.topic && lane.partition === step.partition))
      merged.push(laneOfStep(plan!.topic, step))
  const topics = [...new Set(merged.map((lane) => lane.topic))].filter((t) => only === null || t === only).sort()
  return topics.flatMap((topic) => {
    const own = merged.filter((lane) => lane.topic === topic).sort((a, b) => a.partition - b.partition)
    return [
      {
        kind: 'topic',
        topic,
        totalLag: own.reduce((sum, lane) => sum + (lane.lag ?? 0), 0),
        uncommittedCount: own.filter((lane) => lane.committed === null && lane.high > lane.low).length,
        partitionCount: own.length,
      } satisfies LaneRow,
      ...own.map((lane): LaneRow => ({ kind: 'lane', lane })),
    ]
  })
}

const laneOf = (offset: GroupOffset, owners: ReadonlyMap<string, string>): Lane => ({
  topic: offset.topic,
  partition: offset.partition,
  committed: offset.committedOffset,
  low: offset.logStartOffset,
  high: offset.highWatermark,
  lag: offset.lag,
  owner: offset.memberId === null ? null : (owners.get(offset.memberId) ?? offset.memberId),
  step: null,
})

const laneOfStep = (topic: string, step: ResetStep): Lane => ({
  topic,
  partition: step.partition,
  committed: step.fromOffset,
  low: step.logStartOffset,
  high: step.highWatermark,
  lag: step.fromOffset === null ? null : Math.max(0, step.highWatermark - step.fromOffset),
  owner: null,
  step,
})

export interface Track {
  readonly readTo: number
  readonly at: number | null
  readonly stretch: { readonly from: number; readonly to: number; readonly isAgain: boolean } | null
  readonly target: number | null
}

/** Percent along the log from its start to the high watermark. */
export function track(lane: Lane): Track {
  const place = (offset: number): number => percent(offset, lane.low, lane.high)
  const at = lane.committed === null ? null : place(lane.committed)
  const { step } = lane
  if (step === null) return { readTo: at ?? 0, at, stretch: null, target: null }
  const target = place(step.toOffset)
  const from = at ?? target
  return {
    readTo: at ?? 0,
    at,
    target,
    stretch:
      from === target ? null : { from: Math.min(from, target), to: Math.max(from, target), isAgain: target < from },
  }
}
