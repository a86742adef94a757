// What one replica has flushed and others have never seen is cut off, as somebody else leads. The log goes on, perhaps in another
// segment, and then the power goes: what was cut off must not be there again.
import { maySpare, newestImage } from '../health.ts'
import type { Machine } from '../machine.ts'
import { between, pick, shuffled } from '../randoms.ts'
import { losePower } from './data-loss.ts'
import { moveLeader } from './leaders.ts'
import { whenCalm } from './moment.ts'
import type { Fault, Trouble } from './trouble.ts'

/** More than the time between two flushes. */
const sleepMs = 61_000

export const cutBack: Fault = (trouble) => {
  whenCalm(trouble, () => cutOff(trouble))
  return true
}

function cutOff(trouble: Trouble): number | undefined {
  const { cluster, random } = trouble
  const whole = [...(newestImage(cluster)?.partitions() ?? [])].filter(
    ({ partition: { isr, leader } }) => isr.length >= 3 && leader >= 0,
  )
  if (whole.length === 0) return undefined
  const { topic, partition } = pick(random, whole)
  const { leader } = partition
  const followers = partition.isr.filter((id) => id !== leader)
  const [ahead, behind] = shuffled(random, followers).map((id) => cluster.machine(id)!) as [Machine, Machine]
  const aheadMs = between(random, 400, 1_200)
  const goesOnMs = between(random, 300, 1_800)
  trouble.note('cut-back', `of ${ahead.id}, to where ${behind.id} is`)
  trouble.starve(behind, aheadMs + 100)
  const steps: readonly (readonly [atMs: number, step: () => void])[] = [
    [aheadMs, () => sleep(ahead)],
    [aheadMs + 50, () => limitSegments(trouble, topic.name, 50)],
    [aheadMs + 800, () => limitSegments(trouble, topic.name, trouble.plan.segmentMs)],
    [aheadMs + 60, () => moveLeader(trouble.target(), topic.name, partition.partition, [behind.id, leader, ahead.id])],
    [aheadMs + 60 + goesOnMs, () => darken(trouble, ahead)],
  ]
  for (const [atMs, step] of steps) trouble.after(atMs, step)
  return aheadMs + 70 + goesOnMs
}

/** Its clocks go on, and whatever is due then is done: it flushes. */
function sleep(machine: Machine): void {
  machine.clock.leap(sleepMs)
  machine.clockChanged()
}

/** For a while a segment takes hardly more than one batch. */
function limitSegments(trouble: Trouble, resourceName: string, segmentMs: number): void {
  const configs = [{ name: 'segment.ms', configOperation: 0, value: String(segmentMs) }]
  const request = { resources: [{ resourceType: 2, resourceName, configs }], validateOnly: false }
  trouble.target()?.enter(({ quorum }) => quorum.request('IncrementalAlterConfigs', request, 1_000, () => {}))
}

function darken(trouble: Trouble, victim: Machine): void {
  if (maySpare(trouble.cluster, victim)) trouble.isMended = losePower(trouble, victim)
}
