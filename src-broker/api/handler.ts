import type { Broker } from '../core/broker.ts'

/** What a handler knows of the connection that asked, and the way back to it. */
export interface Context<Response> {
  readonly version: number
  /** The same for all requests of one connection. */
  readonly connection: object
  readonly clientId: string | null
  /** Address of the client, as Kafka prints it: `/127.0.0.1`. */
  readonly clientHost: string
  /** The later answer of a handler that returned undefined; exactly once. Answers leave in the order of the requests. */
  answer(response: Response): void
  /** The client wants no answer (acks=0). Instead of `answer`. */
  stayQuiet(): void
  /** Called when the connection has gone and nobody waits for the answer any more. */
  whenGone: (() => void) | undefined
  /** Ends the connection, where the protocol has no other way to say that something failed. Instead of `answer`. */
  close(reason: string): void
}

/** Returns the answer, or undefined when `context` will bring it later. */
export type Handler<Request, Response> = (
  broker: Broker,
  request: Request,
  context: Context<Response>,
) => Response | undefined
