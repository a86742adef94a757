// This broker's place among the voters: one that follows and may vote asks to (KIP-1186), one that is to go for good asks to be
// taken out and does not ask back in. A broker that lost its disk is another voter than before: its old self is taken out first.
import type { Deadline, Deadlines } from '../../base/deadlines.ts'
import type { Uuid } from '../../base/uuid.ts'
import { errors } from '../../protocol/errors.ts'
import type { AsksController, MembershipResponse } from './controller-apis.ts'
import type { Voter, VoterEndpoint, VoterSet } from './voters.ts'

export interface MembershipHost extends AsksController {
  readonly deadlines: Deadlines
  readonly brokerId: number
  readonly clusterId: string
  readonly directoryId: Uuid
  readonly endpoints: readonly VoterEndpoint[]
  /** Whether to ask for a vote (controller.quorum.auto.join.enable). */
  readonly joins: boolean
  /** As this broker's own log names them. */
  readonly voterSet: VoterSet | undefined
  nowMs(): number
  /** Registered, caught up and counted upon. */
  isServing(): boolean
}

const requestTimeoutMs = 5_000
const retryMs = 250

export class Membership {
  readonly #host: MembershipHost
  #isUnderWay = false
  #isStopped = false
  #retry: Deadline | undefined
  #left: ((response: MembershipResponse) => void) | undefined

  constructor(host: MembershipHost) {
    this.#host = host
  }

  /** To be called whenever the image or the voters may have changed. */
  look(): void {
    const { voterSet, joins, brokerId } = this.#host
    if (this.#isStopped || this.#isUnderWay || this.#left !== undefined) return
    if (!joins || voterSet === undefined || !this.#host.isServing()) return
    const voter = voterSet.voters.find(({ id }) => id === brokerId)
    if (voter === undefined) this.#join()
    else if (voter.directoryId !== this.#host.directoryId) this.#remove(voter, () => this.#again())
  }

  /** Asks to vote no more; `done` once that is committed, or refused for good. */
  leave(done: (response: MembershipResponse) => void): void {
    this.#left = done
    this.#leave()
  }

  stop(): void {
    this.#isStopped = true
    this.#retry?.cancel()
  }

  #leave(): void {
    const { voterSet, brokerId } = this.#host
    const done = this.#left!
    const voter = voterSet?.voters.find(({ id }) => id === brokerId)
    if (voter === undefined && voterSet !== undefined) return done({ errorCode: errors.NONE, errorMessage: null })
    const self = voter ?? { id: brokerId, directoryId: this.#host.directoryId }
    this.#remove(self, (response) => {
      if (response === undefined || response.errorCode === errors.REQUEST_TIMED_OUT) {
        this.#after(() => this.#leave())
        return
      }
      const isOut = response.errorCode === errors.VOTER_NOT_FOUND
      done(isOut ? { errorCode: errors.NONE, errorMessage: null } : response)
    })
  }

  #join(): void {
    const { brokerId, clusterId, directoryId, endpoints } = this.#host
    const body = {
      clusterId,
      voterId: brokerId,
      voterDirectoryId: directoryId,
      listeners: endpoints,
      ackWhenCommitted: true,
    }
    this.#isUnderWay = true
    this.#host.request('AddRaftVoter', body, requestTimeoutMs, () => {
      this.#isUnderWay = false
      this.#again()
    })
  }

  #remove(
    { id, directoryId }: Pick<Voter, 'id' | 'directoryId'>,
    answered: (response?: MembershipResponse) => void,
  ): void {
    const body = { clusterId: this.#host.clusterId, voterId: id, voterDirectoryId: directoryId }
    this.#isUnderWay = true
    this.#host.request('RemoveRaftVoter', body, requestTimeoutMs, ({ response }) => {
      this.#isUnderWay = false
      answered(response)
    })
  }

  #again(): void {
    this.#after(() => this.look())
  }

  #after(action: () => void): void {
    this.#retry?.cancel()
    if (!this.#isStopped) this.#retry = this.#host.deadlines.at(this.#host.nowMs() + retryMs, action)
  }
}
