// Events that a slow window has not taken yet. Bounded: what is newer replaces or joins what still waits.
import type { EventName, Events } from '../contract/contract.ts'

type WaitingEvent = { readonly [K in EventName]: { readonly name: K; readonly value: Events[K] } }[EventName]

/** A window that missed more asks for the history. */
const pulseEventsMax = 500
const tailRowsMax = 2_000

export class EventQueue {
  // A Map keeps the order of arrival; a replaced event keeps its place.
  readonly #waiting = new Map<string, WaitingEvent>()
  #pulseEvents = 0

  get isEmpty(): boolean {
    return this.#waiting.size === 0
  }

  add(event: WaitingEvent): void {
    const key = slotOf(event)
    const earlier = this.#waiting.get(key)
    this.#waiting.set(key, earlier === undefined ? event : joined(earlier, event))
    if (event.name === 'pulse' && earlier === undefined) this.#countPulse()
  }

  take(): WaitingEvent | null {
    for (const [key, event] of this.#waiting) {
      this.#waiting.delete(key)
      if (event.name === 'pulse') this.#pulseEvents -= 1
      return event
    }
    return null
  }

  #countPulse(): void {
    this.#pulseEvents += 1
    if (this.#pulseEvents <= pulseEventsMax) return
    for (const [key, event] of this.#waiting) {
      if (event.name !== 'pulse') continue
      this.#waiting.delete(key)
      this.#pulseEvents -= 1
      return
    }
  }
}

/** Events of one slot replace or join each other. */
function slotOf({ name, value }: WaitingEvent): string {
  if (name === 'pulse') return `pulse ${value.id}`
  if (name === 'tail') return `tail ${value.tailId}`
  if (name === 'changed') return `changed ${value.what}`
  return name
}

function joined(earlier: WaitingEvent, later: WaitingEvent): WaitingEvent {
  if (earlier.name !== 'tail' || later.name !== 'tail') return later
  const rows = [...earlier.value.rows, ...later.value.rows]
  const dropped = Math.max(0, rows.length - tailRowsMax)
  const skipped = earlier.value.skipped + later.value.skipped + dropped
  return { name: 'tail', value: { tailId: later.value.tailId, rows: rows.slice(dropped), skipped } }
}
