import type { PulseEvent } from '../../src-main/contract/cluster.ts'
import type { Client } from '../api/client.ts'

const keptMax = 5000
const minute = 60_000
export const windowChoicesMs = [minute, 5 * minute, 15 * minute, 60 * minute] as const

/** Everything that happened, and the stretch of it that is in sight. */
export class Pulse {
  events = $state.raw<readonly PulseEvent[]>([])
  windowMs = $state<number>(5 * minute)
  /** Right edge of the axis; null follows the clock. */
  endMs = $state<number | null>(null)
  #loadedSinceMs = Number.POSITIVE_INFINITY
  readonly #api: Client['api']

  constructor(client: Client) {
    this.#api = client.api
  }

  add(event: PulseEvent): void {
    this.#keep([event])
  }

  /** Asks for what lies further back than is known; twice the window at a time, so that dragging does not wait. */
  async reach(sinceMs: number): Promise<void> {
    if (sinceMs >= this.#loadedSinceMs) return
    const wanted = sinceMs - 2 * this.windowMs
    this.#loadedSinceMs = wanted
    this.#keep(await this.#api['pulse.history']({ sinceMs: Math.max(0, wanted) }))
  }

  async reload(sinceMs: number): Promise<void> {
    this.#loadedSinceMs = Number.POSITIVE_INFINITY
    await this.reach(sinceMs)
  }

  /** Moves the right edge; at or past the present it follows the clock again. */
  lookAt(endMs: number, nowMs: number): void {
    this.endMs = endMs >= nowMs ? null : endMs
    void this.reach((this.endMs ?? nowMs) - this.windowMs).catch(() => {})
  }

  zoom(step: 1 | -1, nowMs: number): void {
    const at = (windowChoicesMs as readonly number[]).indexOf(this.windowMs)
    this.windowMs = windowChoicesMs[Math.min(windowChoicesMs.length - 1, Math.max(0, at + step))]!
    this.lookAt(this.endMs ?? nowMs, nowMs)
  }

  #keep(more: readonly PulseEvent[]): void {
    const byId = new Map(this.events.map((event) => [event.id, event]))
    for (const event of more) byId.set(event.id, event)
    this.events = [...byId.values()].sort((a, b) => a.atMs - b.atMs || a.id - b.id).slice(-keptMax)
  }
}
