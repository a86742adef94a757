import { errors } from '../../src-broker/protocol/errors.ts'

/** What a coordinator answers while it moves or waits for others: it is looked for again, and asked again. */
export const passing: ReadonlySet<number> = new Set([
  errors.COORDINATOR_LOAD_IN_PROGRESS,
  errors.COORDINATOR_NOT_AVAILABLE,
  errors.NOT_COORDINATOR,
  errors.REQUEST_TIMED_OUT,
  errors.UNKNOWN_TOPIC_OR_PARTITION,
  errors.NOT_ENOUGH_REPLICAS,
])
