// Leadership that moves on request: to the preferred replica, and from one to the other and back in quick succession.
import { integerBelow } from '../../../src-broker/base/random.ts'
import { newestImage } from '../health.ts'
import type { Machine } from '../machine.ts'
import { between, pick, shuffled } from '../randoms.ts'
import { hold } from './links.ts'
import { whenCalm } from './moment.ts'
import type { Fault, Trouble } from './trouble.ts'

const timeoutMs = 1_000

export const electLeaders: Fault = (_, target) => {
  const request = { electionType: 0, topicPartitions: null, timeoutMs }
  target.enter((broker) => broker.quorum.request('ElectLeaders', request, timeoutMs, () => {}))
  return true
}

/** Another preferred leader for one partition, and its election: replicas that lag a little lead, and others have to truncate. */
export const shuffleLeaders: Fault = (trouble) => {
  const partitions = [...(newestImage(trouble.cluster)?.partitions() ?? [])]
  if (partitions.length === 0) return false
  const { topic, partition } = pick(trouble.random, partitions)
  shuffle(trouble, topic.name, partition.partition, 2 + integerBelow(trouble.random, 8))
  return true
}

function shuffle(trouble: Trouble, topic: string, partition: number, times: number): void {
  const { random, cluster } = trouble
  const replicas = newestImage(cluster)?.partition(topic, partition)?.replicas
  if (times === 0 || replicas === undefined) return
  moveLeader(trouble.target(), topic, partition, shuffled(random, replicas))
  trouble.after(between(random, 5, 400), () => shuffle(trouble, topic, partition, times - 1))
}

/** The same replicas in another order, and the first of them is to lead. */
export function moveLeader(
  asked: Machine | undefined,
  name: string,
  partitionIndex: number,
  replicas: readonly number[],
): void {
  const reassignment = {
    allowReplicationFactorChange: false,
    topics: [{ name, partitions: [{ partitionIndex, replicas }] }],
    timeoutMs,
  }
  const election = { electionType: 0, topicPartitions: [{ topic: name, partitions: [partitionIndex] }], timeoutMs }
  asked?.enter(({ quorum, image }) => {
    if (image.partition(name, partitionIndex)?.addingReplicas.length !== 0) return
    quorum.request('AlterPartitionReassignments', reassignment, timeoutMs, () => {
      quorum.request('ElectLeaders', election, timeoutMs, () => {})
    })
  })
}

/**
 * A leader loses its place to a replica that lags, so that all truncate, and has it again while acknowledgements from before are
 * still under way. Then it dies, and who sent them is to lead.
 */
export const thereAndBack: Fault = (trouble) => {
  whenCalm(trouble, () => goThereAndBack(trouble))
  return true
}

function goThereAndBack(trouble: Trouble): number | undefined {
  const { cluster, random } = trouble
  const whole = [...(newestImage(cluster)?.partitions() ?? [])].filter(
    ({ partition: { isr, leader } }) => isr.length >= 3 && leader >= 0,
  )
  if (whole.length === 0) return undefined
  const { topic, partition } = pick(random, whole)
  const [leader, ahead, behind] = [
    partition.leader,
    ...shuffled(
      random,
      partition.isr.filter((id) => id !== partition.leader),
    ),
  ].map((id) => cluster.machine(id)!) as [Machine, Machine, Machine]
  const move = (...order: readonly Machine[]): void =>
    moveLeader(
      trouble.target(),
      topic.name,
      partition.partition,
      order.map(({ id }) => id),
    )
  trouble.note('there-and-back', `from ${leader.id} to ${behind.id}`)
  const release = hold(trouble, { side: [ahead], other: [leader], to: true, from: false, ms: 4_000 })
  trouble.starve(behind, between(random, 600, 2_000))
  const steps: readonly (readonly [ms: number, step: () => void])[] = [
    [between(random, 500, 1_800), () => move(behind, leader, ahead)],
    [between(random, 60, 300), () => move(leader, ahead, behind)],
    [between(random, 20, 100), () => trouble.starve(ahead, 1_500)],
    [between(random, 50, 500), release],
    [
      between(random, 5, 100),
      () => {
        if (leader.isUp) trouble.crash(leader)
      },
    ],
  ]
  let atMs = 0
  for (const [ms, step] of steps) trouble.after((atMs += ms), step)
  return atMs
}
