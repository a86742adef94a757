/** A bug in this program, never bad input: the broker that meets one stops with the reason. */
export class AssertionFailed extends Error {
  override readonly name = 'AssertionFailed'
}

export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionFailed(message)
}
