// How the cluster stands, in one word and one sentence, from what answers at this moment.
//
// The metadata alone does not tell: a quorum that lost its majority can fence nobody, so that its last word shows leaders and in-sync
// replicas that are long gone. Whoever does not answer is therefore left out first.
import type { BrokerState, ClusterHealth, PartitionHealth } from '../contract/cluster.ts'
import { listed } from './partition-names.ts'

export interface PartitionStanding {
  /** Null while no in-sync replica is alive. */
  readonly leader: number | null
  readonly isr: readonly number[]
  readonly replicas: readonly number[]
  readonly minInsyncReplicas: number
}

export interface ClusterStanding {
  readonly brokers: readonly { readonly brokerId: number; readonly state: BrokerState }[]
  /** Who votes in the metadata quorum. */
  readonly voters: readonly number[]
  readonly controllerId: number | null
  readonly topics: readonly {
    readonly topic: string
    readonly partitions: readonly { readonly partition: number; readonly health: PartitionHealth }[]
  }[]
}

/** A fenced broker still votes and still serves what it holds; a starting one does not yet. */
const answers = (state: BrokerState): boolean => state === 'up' || state === 'fenced'

/** A partition cannot ask for more replicas than it has: Kafka takes the smaller of the two (KIP-966). */
export function partitionHealth(partition: PartitionStanding, answering: ReadonlySet<number>): PartitionHealth {
  const { leader, isr, replicas, minInsyncReplicas } = partition
  if (leader === null || !answering.has(leader)) return 'offline'
  const inSync = isr.filter((brokerId) => answering.has(brokerId)).length
  if (inSync < Math.min(minInsyncReplicas, replicas.length)) return 'below-min-isr'
  return inSync < replicas.length ? 'under-replicated' : 'ok'
}

export function clusterHealth(standing: ClusterStanding): ClusterHealth {
  const { brokers, controllerId } = standing
  const running = brokers.filter(({ state }) => answers(state)).map(({ brokerId }) => brokerId)
  if (running.length === 0 && brokers.some(({ state }) => state === 'starting'))
    return { state: 'starting', title: 'starting', sentence: 'The brokers are starting.' }
  if (brokers.every(({ state }) => isGone(state)))
    return { state: 'stopped', title: 'stopped', sentence: 'No broker runs: nothing can be read or written.' }

  const partitions = standing.topics.flatMap(({ topic, partitions: some }) =>
    some.map(({ partition, health }) => ({ name: `${topic}-${partition}`, health })),
  )
  const those = (...healths: readonly PartitionHealth[]): readonly string[] =>
    partitions.filter(({ health }) => healths.includes(health)).map(({ name }) => name)
  const share = (some: readonly string[]): string => `${some.length} of ${plural(partitions.length, 'partition')}`

  const voters = standing.voters.length > 0 ? standing.voters : brokers.map(({ brokerId }) => brokerId)
  const voting = voters.filter((brokerId) => running.includes(brokerId)).length
  if (voting * 2 <= voters.length) {
    const unwritable = those('offline', 'below-min-isr')
    const writes = unwritable.length === 0 ? '' : `; ${share(unwritable)} cannot be written with acks=all`
    const sentence = `${voting} of ${plural(voters.length, 'voter')} of the metadata quorum ${voting === 1 ? 'answers' : 'answer'}, ${Math.floor(voters.length / 2) + 1} are needed: nothing can be elected, created or changed${writes}.`
    return { state: 'no-quorum', title: 'no quorum', sentence }
  }
  const offline = those('offline')
  if (offline.length > 0) {
    const title = `${plural(offline.length, 'partition')} offline`
    const sentence = `${share(offline)} ${are(offline)} without a leader that answers: ${listed(offline)}.`
    return { state: 'offline', title, sentence }
  }
  const below = those('below-min-isr')
  if (below.length > 0) {
    const sentence = `${share(below)} ${below.length === 1 ? 'has' : 'have'} fewer in-sync replicas than min.insync.replicas, so that acks=all is refused: ${listed(below)}.`
    return { state: 'not-writable', title: 'not writable', sentence }
  }
  const under = those('under-replicated')
  if (under.length > 0) {
    const sentence = `${share(under)} ${are(under)} under-replicated: ${listed(under)}.`
    return { state: 'degraded', title: 'degraded', sentence }
  }
  const missing = brokers.filter(({ state }) => state !== 'up').map(({ brokerId }) => brokerId)
  if (missing.length > 0) {
    const who = missing.length === 1 ? `Broker ${missing[0]} does` : `Brokers ${missing.join(', ')} do`
    return { state: 'degraded', title: 'degraded', sentence: `${who} not serve; every partition has all its replicas.` }
  }
  if (controllerId === null)
    return { state: 'degraded', title: 'electing', sentence: 'The quorum is electing a controller.' }
  return { state: 'serving', title: 'serving', sentence: 'All brokers serve, and all replicas are in sync.' }
}

const isGone = (state: BrokerState): boolean => state === 'stopped' || state === 'killed' || state === 'crashed'
const are = (some: readonly unknown[]): string => (some.length === 1 ? 'is' : 'are')
const plural = (count: number, thing: string): string => `${count} ${thing}${count === 1 ? '' : 's'}`
