// Who votes changes by one voter at a time (KIP-853): the next change waits until the one before is committed, and a new voter
// has caught up as an observer first. So any majority of before and any majority of after have a voter in common.
import { errors } from '../../../protocol/errors.ts'
import type { AddRaftVoterRequest, MembershipResponse, RemoveRaftVoterRequest } from '../controller-apis.ts'
import type { MetadataImage } from '../image.ts'
import type { Voter, VoterSet } from '../voters.ts'
import { noError, refuse } from './decision.ts'

export interface VoterChangesHost {
  /** Undefined while the voters are those of the configuration. */
  readonly voterSet: VoterSet | undefined
  /** Those of the configuration, or of the set. */
  readonly voters: readonly number[]
  readonly highWatermark: number
  /** Offset after the last record. */
  readonly endOffset: number
  /** Whether the replica with that disk has all that is committed. */
  isCaughtUp(broker: number, directoryId: string): boolean
  /** False where the disk refused, and this node leads no longer. */
  appendVoters(voters: readonly Voter[]): boolean
}

type Answer = (response: MembershipResponse) => void

export class VoterChanges {
  readonly #host: VoterChangesHost
  readonly #image: MetadataImage
  #underWay: { readonly endOffset: number; readonly answer: Answer } | undefined

  constructor(host: VoterChangesHost, image: MetadataImage) {
    this.#host = host
    this.#image = image
  }

  add(request: AddRaftVoterRequest, answer: Answer): void {
    const { voterId, voterDirectoryId, listeners, ackWhenCommitted } = request
    const voters = this.#changeable(request.clusterId, answer)
    if (voters === undefined) return
    if (voters.some(({ id }) => id === voterId)) {
      return answer(refuse(errors.DUPLICATE_VOTER, `The voter id for ${voterId} is already part of the set of voters.`))
    }
    if (!this.#host.isCaughtUp(voterId, voterDirectoryId)) {
      const why = `Voter ${voterId} has not caught up with the metadata log.`
      return answer(refuse(errors.REQUEST_TIMED_OUT, why))
    }
    const voter = { id: voterId, directoryId: voterDirectoryId, endpoints: listeners }
    this.#change([...voters, voter], answer, ackWhenCommitted)
  }

  remove({ clusterId, voterId, voterDirectoryId }: RemoveRaftVoterRequest, answer: Answer): void {
    const voters = this.#changeable(clusterId, answer)
    if (voters === undefined) return
    const left = voters.filter(({ id, directoryId }) => id !== voterId || directoryId !== voterDirectoryId)
    if (left.length === voters.length) {
      return answer(refuse(errors.VOTER_NOT_FOUND, `Cannot remove voter ${voterId}: it is not in the set of voters.`))
    }
    if (left.length === 0) return answer(refuse(errors.INVALID_REQUEST, 'The last voter cannot be removed.'))
    this.#change(left, answer, true)
  }

  /** Committed records have been replayed up to there. */
  replayedTo(offset: number): void {
    const underWay = this.#underWay
    if (underWay !== undefined && offset >= underWay.endOffset) {
      this.#underWay = undefined
      underWay.answer(noError)
    }
    this.#nameFirstVoters()
  }

  /** This node leads no longer: nobody knows then whether the change will stay. */
  abandon(): void {
    const underWay = this.#underWay
    this.#underWay = undefined
    underWay?.answer(refuse(errors.REQUEST_TIMED_OUT, 'The leader of the quorum changed.'))
  }

  #changeable(clusterId: string | null, answer: Answer): readonly Voter[] | undefined {
    const { voterSet } = this.#host
    if (clusterId !== null && clusterId !== this.#image.clusterId) {
      answer(refuse(errors.INCONSISTENT_CLUSTER_ID, `The cluster's id is not ${clusterId}.`))
    } else if (voterSet === undefined) {
      answer(refuse(errors.UNSUPPORTED_VERSION, 'The voters are still those of the configuration (kraft.version 0).'))
    } else if (this.#underWay !== undefined || this.#host.highWatermark <= voterSet.offset) {
      answer(refuse(errors.REQUEST_TIMED_OUT, 'Another change of the voters is under way.'))
    } else return voterSet.voters
    return undefined
  }

  #change(voters: readonly Voter[], answer: Answer, waits: boolean): void {
    if (!this.#host.appendVoters(voters)) return answer(refuse(errors.KAFKA_STORAGE_ERROR))
    if (waits) this.#underWay = { endOffset: this.#host.endOffset, answer }
    else answer(noError)
  }

  /** The log names the voters of the configuration as soon as their disks are known: from then on they can change (kraft.version 1). */
  #nameFirstVoters(): void {
    const { voterSet, voters } = this.#host
    if (voterSet !== undefined) return
    const registered = voters.flatMap((id) => this.#image.brokers.get(id) ?? [])
    if (registered.length < voters.length || registered.some(({ fenced }) => fenced)) return
    this.#host.appendVoters(
      registered.map(({ id, logDirs, endPoints }) => ({
        id,
        directoryId: logDirs[0]!,
        endpoints: endPoints.map(({ name, host, port }) => ({ name, host, port })),
      })),
    )
  }
}
