/** A question and its answer, once it is there: there must never be more than one. */
export class Asked<Response> {
  #answers: Response[] = []
  readonly #listeners: ((response: Response) => void)[] = []

  get answer(): Response | undefined {
    return this.#answers[0]
  }

  /** Calls the listener now, or when the answer comes. */
  whenAnswered(listener: (response: Response) => void): this {
    if (this.#answers.length > 0) listener(this.#answers[0]!)
    else this.#listeners.push(listener)
    return this
  }

  take(response: Response): void {
    if (this.#answers.length > 0) throw new Error('answered twice')
    this.#answers.push(response)
    for (const listener of this.#listeners) listener(response)
  }
}

/** Asks what may be answered at once or later. */
export function ask<Response>(
  question: (later: (response: Response) => void) => Response | undefined,
): Asked<Response> {
  const asked = new Asked<Response>()
  const now = question((response) => asked.take(response))
  if (now !== undefined) asked.take(now)
  return asked
}

export const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
export const text = (bytes: Uint8Array): string => new TextDecoder().decode(bytes)
