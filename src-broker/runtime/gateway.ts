// The edge between sockets and one broker: what all connections of a broker share, and the end of a turn.
import type { Broker } from '../core/broker.ts'
import { WireWriter } from '../protocol/writer.ts'

/** Receives whatever fits here before a frame is known to be longer. One for all connections: it is empty between reads. */
const scratchBytes = 256 << 10
/** Answers with records up to this size share a few buffers. */
const answerBufferBytes = (4 << 20) + (64 << 10)
const answerBuffersMax = 4

/** A connection as the gateway sees it. */
export interface Client {
  /** Nothing is asked and nothing is on its way. */
  readonly isIdle: boolean
  readonly lastActiveMs: number
  /** Sends the answers of the turn. */
  flush(): void
  destroy(): void
}

export class Gateway {
  readonly broker: Broker
  readonly scratch = Buffer.allocUnsafeSlow(scratchBytes)
  readonly scratchView = new DataView(this.scratch.buffer)
  /** For answers with records: writes into a buffer of `takeAnswerBuffer`, then is free again. */
  readonly largeWriter = new WireWriter(0)
  readonly connections = new Set<Client>()
  readonly #log: (line: string) => void
  readonly #answerBuffers: Buffer[] = []
  #toFlush: Client[] = []
  #isTurnScheduled = false
  #timer: NodeJS.Timeout | undefined
  #timerAtMs = Infinity
  #isClosed = false

  constructor(broker: Broker, log: (line: string) => void) {
    this.broker = broker
    this.#log = log
  }

  log(line: string): void {
    this.#log(line)
  }

  flushLater(client: Client): void {
    this.#toFlush.push(client)
    this.scheduleTurnEnd()
  }

  /** Something happened: its consequences leave together, before the event loop looks at the sockets again. */
  scheduleTurnEnd(): void {
    if (this.#isTurnScheduled) return
    this.#isTurnScheduled = true
    setImmediate(this.#endTurn)
  }

  readonly #endTurn = (): void => {
    this.#isTurnScheduled = false
    if (this.#isClosed) return
    const hasMore = this.broker.endTurn()
    const toFlush = this.#toFlush
    this.#toFlush = []
    for (const connection of toFlush) connection.flush()
    if (hasMore) this.scheduleTurnEnd()
    this.#sleepUntilDeadline()
  }

  #sleepUntilDeadline(): void {
    const atMs = this.broker.deadlines.nextMs
    if (atMs >= this.#timerAtMs) return
    clearTimeout(this.#timer)
    this.#timerAtMs = atMs
    const delayMs = Math.min(Math.max(0, Math.ceil(atMs - this.broker.env.monotonicMs())), 0x7fff_ffff)
    this.#timer = setTimeout(this.#runDeadlines, delayMs)
  }

  readonly #runDeadlines = (): void => {
    this.#timerAtMs = Infinity
    this.broker.deadlines.run(this.broker.env.monotonicMs())
    this.scheduleTurnEnd()
  }

  /** A buffer for one answer with records; give it back once the kernel has all of it. */
  takeAnswerBuffer(byteLength: number): Buffer {
    if (byteLength > answerBufferBytes) return Buffer.allocUnsafeSlow(byteLength)
    return this.#answerBuffers.pop() ?? Buffer.allocUnsafeSlow(answerBufferBytes)
  }

  giveBack(buffer: Buffer): void {
    if (buffer.length === answerBufferBytes && this.#answerBuffers.length < answerBuffersMax)
      this.#answerBuffers.push(buffer)
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    for (const connection of this.connections) connection.destroy()
  }
}
