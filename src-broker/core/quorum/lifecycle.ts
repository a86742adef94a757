// This broker's own life in the cluster: it registers, asks to be unfenced once it has replayed its registration, reports
// with heartbeats, and asks to go before it goes (Kafka: BrokerLifecycleManager).
import type { Deadline, Deadlines } from '../../base/deadlines.ts'
import { errors } from '../../protocol/errors.ts'
import type { AsksController, RequestOf } from './controller-apis.ts'
import type { MetadataImage } from './image.ts'
import type { QuorumEvent } from './quorum-events.ts'

export interface LifecycleHost extends AsksController {
  readonly deadlines: Deadlines
  readonly image: MetadataImage
  readonly registration: RequestOf<'BrokerRegistration'>
  readonly heartbeatIntervalMs: number
  nowMs(): number
  event(event: QuorumEvent): void
}

const registrationTimeoutMs = 5_000
const registrationRetryMs = 200
/** Between heartbeats of a broker that waits to be let in, or to be let go. */
const impatientIntervalMs = 10

export class Lifecycle {
  readonly #host: LifecycleHost
  #brokerEpoch = -1
  #isUnderWay = false
  #isStopped = false
  #next: Deadline | undefined
  #mayGo: (() => void) | undefined

  constructor(host: LifecycleHost) {
    this.#host = host
  }

  /** Of the registration, -1 before it. */
  get brokerEpoch(): number {
    return this.#brokerEpoch
  }

  start(): void {
    this.#register()
  }

  stop(): void {
    this.#isStopped = true
    this.#next?.cancel()
  }

  /** `done` once the controller lets this broker go. */
  shutDown(done: () => void): void {
    this.#mayGo = done
    this.#soon()
  }

  /** Waits for nothing when this broker has just seen its registration, or finds itself fenced. */
  imageChanged(): void {
    const own = this.#host.image.brokers.get(this.#host.registration.brokerId)
    if (own !== undefined && own.epoch === this.#brokerEpoch && own.fenced) this.#soon()
  }

  #register(): void {
    this.#isUnderWay = true
    this.#brokerEpoch = -1
    this.#host.request('BrokerRegistration', this.#host.registration, registrationTimeoutMs, ({ response }) => {
      this.#isUnderWay = false
      if (response?.errorCode === errors.NONE) {
        this.#brokerEpoch = response.brokerEpoch
        this.#heartbeat()
        return
      }
      if (response !== undefined) {
        const { brokerId } = this.#host.registration
        this.#host.event({ kind: 'registration-refused', brokerId, errorCode: response.errorCode })
      }
      this.#after(registrationRetryMs, () => this.#register())
    })
  }

  #heartbeat(): void {
    if (this.#isUnderWay) return
    this.#isUnderWay = true
    const { image, heartbeatIntervalMs, registration } = this.#host
    const wantShutDown = this.#mayGo !== undefined
    const request = {
      brokerId: registration.brokerId,
      brokerEpoch: this.#brokerEpoch,
      currentMetadataOffset: image.endOffset,
      wantShutDown,
    }
    const sentMs = this.#host.nowMs()
    this.#host.request('BrokerHeartbeat', request, heartbeatIntervalMs, ({ response }) => {
      this.#isUnderWay = false
      if (response?.shouldShutDown) return this.#mayGo?.()
      const isUnknown =
        response?.errorCode === errors.STALE_BROKER_EPOCH || response?.errorCode === errors.BROKER_ID_NOT_REGISTERED
      if (isUnknown) return this.#register()
      const isWaiting =
        this.#mayGo !== undefined || (response?.isFenced === true && image.endOffset > this.#brokerEpoch)
      const intervalMs = isWaiting ? impatientIntervalMs : heartbeatIntervalMs
      this.#after(Math.max(0, sentMs + intervalMs - this.#host.nowMs()), () => this.#heartbeat())
    })
  }

  #soon(): void {
    if (this.#brokerEpoch >= 0 && !this.#isUnderWay) this.#after(0, () => this.#heartbeat())
  }

  #after(delayMs: number, action: () => void): void {
    this.#next?.cancel()
    if (!this.#isStopped) this.#next = this.#host.deadlines.atBeat(this.#host.nowMs(), delayMs, action)
  }
}
