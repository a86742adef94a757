import type { Broker } from '../core/broker.ts'

/**
 * Whom clients are told to take for the controller. Every broker passes requests on, so that any that is alive will do while none is
 * elected, or while the one elected last is gone; Kafka names any at any time. Clients fail over a controller that is not among the
 * brokers they are told of. -1 where no broker is alive.
 */
export function namedController({ quorum, image, options }: Broker): number {
  const isAlive = (brokerId: number): boolean => image.brokers.get(brokerId)?.fenced === false
  return [quorum.controllerId, options.brokerId, ...image.brokers.keys()].find(isAlive) ?? -1
}
