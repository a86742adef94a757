/** Kafka's socket.request.max.bytes. */
export const frameBytesMax = 104_857_600
/** What a frame may claim before its bytes are here: a liar costs this much, not what it claimed. */
const firstBytesMax = 2 << 20
const pooledBytes = 2 << 20
const poolMax = 8

const pool: Buffer[] = []

/**
 * A frame that did not come whole in one read. The kernel puts the rest straight into its buffer. A large frame gets its
 * room as its bytes arrive.
 */
export class FrameAssembly {
  /** Length prefix included. */
  readonly frameBytes: number
  bytes: Buffer
  filled = 0

  constructor(frameBytes: number) {
    this.frameBytes = frameBytes
    const first = Math.min(frameBytes, firstBytesMax)
    this.bytes = first > 4096 ? (pool.pop() ?? Buffer.allocUnsafeSlow(pooledBytes)) : Buffer.allocUnsafe(first)
  }

  /** Where the next read goes. */
  rest(): Buffer {
    if (this.filled === this.bytes.length) this.#grow()
    return this.bytes.subarray(this.filled, Math.min(this.frameBytes, this.bytes.length))
  }

  get isComplete(): boolean {
    return this.filled === this.frameBytes
  }

  /** After the frame was handled. */
  release(): void {
    if (this.bytes.length === pooledBytes && pool.length < poolMax) pool.push(this.bytes)
  }

  #grow(): void {
    const grown = Buffer.allocUnsafeSlow(Math.min(this.frameBytes, 2 * this.bytes.length))
    this.bytes.copy(grown, 0, 0, this.filled)
    this.release()
    this.bytes = grown
  }
}
