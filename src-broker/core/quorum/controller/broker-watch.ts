// The brokers as the active controller sees them come, report and fall silent. Those that start together are registered, and
// later unfenced, in one step; those that stop together, being all there are, are let go as they stand. So a cluster that was
// stopped as a whole is whole again at once, ISRs and preferred leaders included.
import type { Deadline, Deadlines } from '../../../base/deadlines.ts'
import { errors } from '../../../protocol/errors.ts'
import type { Answer, RequestOf } from '../controller-apis.ts'
import type { MetadataImage } from '../image.ts'
import { asksToReturn, fence, heartbeat, registerBrokers, unfence } from './broker-lifecycle.ts'
import type { CommandQueue } from './command-queue.ts'
import type { Situation } from './decision.ts'
import { Gathering } from './gathering.ts'
import type { MetadataEvents } from './metadata-events.ts'
import { BrokerSessions } from './sessions.ts'

export interface BrokerWatchHost {
  readonly deadlines: Deadlines
  readonly image: MetadataImage
  readonly brokerId: number
  readonly voters: readonly number[]
  readonly events: MetadataEvents
  nowMs(): number
  sessionTimeoutMs(): number
  situation(): Situation
  /** Open now (as it always is to this node itself), lost since this node started, or not seen yet. */
  link(broker: number): 'up' | 'lost' | 'unseen'
}

interface Asked<A extends 'BrokerRegistration' | 'BrokerHeartbeat'> {
  readonly request: RequestOf<A>
  readonly answer: (answer: Answer<A>) => void
}

/** How long brokers that stop together, or that are to be unfenced together, are waited for. */
const lingerMs = 25
/** How long those are waited for that start together: each has a look at all its partitions first, and there may be thousands. */
const startLingerMs = 100

const farewell = { errorCode: errors.NONE, isCaughtUp: true, isFenced: false, shouldShutDown: true } as const
const abandoned = { errorCode: errors.NOT_CONTROLLER, response: undefined } as const

export class BrokerWatch {
  readonly #host: BrokerWatchHost
  readonly #commands: CommandQueue
  readonly #sessions = new BrokerSessions()
  /** From heartbeats. */
  readonly #replayedOffsets = new Map<number, number>()
  readonly #arriving: Gathering<Asked<'BrokerRegistration'>>
  readonly #returning: Gathering<Asked<'BrokerHeartbeat'>>
  readonly #leaving: Gathering<Asked<'BrokerHeartbeat'>>
  /** Everybody goes: nobody is to be fenced for it. */
  #isClosing = false
  #expiry: Deadline | undefined
  /** When the first of the sessions runs out, as of the last look. */
  #expiresAtMs = Infinity
  #isFencingQueued = false

