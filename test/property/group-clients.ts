// Clients that act as real ones do, one step at a time, and a judge who hears every answer.
import type { JoinGroupResponse } from '../../src-broker/core/group/messages.ts'
import { errors } from '../../src-broker/protocol/errors.ts'
import { type Asked, text } from '../unit/group/asked.ts'
import type { ClusterOfOne } from '../unit/group/cluster-of-one.ts'
import { Consumer } from '../unit/group/consumer.ts'

export const sessionTimeoutMs = 10_000
export const rebalanceTimeoutMs = 60_000

/** A member id without its random part: the same for every incarnation of a client. */
const nameOf = (memberId: string): string => memberId.slice(0, -37)

/** Commits that surely never reached the log. */
const refusals: ReadonlySet<number> = new Set([
  errors.ILLEGAL_GENERATION,
  errors.UNKNOWN_MEMBER_ID,
  errors.FENCED_INSTANCE_ID,
  errors.REBALANCE_IN_PROGRESS,
  errors.GROUP_ID_NOT_FOUND,
])

export class Judge {
  readonly cluster: ClusterOfOne
  /** Coordinators so far. */
  term = 0
  /** By generation, of this term. */
  #leaders = new Map<number, string>()
  highestGeneration = -1
  /** Highest generation whose assignment somebody received: it is in the log. */
  #highestCommitted = -1
  #lastCommit = 0
  readonly #refused = new Set<number>()
  #acknowledged = -1
  #seen = -1
  #mayStartAnew = false
  #mayVanish = false
  readonly #asked: { readonly answer: unknown }[] = []

  constructor(cluster: ClusterOfOne) {
    this.cluster = cluster
  }

  listen<Response>(asked: Asked<Response>): Asked<Response> {
    this.#asked.push(asked)
    return asked
  }

  newTerm(): void {
    this.term++
    this.#leaders = new Map()
    this.highestGeneration = -1
    this.#seen = -1
  }

