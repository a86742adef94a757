import { errors } from '../protocol/errors.ts'
import type { QuorumNode } from './quorum/quorum-node.ts'

const allocationTimeoutMs = 10_000

/** Hands out producer ids from blocks that the controller allocates, so that no two producers ever share one (KIP-730). */
export class ProducerIds {
  readonly #quorum: QuorumNode
  readonly #brokerId: number
  #next = 0
  #end = 0
  #waiting: ((producerId: number | undefined) => void)[] = []

  constructor(quorum: QuorumNode, brokerId: number) {
    this.#quorum = quorum
    this.#brokerId = brokerId
  }

  /** `use` gets a fresh id, or undefined when the controller gave none in time. */
  next(use: (producerId: number | undefined) => void): void {
    if (this.#next < this.#end) return use(this.#next++)
    this.#waiting.push(use)
    if (this.#waiting.length === 1) this.#allocate()
  }

  #allocate(): void {
    const request = { brokerId: this.#brokerId, brokerEpoch: this.#quorum.brokerEpoch }
    this.#quorum.request('AllocateProducerIds', request, allocationTimeoutMs, ({ response }) => {
      if (response?.errorCode === errors.NONE) {
        this.#next = response.producerIdStart
        this.#end = response.producerIdStart + response.producerIdLen
      }
      const waiting = this.#waiting
      this.#waiting = []
      for (const use of waiting) {
        if (this.#next < this.#end || response?.errorCode !== errors.NONE)
          use(this.#next < this.#end ? this.#next++ : undefined)
        else this.next(use)
      }
    })
  }
}
