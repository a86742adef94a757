// A decider looks at committed metadata and a request and says which records that makes, and what to answer once they are
// committed. It changes nothing. The controller decides one request after the other, each on what the one before has left.
import type { Random } from '../../../base/random.ts'
import { errors } from '../../../protocol/errors.ts'
import type { BrokerConfig } from '../../config/broker-config.ts'
import type { MetadataImage } from '../image.ts'
import type { MetadataRecordInput } from '../records.ts'

export interface Decision<Response> {
  /** Written as one batch: all of them or none. */
  readonly records: readonly MetadataRecordInput[]
  readonly response: Response
}

/** What deciding depends on besides the request. */
export interface Situation {
  readonly image: MetadataImage
  /** The controller's own, dynamic settings included. */
  readonly config: BrokerConfig
  readonly random: Random
  /** Offset that the next record will get. */
  readonly nextOffset: number
  /** Whether a broker's heartbeats are arriving. */
  hasSession(broker: number): boolean
  /** How far a broker has replayed, as far as its fetches and heartbeats tell; -1 unknown. */
  replayedOffset(broker: number): number
}

/** Why part of a request is refused, in Kafka's words where it has some. */
export interface ApiError {
  readonly errorCode: number
  readonly errorMessage: string | null
}

export const noError: ApiError = { errorCode: errors.NONE, errorMessage: null }
export const refuse = (errorCode: number, errorMessage: string | null = null): ApiError => ({ errorCode, errorMessage })

export const isError = (value: ApiError | object): value is ApiError =>
  'errorCode' in value && value.errorCode !== errors.NONE

/** The names that appear more than once. */
export function duplicates<T>(values: Iterable<T>): ReadonlySet<T> {
  const seen = new Set<T>()
  const twice = new Set<T>()
  for (const value of values) {
    if (seen.has(value)) twice.add(value)
    seen.add(value)
  }
  return twice
}
