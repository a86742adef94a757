import type { MessagePort } from 'node:worker_threads'
import type { Links } from '../core/links.ts'
import type { PeerMessage } from '../core/peer.ts'

export interface LinkListener {
  up(brokerId: number): void
  received(from: number, message: PeerMessage): void
  /** The peer's thread has ended, or is being ended. */
  lost(brokerId: number): void
}

/** A message port to every other broker of the process. Its closing tells of a peer's death as a closed TCP connection would. */
export class PeerLinks implements Links {
  readonly #ports = new Map<number, MessagePort>()
  readonly #listener: LinkListener

  constructor(listener: LinkListener) {
    this.#listener = listener
  }

  connect(brokerId: number, port: MessagePort): void {
    this.disconnect(brokerId) // Where the new life came before word of the old one's end.
    this.#ports.set(brokerId, port)
    port.on('message', (message: PeerMessage) => {
      if (this.#ports.get(brokerId) === port) this.#listener.received(brokerId, message)
    })
    port.on('close', () => {
      if (this.#ports.get(brokerId) === port) this.disconnect(brokerId)
    })
    this.#listener.up(brokerId)
  }

  disconnect(brokerId: number): void {
    const port = this.#ports.get(brokerId)
    if (port === undefined) return
    this.#ports.delete(brokerId)
    port.close()
    this.#listener.lost(brokerId)
  }

  isUp(brokerId: number): boolean {
    return this.#ports.has(brokerId)
  }

  send(to: number, message: PeerMessage): void {
    this.#ports.get(to)?.postMessage(message)
  }
}
