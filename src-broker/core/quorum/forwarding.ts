// Requests on their way to the active controller, here or elsewhere. One that meets no controller, or loses it, is asked
// again of the next, until its time is up. A request may so be decided twice: epochs and names make the second one harmless.
import type { Deadline, Deadlines } from '../../base/deadlines.ts'
import { errors } from '../../protocol/errors.ts'
import type { Answer, ControllerApi, RequestOf } from './controller-apis.ts'
import type { ControllerRequest, ControllerResponse } from './messages.ts'

export interface ForwardingHost {
  readonly deadlines: Deadlines
  nowMs(): number
  /** The node to ask now: this one, another whose link is open, or -1. */
  controllerId(): number
  /** Asks this node's own controller. */
  handle(api: ControllerApi, body: RequestOf<ControllerApi>, answer: (answer: Answer<ControllerApi>) => void): void
  send(to: number, message: ControllerRequest): void
}

interface Pending {
  readonly id: number
  readonly api: ControllerApi
  readonly body: RequestOf<ControllerApi>
  readonly answer: (answer: Answer<ControllerApi>) => void
  readonly timeout: Deadline
  /** Who was asked last, -1 nobody. */
  askedId: number
  /** Raised with every attempt: an answer to an earlier one is void. */
  attempt: number
}

const retryMs = 20

export class Forwarding {
  readonly #host: ForwardingHost
  readonly #brokerId: number
  readonly #pending = new Map<number, Pending>()
  #nextId = 1
  #retry: Deadline | undefined

  constructor(brokerId: number, host: ForwardingHost) {
    this.#brokerId = brokerId
    this.#host = host
  }

  request(
    api: ControllerApi,
    body: RequestOf<ControllerApi>,
    timeoutMs: number,
    answer: (answer: Answer<ControllerApi>) => void,
  ): void {
    const id = this.#nextId++
    const timeout = this.#host.deadlines.at(this.#host.nowMs() + timeoutMs, () =>
      this.#finish(id, { errorCode: errors.REQUEST_TIMED_OUT, response: undefined }),
    )
    const pending = { id, api, body, answer, timeout, askedId: -1, attempt: 0 }
    this.#pending.set(id, pending)
    this.#ask(pending)
  }

  /** There is another controller, or a way to it again. */
  controllerChanged(): void {
    const controllerId = this.#host.controllerId()
    for (const pending of [...this.#pending.values()]) {
      if (pending.askedId !== controllerId) this.#ask(pending)
    }
  }

  /** What was asked of it will not be answered. */
  peerLost(broker: number): void {
    for (const pending of this.#pending.values()) if (pending.askedId === broker) pending.askedId = -1
  }

  responded(from: number, { id, answer }: ControllerResponse): void {
    const pending = this.#pending.get(id)
    if (pending !== undefined && pending.askedId === from) this.#answered(pending, answer)
  }

  /** Nobody will be answered any more. */
  stop(): void {
    this.#retry?.cancel()
    for (const { timeout } of this.#pending.values()) timeout.cancel()
    this.#pending.clear()
  }

  #ask(pending: Pending): void {
    const { api, body, id } = pending
    const to = this.#host.controllerId()
    const attempt = ++pending.attempt
    pending.askedId = to
    if (to === this.#brokerId) {
      this.#host.handle(api, body, (answer) => {
        if (pending.attempt === attempt) this.#answered(pending, answer)
      })
    } else if (to >= 0) this.#host.send(to, { kind: 'controller-request', id, api, body })
  }

  #answered(pending: Pending, answer: Answer<ControllerApi>): void {
    if (answer.errorCode !== errors.NOT_CONTROLLER) return this.#finish(pending.id, answer)
    pending.askedId = -1
    this.#retry ??= this.#host.deadlines.at(this.#host.nowMs() + retryMs, () => {
      this.#retry = undefined
      this.controllerChanged()
    })
  }

  #finish(id: number, answer: Answer<ControllerApi>): void {
    const pending = this.#pending.get(id)
    if (pending === undefined) return
    this.#pending.delete(id)
    pending.attempt++
    pending.timeout.cancel()
    pending.answer(answer)
  }
}
