/** What an entry costs besides the key's own bytes: measured on V8, rounded up. */
const entryBytes = 96
/** `String.fromCharCode` takes no more arguments at a time. */
const chunkBytes = 8_192

/**
 * The latest offset of every key in the stretch of log that is being compacted. Exact, unlike Kafka's hashes: no two keys
 * can be taken for one. Filled up to a number of bytes, then the rest of the log waits for the next time.
 */
export class OffsetMap {
  readonly #bytesMax: number
  readonly #offsets = new Map<string, number>()
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  get isFull(): boolean {
    return this.#bytes >= this.#bytesMax
  }

  get size(): number {
    return this.#offsets.size
  }

  /** Later calls bring later offsets. */
  note(key: Uint8Array, offset: number): void {
    const text = textOf(key)
    if (!this.#offsets.has(text)) this.#bytes += entryBytes + key.length
    this.#offsets.set(text, offset)
  }

  /** -1 where the key is not in that stretch. */
  latest(key: Uint8Array): number {
    return this.#offsets.get(textOf(key)) ?? -1
  }
}

/** One character a byte: any bytes, not only text. */
function textOf(key: Uint8Array): string {
  let text = ''
  for (let at = 0; at < key.length; at += chunkBytes) {
    text += String.fromCharCode(...key.subarray(at, at + chunkBytes))
  }
  return text
}
