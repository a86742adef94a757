// Somebody is about to join an ISR, and between the question and the answer something happens that must not matter.
import type { PartitionImage } from '../../../src-broker/core/quorum/image.ts'
import type { ControllerRequest } from '../../../src-broker/core/quorum/messages.ts'
import { maySpare, newestImage } from '../health.ts'
import type { Machine } from '../machine.ts'
import { between, pick } from '../randoms.ts'
import { losePower } from './data-loss.ts'
import { moveLeader } from './leaders.ts'
import { hold } from './links.ts'
import type { Fault, Trouble } from './trouble.ts'

/** Who is about to join, whom it asks, and who asks the controller for it. */
export interface Join {
  readonly leader: Machine
  readonly controller: Machine
  readonly joining: Machine
  readonly topic: string
  /** As it is before. */
  readonly partition: PartitionImage
}

/** `from` asks `to` for an ISR with somebody new in it; undefined where it asks for something else. */
export function joinOf(
  cluster: Trouble['cluster'],
  from: Machine,
  to: Machine,
  request: ControllerRequest,
): Join | undefined {
  if (request.api !== 'AlterPartition') return undefined
  const found = joinerOf(cluster, request.body as AlterPartition)
  if (found === undefined || found.joining === from || !found.joining.isUp) return undefined
  return { leader: from, controller: to, ...found }
}

/** The controller lets it in, and the leader does not hear of it; then the leader dies, and the newcomer is the next in turn. */
export function keepUnaware(trouble: Trouble, { leader, controller, joining, topic, partition }: Join): void {
  const { random } = trouble
  const ms = between(random, 300, 2_500)
  hold(trouble, { side: [controller], other: [leader], to: true, from: false, ms: ms + 200 })
  trouble.starve(joining, ms + between(random, 500, 3_000))
  const others = partition.replicas.filter((id) => id !== leader.id && id !== joining.id)
  trouble.after(between(random, 10, 100), () => {
    moveLeader(controller, topic, partition.partition, [leader.id, joining.id, ...others])
  })
  killLater(trouble, leader, ms, `${joining.id} joins an ISR of`)
}

/** The one that caught up loses its power, and comes back with less, before the controller hears that it had caught up. */
export function bringAnotherLife(trouble: Trouble, { leader, controller, joining }: Join): void {
  const { random, cluster } = trouble
  const { brokerEpoch } = joining.broker!.quorum
  const release = hold(trouble, { side: [leader], other: [controller], to: true, from: false, ms: 4_000 })
  trouble.starve(joining, between(random, 500, 4_000))
  trouble.after(0, () => {
    if (!joining.isUp || joining.broker!.quorum.brokerEpoch !== brokerEpoch || !maySpare(cluster, joining)) {
      return release()
    }
    trouble.isMended = losePower(trouble, joining, between(random, 1, 20))
    const isBack = (): boolean => {
      const registered = newestImage(cluster)?.brokers.get(joining.id)
      return registered !== undefined && registered.epoch !== brokerEpoch && !registered.fenced
    }
    trouble.when(isBack, 3_500, () => {
      release()
      killLater(trouble, leader, between(random, 5, 400), `another life of ${joining.id} joins an ISR of`)
    })
  })
}

/** Somebody else leads by the time the controller hears of it, who has gone on without the one that was to join. */
export function overtake(trouble: Trouble, { leader, controller, joining }: Join): void {
  const { random, cluster } = trouble
  const led = [...(newestImage(cluster)?.partitions() ?? [])].filter(
    ({ partition }) =>
      partition.leader === leader.id && partition.isr.length > 1 && partition.replicas.includes(joining.id),
  )
  if (led.length === 0) return
  const { topic, partition } = pick(random, led)
  const next = cluster.machine(partition.isr.find((id) => id !== leader.id && id !== joining.id) ?? -1)
  if (next === undefined) return
  // Not so long that the controller takes the one that asks for gone.
  const ms = between(random, 700, 2_200)
  trouble.note('cut-pair', `between ${leader.id} and ${controller.id}: ${joining.id} is about to join`)
  hold(trouble, { side: [leader], other: [controller], to: true, from: false, ms })
  hold(trouble, { side: [joining], other: [next], to: true, from: false, ms: ms + 1_000 })
  trouble.starve(joining, ms + 1_000)
  trouble.guard(ms)
  trouble.after(between(random, 5, 100), () => {
    moveLeader(controller, topic.name, partition.partition, [next.id, joining.id, leader.id])
  })
  // What it thinks of the newcomer reaches the controller too late.
  trouble.after(ms - 20, () => {
    if (next !== controller) hold(trouble, { side: [next], other: [controller], to: true, from: false, ms: 1_000 })
  })
  killLater(trouble, next, ms + between(random, 5, 200), `${leader.id} has let ${joining.id} into the ISR of`)
}

function killLater(trouble: Trouble, machine: Machine, ms: number, why: string): void {
  trouble.after(ms, () => {
    if (!machine.isUp || !trouble.mayStrike) return
    trouble.note('crash', `on ${machine.id}: ${why} its`)
    trouble.crash(machine)
  })
}

/** One member of an ISR leaves it for a moment, and when it is to join again, it is overtaken. */
export const overtaken: Fault = (trouble) => {
  const { cluster, random } = trouble
  const whole = [...(newestImage(cluster)?.partitions() ?? [])].filter(({ partition: { isr, leader } }) => {
    const led = cluster.machine(leader)?.broker
    return isr.length >= 3 && led !== undefined && led.quorum.controllerId !== leader
  })
  if (whole.length === 0) return false
  const { partition } = pick(random, whole)
  const leader = cluster.machine(partition.leader)!
  const follower = cluster.machine(
    pick(
      random,
      partition.isr.filter((id) => id !== leader.id),
    ),
  )
  if (follower?.isUp !== true) return false
  trouble.guard(2_000)
  let isOvertaken = false
  trouble.listen(2_000, (from, to, message) => {
    if (isOvertaken || from !== leader || message.kind !== 'controller-request') return
    const join = joinOf(cluster, from, to, message)
    if (join?.joining !== follower) return
    isOvertaken = true
    overtake(trouble, join)
  })
  trouble.crash(follower, 30)
  return true
}

interface AlterPartition {
  readonly topics: readonly {
    readonly topicId: string
    readonly partitions: readonly {
      readonly partitionIndex: number
      readonly newIsrWithEpochs: readonly { readonly brokerId: number }[]
    }[]
  }[]
}

function joinerOf(
  cluster: Trouble['cluster'],
  { topics }: AlterPartition,
): Pick<Join, 'joining' | 'topic' | 'partition'> | undefined {
  const image = newestImage(cluster)
  for (const { topicId, partitions } of topics) {
    const topic = image?.topicsById.get(topicId)
    for (const { partitionIndex, newIsrWithEpochs } of partitions) {
      const partition = topic?.partitions[partitionIndex]
      if (topic === undefined || partition === undefined) continue
      const member = newIsrWithEpochs.find(({ brokerId }) => !partition.isr.includes(brokerId))
      const joining = member && cluster.machine(member.brokerId)
      if (joining !== undefined) return { joining, topic: topic.name, partition }
    }
  }
  return undefined
}
