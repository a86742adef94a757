import type { EventName, Events } from '../contract/contract.ts'

type Listener<K extends EventName> = (value: Events[K]) => void

/** Carries the contract's events to whoever listens; several windows may. */
export class EventBus {
  readonly #listeners = new Map<EventName, Set<Listener<never>>>()

  on<K extends EventName>(name: K, listener: Listener<K>): () => void {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners.add(listener))
    return () => listeners.delete(listener)
  }

  emit<K extends EventName>(name: K, value: Events[K]): void {
    for (const listener of this.#listeners.get(name) ?? []) (listener as Listener<K>)(value)
  }
}
