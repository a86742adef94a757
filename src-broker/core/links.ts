import type { PeerMessage } from './peer.ts'

/** The way to the other brokers of this cluster. In order per peer; lost when the link closes, which both ends learn. */
export interface Links {
  isUp(brokerId: number): boolean
  send(to: number, message: PeerMessage): void
}
