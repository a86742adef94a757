import type { Broker } from '../core/broker.ts'
import type { Context, Handler } from './handler.ts'

/** For what says who leads: while that is about to change, because a broker was just lost, the answer waits. */
export const onceDecided =
  <Request, Response>(
    answer: (broker: Broker, request: Request, context: Context<Response>) => Response,
  ): Handler<Request, Response> =>
  (broker, request, context) => {
    if (!broker.lostBrokers.areUndecided) return answer(broker, request, context)
    broker.lostBrokers.whenDecided(context.connection, () => context.answer(answer(broker, request, context)))
    return undefined
  }
