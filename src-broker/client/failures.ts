// How asking a cluster can fail. Every failure has a text `code`: Kafka's name for it, which the window shows.
import { type ErrorName, errorOf } from '../protocol/errors.ts'

/** The cluster answered with an error. */
export class KafkaFailure extends Error {
  override readonly name = 'KafkaFailure'
  readonly code: ErrorName
  readonly isRetriable: boolean

  /** `subject` says what was asked about (`topic flights`), `detail` what the broker said of it, if it did. */
  constructor(errorCode: number, subject: string, detail?: string | null) {
    const { name, message, isRetriable } = errorOf(errorCode)
    super(`${subject}: ${sentence(detail || message)}`)
    this.code = name
    this.isRetriable = isRetriable
  }
}

/** No answer came: the connection could not be made, broke, or stayed silent for too long. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer'
  readonly code: 'NETWORK_EXCEPTION' | 'REQUEST_TIMED_OUT'
  /** Whether the request may have reached the broker and taken effect. */
  readonly wasSent: boolean

  constructor(code: NoAnswer['code'], message: string, options: { wasSent: boolean; cause?: unknown }) {
    super(message, { cause: options.cause })
    this.code = code
    this.wasSent = options.wasSent
  }
}

/** Throws where the code says that something failed. */
export function expectNoError(errorCode: number, subject: string, detail?: string | null): void {
  if (errorCode !== 0) throw new KafkaFailure(errorCode, subject, detail)
}

/** Worth asking again, perhaps of another broker, once metadata has been refreshed. */
export const mayPass = (error: unknown): boolean =>
  error instanceof NoAnswer || (error instanceof KafkaFailure && error.isRetriable)

const sentence = (text: string): string => (/[.!?]$/.test(text) ? text : `${text}.`)
