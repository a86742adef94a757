import { type Address, Connection, type ConnectionOptions } from './connection.ts'
import { NoAnswer } from './failures.ts'

const restFirstMs = 100
const restMaxMs = 3_000

/** The way to one broker: a connection made when first needed, and again after it broke, but not in a hurry. */
export class BrokerLink {
  readonly address: Address
  readonly #options: ConnectionOptions
  #connection: Connection | null = null
  #opening: Promise<Connection> | null = null
  #failure: unknown = null
  #failuresInARow = 0
  #restsUntilMs = 0
  #isClosed = false

  constructor(address: Address, options: ConnectionOptions) {
    this.address = address
    this.#options = options
  }

  get isOpen(): boolean {
    return this.#connection?.isOpen ?? false
  }

  /** The last attempt failed a moment ago: until the rest is over the next one fails at once, for the same reason. */
  get isResting(): boolean {
    return performance.now() < this.#restsUntilMs
  }

  async connection(): Promise<Connection> {
    if (this.#isClosed) throw new NoAnswer('NETWORK_EXCEPTION', 'The client was closed.', { wasSent: false })
    if (this.#connection?.isOpen) return this.#connection
    if (this.isResting) throw this.#failure
    this.#opening ??= this.#open()
    return this.#opening
  }

  /** A connection of one's own, for answers that may be long in coming and would hold up others. */
  open(): Promise<Connection> {
    return Connection.open(this.address, this.#options)
  }

  close(): void {
    this.#isClosed = true
    this.#connection?.close()
  }

  async #open(): Promise<Connection> {
    try {
      const connection = await this.open()
      if (this.#isClosed) connection.close()
      this.#failuresInARow = 0
      this.#connection = connection
      return connection
    } catch (failure) {
      this.#failure = failure
      this.#restsUntilMs = performance.now() + Math.min(restMaxMs, restFirstMs * 2 ** this.#failuresInARow++)
      throw failure
    } finally {
      this.#opening = null
    }
  }
}
