import type { MessagePort } from 'node:worker_threads'
import type { Links } from '../core/links.ts'
import type { PeerMessage } from '../core/peer.ts'

export interface LinkListener {
  up(brokerId: number): void
  received(from: number, message: PeerMessage): void
  /** The port closed: the peer's thread has ended. */
  lost(brokerId: number): void
}

/** A message port to every other broker of the process. Its closing tells of a peer's death as a closed TCP connection would. */
export class PeerLinks implements Links {
  readonly #ports = new Map<number, MessagePort>()

  connect(brokerId: number, port: MessagePort, listener: LinkListener): void {
    const before = this.#ports.get(brokerId)
    if (before !== undefined) {
      // The new life came before word of the old one's end.
      this.#ports.delete(brokerId)
      before.close()
      listener.lost(brokerId)
    }
    this.#ports.set(brokerId, port)
    port.on('message', (message: PeerMessage) => {
      if (this.#ports.get(brokerId) === port) listener.received(brokerId, message)
    })
    port.on('close', () => {
      if (this.#ports.get(brokerId) !== port) return
      this.#ports.delete(brokerId)
      listener.lost(brokerId)
    })
    listener.up(brokerId)
  }

  isUp(brokerId: number): boolean {
    return this.#ports.has(brokerId)
  }

  send(to: number, message: PeerMessage): void {
    this.#ports.get(to)?.postMessage(message)
  }
}