  joined({ generationId = -1, leader }: JoinGroupResponse): void {
    const isOther = (this.#leaders.get(generationId) ?? nameOf(leader)) !== nameOf(leader)
    const isLower = generationId < Math.max(this.highestGeneration, this.#highestCommitted)
    if (this.#mayStartAnew && (isLower || isOther)) this.#startAnew()
    expected(generationId >= this.highestGeneration, 'a generation follows a higher one')
    expected(generationId >= this.#highestCommitted, 'a generation follows a higher one that was committed')
    this.highestGeneration = generationId
    const known = this.#leaders.get(generationId)
    expected(known === undefined || known === nameOf(leader), `two lead generation ${generationId}`)
    this.#leaders.set(generationId, nameOf(leader))
  }

  assigned(client: Client, assignment: string): void {
    const { generation, memberId } = client.consumer
    expected(assignment === partOf(generation, memberId), `${memberId} got ${assignment} in ${generation}`)
    this.#highestCommitted = Math.max(this.#highestCommitted, generation)
  }

  /** Commits one more than ever before; whoever is of an old generation, or fenced, must not succeed. */
  commit(consumer: Consumer, mustFail: boolean): Asked<number> {
    const offset = ++this.#lastCommit
    const isMember = consumer.generation >= 0
    const isStale = isMember && consumer.generation < this.highestGeneration
    return this.listen(consumer.commit('orders', offset)).whenAnswered((code) => {
      if (refusals.has(code)) this.#refused.add(offset)
      if (code !== errors.NONE) return
      expected(!(isMember && mustFail) && !isStale, `offset ${offset} was committed by one who must not`)
      this.#acknowledged = Math.max(this.#acknowledged, offset)
    })
  }

  #startAnew(): void {
    this.#leaders.clear()
    this.highestGeneration = -1
    this.#highestCommitted = -1
  }

  /** The group was deleted, or, without a clear answer, may be at any time: its generations may begin again. */
  deleted(isCertain: boolean): void {
    this.#mayStartAnew = true
    if (isCertain) this.#forgetCommits()
    else this.#mayVanish = true
  }

  #forgetCommits(): void {
    this.#acknowledged = -1
    this.#seen = -1
  }

  read(): void {
    const offset = this.cluster.fetchOffset('orders').committedOffset
    if (offset < 0 && this.#mayVanish) this.#forgetCommits()
    expected(offset >= this.#acknowledged, `offset ${offset} is read, ${this.#acknowledged} was acknowledged`)
    expected(offset >= this.#seen, `offset ${offset} is read after ${this.#seen}`)
    expected(!this.#refused.has(offset), `offset ${offset} is read, its commit was refused`)
    this.#seen = offset
  }

  everybodyWasAnswered(): void {
    expected(
      this.#asked.every(({ answer }) => answer !== undefined),
      'a question was never answered',
    )
  }
}

const partOf = (generation: number, memberId: string): string => `${generation} ${nameOf(memberId)}`

export type Phase = 'away' | 'joining' | 'joined' | 'syncing' | 'stable' | 'fenced'

/** One process with a consumer in it. */
export class Client {
  readonly judge: Judge
  readonly consumer: Consumer
  phase: Phase = 'away'
  /** Until then the coordinator must not forget it. */
  #knownUntilMs = Number.NEGATIVE_INFINITY
  /** Another process of the same instance was started. */
  isZombie = false
  /** It has joined, in this term: from then on this one is fenced. */
  isReplacedInTerm = -1

  constructor(judge: Judge, name: string, groupInstanceId: string | null) {
    this.judge = judge
    this.consumer = new Consumer(judge.cluster, name, { groupInstanceId, sessionTimeoutMs, rebalanceTimeoutMs })
  }

  get #nowMs(): number {
    return this.judge.cluster.monotonicMs
  }

  /** What a client does next: join, ask for its part, or show that it lives. */
  act(): void {
    if (this.phase === 'away') this.#join()
    else if (this.phase === 'joined') this.#sync()
    else if (this.phase === 'stable') this.#heard(this.consumer.heartbeat(), true)
  }

  commit(): void {
    this.judge.commit(this.consumer, this.isReplacedInTerm === this.judge.term).whenAnswered((code) => {
      if (code === errors.UNKNOWN_MEMBER_ID && this.consumer.memberId !== '') this.#mayBeUnknown()
    })
  }

  leave(): void {
    this.#knownUntilMs = Number.NEGATIVE_INFINITY
    if (this.phase !== 'fenced' && this.consumer.memberId !== '') this.consumer.leave()
    this.phase = 'fenced'
  }

  coordinatorLost(): void {
    this.#knownUntilMs = Number.NEGATIVE_INFINITY
  }

  #join(): void {
    this.phase = 'joining'
    const asked = this.judge.listen(this.consumer.askToJoin())
    const isParked = this.#waitsFor(asked)
    asked.whenAnswered((response) => {
      if (this.phase === 'fenced') return
      if (response.errorCode === errors.MEMBER_ID_REQUIRED) this.phase = 'away'
      else if (response.errorCode !== errors.NONE) this.#heard(response.errorCode, isParked)
      else {
        this.judge.joined(response)
        this.phase = 'joined'
        if (isParked) this.#isAlive()
      }
    })
  }

  #sync(): void {
    this.phase = 'syncing'
    const { generation } = this.consumer
    const asked = this.judge.listen(this.consumer.sync((memberId) => partOf(generation, memberId)))
    const isParked = this.#waitsFor(asked)
    asked.whenAnswered(({ errorCode, assignment }) => {
      if (this.phase === 'fenced') return
      if (errorCode !== errors.NONE) return this.#heard(errorCode, isParked)
      this.judge.assigned(this, text(assignment))
      this.phase = 'stable'
      if (isParked) this.#isAlive()
    })
  }

  /** Nobody is given up while it waits for the others, and its session begins anew with the answer. */
  #waitsFor(asked: { readonly answer: unknown }): boolean {
    if (asked.answer !== undefined) return false
    this.#knownUntilMs = Number.POSITIVE_INFINITY
    return true
  }

  /** Reacts to an error as Java's consumer does; `isAlive` when the answer renewed the session. */
  #heard(code: number, isAlive: boolean): void {
    switch (code) {
      case errors.NONE:
        return this.#isAlive()
      case errors.REBALANCE_IN_PROGRESS:
        if (isAlive) this.#isAlive()
        this.phase = 'away'
        return
      case errors.UNKNOWN_MEMBER_ID:
        this.#mayBeUnknown()
        this.consumer.memberId = ''
        this.consumer.generation = -1
        this.phase = 'away'
        return
      case errors.FENCED_INSTANCE_ID:
        this.#knownUntilMs = Number.NEGATIVE_INFINITY
        this.phase = 'fenced'
        return
      case errors.NOT_COORDINATOR:
      case errors.COORDINATOR_NOT_AVAILABLE:
      case errors.ILLEGAL_GENERATION:
        if (this.#knownUntilMs === Number.POSITIVE_INFINITY) this.coordinatorLost()
        this.phase = 'away'
        return
      default:
        throw new Error(`unexpected answer ${code}`)
    }
  }

  #isAlive(): void {
    this.#knownUntilMs = this.#nowMs + sessionTimeoutMs
  }

  #mayBeUnknown(): void {
    const isForgettable = this.isZombie || this.#nowMs >= this.#knownUntilMs
    expected(isForgettable, `${this.consumer.memberId} is known, and was told that it is not`)
  }
}

export function expected(isSo: boolean, otherwise: string): void {
  if (!isSo) throw new Error(otherwise)
}
