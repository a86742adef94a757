// Leadership that moves on request: to the preferred replica, and from one to the other and back in quick succession.
import { integerBelow } from '../../../src-broker/base/random.ts'
import { newestImage } from '../health.ts'
import { between, pick, shuffled } from '../randoms.ts'
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

function shuffle(trouble: Trouble, name: string, partitionIndex: number, times: number): void {
  const { random, cluster } = trouble
  const asked = trouble.target()
  const partition = newestImage(cluster)?.partition(name, partitionIndex)
  if (times === 0 || asked === undefined || partition === undefined) return
  if (partition.addingReplicas.length === 0) {
    const replicas = shuffled(random, partition.replicas)
    const reassignment = {
      allowReplicationFactorChange: false,
      topics: [{ name, partitions: [{ partitionIndex, replicas }] }],
      timeoutMs,
    }
    const election = { electionType: 0, topicPartitions: [{ topic: name, partitions: [partitionIndex] }], timeoutMs }
    asked.enter(({ quorum }) => {
      quorum.request('AlterPartitionReassignments', reassignment, timeoutMs, () => {
        quorum.request('ElectLeaders', election, timeoutMs, () => {})
      })
    })
  }
  trouble.after(between(random, 5, 400), () => shuffle(trouble, name, partitionIndex, times - 1))
}
