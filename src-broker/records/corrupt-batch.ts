/** The bytes are no record batch, or not the one they claim to be. They came from outside: never a bug of ours. */
export class CorruptBatch extends Error {
  override readonly name = 'CorruptBatch'
}
