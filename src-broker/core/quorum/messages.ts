// All that nodes of the quorum say to each other. Plain objects: they cross a message port as they are.
import type { Answer, ControllerApi, RequestOf } from './controller-apis.ts'
import type { RaftMessage } from './raft-messages.ts'

/** A request of one broker to the controller. */
export interface ControllerRequest {
  readonly kind: 'controller-request'
  readonly id: number
  readonly api: ControllerApi
  readonly body: RequestOf<ControllerApi>
}

export interface ControllerResponse {
  readonly kind: 'controller-response'
  readonly id: number
  readonly answer: Answer<ControllerApi>
}

export type QuorumMessage = RaftMessage | ControllerRequest | ControllerResponse
