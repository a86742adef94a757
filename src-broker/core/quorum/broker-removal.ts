// Takes a broker out of the cluster for good: all that it holds moves to others, then the cluster forgets it. Asked of a broker
// that stays, which does by requests what a user could do by Kafka's own tools.
import type { Deadlines } from '../../base/deadlines.ts'
import { errors } from '../../protocol/errors.ts'
import type { AlterPartitionReassignmentsRequest, AsksController } from './controller-apis.ts'
import type { MetadataImage, PartitionImage } from './image.ts'
import type { Voter } from './voters.ts'

export interface BrokerRemovalHost extends AsksController {
  readonly image: MetadataImage
  readonly deadlines: Deadlines
  readonly clusterId: string
  /** As the log names them; empty while they are those of the configuration. */
  voters(): readonly Voter[]
  nowMs(): number
}

/** Null where it is done, or one line on why not. */
type Done = (refusal: string | null) => void

const requestTimeoutMs = 10_000
const lookEveryMs = 50

export class BrokerRemoval {
  readonly #host: BrokerRemovalHost

  constructor(host: BrokerRemovalHost) {
    this.#host = host
  }

  /** Another broker takes the place of this one in every partition, or nobody where all others have it already. */
  moveReplicas(brokerId: number, isRunning: boolean, timeoutMs: number, done: Done): void {
    const { image } = this.#host
    const moves = planMoves(image, brokerId, isRunning)
    if (typeof moves === 'string') return done(moves)
    if (moves.length === 0) return this.#awaitMoves(brokerId, this.#host.nowMs() + timeoutMs, done)
    const body = { allowReplicationFactorChange: true, topics: moves }
    this.#host.request('AlterPartitionReassignments', body, requestTimeoutMs, ({ errorCode, response }) => {
      const refused = response?.responses
        .flatMap(({ name, partitions }) => partitions.map((partition) => ({ name, ...partition })))
        .find((partition) => partition.errorCode !== errors.NONE)
      if (response === undefined) done(`the controller does not answer (error ${errorCode})`)
      else if (refused !== undefined) {
        const why = refused.errorMessage ?? `error ${refused.errorCode}`
        done(`${refused.name}-${refused.partitionIndex} cannot be moved off broker ${brokerId}: ${why}`)
      } else this.#awaitMoves(brokerId, this.#host.nowMs() + timeoutMs, done)
    })
  }

  /** For a broker that does not run: one that does leaves the quorum itself. */
  removeVoter(brokerId: number, done: Done): void {
    const { clusterId } = this.#host
    const voter = this.#host.voters().find(({ id }) => id === brokerId)
    if (voter === undefined) return done(null)
    const body = { clusterId, voterId: brokerId, voterDirectoryId: voter.directoryId }
    this.#host.request('RemoveRaftVoter', body, requestTimeoutMs, ({ errorCode, response }) => {
      const code = response?.errorCode ?? errorCode
      const isDone = code === errors.NONE || code === errors.VOTER_NOT_FOUND
      done(isDone ? null : (response?.errorMessage ?? `the controller does not answer (error ${code})`))
    })
  }

  /** Who votes no more, and holds nothing, is forgotten. */
  forget(brokerId: number, done: Done): void {
    const [held] = heldBy(this.#host.image, brokerId)
    if (held !== undefined) return done(`${held.name} was placed on broker ${brokerId} meanwhile; remove it again`)
    this.#host.request('UnregisterBroker', { brokerId }, requestTimeoutMs, ({ errorCode, response }) => {
      const code = response?.errorCode ?? errorCode
      const isDone = code === errors.NONE || code === errors.BROKER_ID_NOT_REGISTERED
      done(isDone ? null : (response?.errorMessage ?? `the controller does not answer (error ${code})`))
    })
  }

  #awaitMoves(brokerId: number, untilMs: number, done: Done): void {
    const { image, deadlines, nowMs } = this.#host
    const left = heldBy(image, brokerId).length
    if (left === 0) return done(null)
    if (nowMs() >= untilMs) {
      return done(
        `${left === 1 ? '1 partition is' : `${left} partitions are`} still moving off broker ${brokerId}; try again`,
      )
    }
    deadlines.at(nowMs() + lookEveryMs, () => this.#awaitMoves(brokerId, untilMs, done))
  }
}

function heldBy(
  image: MetadataImage,
  brokerId: number,
): { readonly name: string; readonly partition: PartitionImage }[] {
  return [...image.partitions()].flatMap(({ topic, partition }) =>
    partition.replicas.includes(brokerId) ? { name: `${topic.name}-${partition.partition}`, partition } : [],
  )
}

const stayingReplicas = ({ replicas, removingReplicas }: PartitionImage): readonly number[] =>
  removingReplicas.length === 0 ? replicas : replicas.filter((id) => !removingReplicas.includes(id))

type Moves = AlterPartitionReassignmentsRequest['topics']

/**
 * Who has least takes most. A sentence where something would be lost. Whether the broker runs is for its host to say: the image may
 * not know yet that it does not.
 */
export function planMoves(image: MetadataImage, brokerId: number, isRunning: boolean): Moves | string {
  const load = new Map(
    [...image.brokers.keys()].filter((id) => id !== brokerId && image.isActive(id)).map((id) => [id, 0]),
  )
  for (const { partition } of image.partitions()) {
    for (const id of stayingReplicas(partition)) if (load.has(id)) load.set(id, load.get(id)! + 1)
  }
  const topics = new Map<string, { partitionIndex: number; replicas: readonly number[] }[]>()
  for (const { topic, partition } of image.partitions()) {
    if (!partition.replicas.includes(brokerId)) continue
    const name = `${topic.name}-${partition.partition}`
    if (!isRunning && partition.isr.every((id) => id === brokerId)) {
      return `broker ${brokerId} has what nobody else has of ${name}, and does not run; start it first`
    }
    // Where a move is under way already, what it leads to is what counts.
    const staying = stayingReplicas(partition)
    if (!staying.includes(brokerId)) continue
    const free = [...load.keys()].filter((id) => !staying.includes(id))
    const taker = free.sort((one, other) => load.get(one)! - load.get(other)! || one - other)[0]
    if (taker === undefined && staying.length === 1) {
      return `broker ${brokerId} has the only copy of ${name}, and no other broker is there to take it`
    }
    if (taker !== undefined) load.set(taker, load.get(taker)! + 1)
    const replicas = staying.flatMap((id) => (id !== brokerId ? id : (taker ?? [])))
    const moves = topics.get(topic.name) ?? []
    moves.push({ partitionIndex: partition.partition, replicas })
    topics.set(topic.name, moves)
  }
  return [...topics].map(([name, partitions]) => ({ name, partitions }))
}
