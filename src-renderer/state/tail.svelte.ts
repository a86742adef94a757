import type { MessageRow, TailBatch } from '../../src-main/contract/messages.ts'
import type { Client } from '../api/client.ts'
import { rowKey } from './row-key.ts'

/** More than anyone scrolls through; older rows leave at the bottom. */
const keptMax = 5000

/**
 * The end of a topic as it grows. Pausing holds the view, not the reader: what arrives meanwhile waits, and what does not fit
 * is counted as skipped. Shown once a frame, however many batches came.
 */
export class Tail {
  state = $state<'off' | 'live' | 'paused'>('off')
  /** Newest first. */
  rows = $state.raw<readonly MessageRow[]>([])
  waitingCount = $state(0)
  skipped = $state(0)
  /** Rows that the page below already shows. */
  known: ReadonlySet<string> = new Set()
  readonly #client: Client
  readonly #topic: string
  #tailId: string | null = null
  #starts = 0
  #early: TailBatch[] = []
  #arrived: MessageRow[] = []
  #frame = 0
  #stopListening: (() => void) | null = null

  constructor(client: Client, topic: string) {
    this.#client = client
    this.#topic = topic
  }

  async start(partitions: readonly number[] | null, contains: string): Promise<void> {
    if (this.#tailId !== null) this.#forget(this.#tailId)
    this.#reset('live')
    const start = this.#starts
    this.#stopListening = this.#client.on('tail', (batch) => this.#received(batch))
    try {
      const { tailId } = await this.#client.api['tail.start']({ topic: this.#topic, partitions, contains })
      if (start !== this.#starts) return this.#forget(tailId) // Stopped or started anew meanwhile.
      this.#tailId = tailId
      for (const batch of this.#early.splice(0)) this.#received(batch)
    } catch (error) {
      if (start === this.#starts) this.#reset('off')
      throw error
    }
  }

  stop(): void {
    if (this.#tailId !== null) this.#forget(this.#tailId)
    this.#reset('off')
  }

  pause(): void {
    if (this.state === 'live') this.state = 'paused'
  }

  resume(): void {
    if (this.state !== 'paused') return
    this.state = 'live'
    this.#show()
  }

  #received(batch: TailBatch): void {
    if (this.#tailId === null) {
      this.#early.push(batch)
      return
    }
    if (batch.tailId !== this.#tailId) return
    this.#arrived.push(...batch.rows)
    const over = this.#arrived.length - keptMax
    if (over > 0) this.#arrived.splice(0, over)
    this.skipped += batch.skipped + Math.max(0, over)
    this.waitingCount = this.#arrived.length
    if (this.state === 'live') this.#frame ||= requestAnimationFrame(() => this.#show())
  }

  #show(): void {
    this.#frame = 0
    if (this.state !== 'live') return
    const fresh = this.#arrived.splice(0).filter((row) => !this.known.has(rowKey(row)))
    this.waitingCount = 0
    if (fresh.length > 0) this.rows = [...fresh.reverse(), ...this.rows].slice(0, keptMax)
  }

  #forget(tailId: string): void {
    this.#client.api['tail.stop']({ tailId }).catch(() => {})
  }

  #reset(state: 'off' | 'live'): void {
    this.#starts += 1
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    this.#stopListening?.()
    this.#stopListening = null
    this.#tailId = null
    this.#early = []
    this.#arrived = []
    this.known = new Set()
    this.rows = []
    this.waitingCount = 0
    this.skipped = 0
    this.state = state
  }
}