  constructor(host: BrokerWatchHost, commands: CommandQueue) {
    this.#host = host
    this.#commands = commands
    const { deadlines } = host
    this.#arriving = new Gathering(
      deadlines,
      startLingerMs,
      (all) => this.#isEverybodyHere(all),
      (all) => this.#register(all),
    )
    this.#returning = new Gathering(
      deadlines,
      lingerMs,
      (all) => this.#isEverybodyBack(all),
      (all) => this.#unfence(all),
    )
    this.#leaving = new Gathering(
      deadlines,
      lingerMs,
      (all) => this.#isEverybodyLeaving(all),
      (all) => this.#letGo(all),
    )
  }

  start(): void {
    this.#isClosing = false
    for (const id of this.#host.image.brokers.keys()) this.#expect(id)
    this.#watch()
    this.#fenceGone()
  }

  stop(): void {
    this.#sessions.clear()
    this.#replayedOffsets.clear()
    this.#isFencingQueued = false
    this.#expiry?.cancel()
    this.#expiresAtMs = Infinity
    for (const { answer } of this.#arriving.drain()) answer(abandoned)
    for (const { answer } of this.#returning.drain()) answer(abandoned)
    for (const { answer } of this.#leaving.drain()) answer(abandoned)
  }

  hasSession(broker: number): boolean {
    return this.#sessions.isHeard(broker, this.#host.nowMs())
  }

  /** As heartbeats tell; -1 unknown. */
  replayedOffset(broker: number): number {
    return this.#replayedOffsets.get(broker) ?? -1
  }

  registrationAsked(asked: Asked<'BrokerRegistration'>): void {
    this.#somebodyStays()
    this.#arriving.add(asked, this.#host.nowMs())
  }

  heartbeatArrived(asked: Asked<'BrokerHeartbeat'>): void {
    const { request, answer } = asked
    const broker = this.#host.image.brokers.get(request.brokerId)
    if (broker?.epoch === request.brokerEpoch) {
      this.#touch(broker.id)
      this.#replayedOffsets.set(broker.id, request.currentMetadataOffset)
      if (!broker.fenced && !request.wantShutDown) this.#somebodyStays()
    }
    // Before anything is decided of all the partitions: that is for once, when all are back.
    if (broker !== undefined && asksToReturn(broker, request)) return this.#returning.add(asked, this.#host.nowMs())
    const { records, response } = heartbeat(this.#host.situation(), request)
    if (records.length === 0) return answer({ errorCode: errors.NONE, response })
    if (request.wantShutDown && broker?.inControlledShutdown === false)
      return this.#leaving.add(asked, this.#host.nowMs())
    this.#decide(asked)
  }

  peerUp(broker: number): void {
    if (!this.#host.image.brokers.has(broker) || this.#isAlive(broker)) return
    this.#expect(broker)
    this.#watch()
  }

  /** The broker's port closed: it is dead. */
  peerLost(broker: number): void {
    this.#sessions.end(broker)
    this.#fenceGone()
  }

  clockJumped(): void {
    this.#sessions.extendTo(this.#host.nowMs() + this.#host.sessionTimeoutMs())
  }

  #isEverybodyHere(arriving: readonly Asked<'BrokerRegistration'>[]): boolean {
    const ids = new Set(arriving.map(({ request }) => request.brokerId))
    return this.#host.voters.every((id) => ids.has(id) || this.hasSession(id))
  }

  #isEverybodyBack(returning: readonly Asked<'BrokerHeartbeat'>[]): boolean {
    const ids = new Set(returning.map(({ request }) => request.brokerId))
    return [...this.#host.image.brokers.values()].every(
      ({ id, fenced }) => !fenced || ids.has(id) || !this.hasSession(id),
    )
  }

  #isEverybodyLeaving(leaving: readonly Asked<'BrokerHeartbeat'>[]): boolean {
    const ids = new Set(leaving.map(({ request }) => request.brokerId))
    const { image } = this.#host
    return [...image.brokers.keys()].every((id) => ids.has(id) || !image.isActive(id))
  }

  #letGo(leaving: readonly Asked<'BrokerHeartbeat'>[]): void {
    this.#isClosing = this.#isEverybodyLeaving(leaving)
    if (!this.#isClosing) {
      for (const asked of leaving) this.#decide(asked)
      return
    }
    // This node's own broker last: it may be gone before the answer is out.
    const isOwn = ({ request }: Asked<'BrokerHeartbeat'>) => request.brokerId === this.#host.brokerId
    const inOrder = [...leaving.filter((asked) => !isOwn(asked)), ...leaving.filter(isOwn)]
    for (const { answer } of inOrder) answer({ errorCode: errors.NONE, response: farewell })
  }

  /** Not everybody goes after all: who has gone is to be fenced like anybody. */
  #somebodyStays(): void {
    if (!this.#isClosing) return
    this.#isClosing = false
    this.#watch()
    this.#fenceGone()
  }

  #decide({ request, answer }: Asked<'BrokerHeartbeat'>): void {
    if (request.wantShutDown) this.#host.events.explain(request.brokerId, 'shut down')
    this.#commands.add(
      (situation) => heartbeat(situation, request),
      (response) => answer(response === undefined ? abandoned : { errorCode: errors.NONE, response }),
    )
  }

  #register(arriving: readonly Asked<'BrokerRegistration'>[]): void {
    const requests = arriving.map(({ request }) => request)
    this.#commands.add(
      (situation) => registerBrokers(situation, requests),
      (responses) => {
        // All sessions first: whoever is answered may heartbeat at once, and is to wait for the others then.
        for (const [index, { request }] of arriving.entries()) {
          if (responses?.[index]?.errorCode === errors.NONE) this.#registered(request.brokerId)
        }
        for (const [index, { answer }] of arriving.entries()) {
          const response = responses?.[index]
          answer(response === undefined ? abandoned : { errorCode: errors.NONE, response })
        }
      },
    )
  }

  /** It may have died since it asked. */
  #registered(broker: number): void {
    if (this.#host.link(broker) === 'up') this.#touch(broker)
    else this.#fenceGone()
  }

  #unfence(returning: readonly Asked<'BrokerHeartbeat'>[]): void {
    this.#commands.add(
      (situation) => {
        const brokers = returning.flatMap(({ request }) => stillFenced(situation, request))
        return { records: brokers.length === 0 ? [] : unfence(situation, brokers), response: true }
      },
      (isDecided) => {
        for (const { request, answer } of returning) {
          const { response } = heartbeat(this.#host.situation(), request)
          answer(isDecided === undefined ? abandoned : { errorCode: errors.NONE, response })
        }
      },
    )
  }

  /** Whoever is not alive is fenced, leads nothing and leaves the ISRs. */
  #fenceGone(): void {
    if (this.#isFencingQueued || this.#isClosing) return
    this.#isFencingQueued = true
    this.#commands.add((situation) => {
      this.#isFencingQueued = false
      const gone = [...situation.image.brokers.values()].filter(({ id }) => !this.#isAlive(id))
      for (const { id, fenced } of gone) {
        if (!fenced) this.#host.events.explain(id, this.#host.link(id) === 'up' ? 'no heartbeats' : 'its link closed')
      }
      return { records: gone.length === 0 ? [] : fence(situation, gone), response: undefined }
    })
  }

  /** The cluster counts on a broker that is not alive. */
  #isSomebodySilent(): boolean {
    return [...this.#host.image.brokers.values()].some(({ id, fenced }) => !fenced && !this.#isAlive(id))
  }

  /** A broker that an earlier controller knew: time to be heard of, where it can be. */
  #expect(broker: number): void {
    const graceMs = { up: this.#host.sessionTimeoutMs(), unseen: startLingerMs, lost: 0 }[this.#host.link(broker)]
    this.#sessions.expect(broker, this.#host.nowMs() + graceMs)
  }

  #touch(broker: number): void {
    this.#sessions.touch(broker, this.#host.nowMs() + this.#host.sessionTimeoutMs())
    this.#watch()
  }

  #watch(): void {
    this.#expiry?.cancel()
    const nowMs = this.#host.nowMs()
    // Somebody may be heard of in the very moment in which another's session is over, before its deadline runs.
    if (this.#expiresAtMs <= nowMs || this.#isSomebodySilent()) this.#fenceGone()
    this.#expiresAtMs = this.#sessions.nextExpiryMs(nowMs)
    if (this.#expiresAtMs < Infinity) this.#expiry = this.#host.deadlines.at(this.#expiresAtMs, () => this.#watch())
  }

  #isAlive(broker: number): boolean {
    return this.#sessions.isAlive(broker, this.#host.nowMs())
  }
}

/** Unless it has gone since it asked. */
function stillFenced(situation: Situation, { brokerId, brokerEpoch }: RequestOf<'BrokerHeartbeat'>) {
  const broker = situation.image.brokers.get(brokerId)
  return broker?.epoch === brokerEpoch && broker.fenced && situation.hasSession(brokerId) ? [broker] : []
}
