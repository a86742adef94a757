import type { QuorumMessage } from './quorum/messages.ts'
import type { ReplicaFetch, ReplicaFetchResponse } from './replica/hand-off.ts'

/** What one broker sends another: quorum and controller traffic, the questions of replication, and its repeating numbers. */
export type PeerMessage = QuorumMessage | ReplicaFetch | ReplicaFetchResponse | readonly number[]
