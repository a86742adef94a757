// Services that answer only what a test gives them, and whose events a test sends.
import type { EventName, Events, Handlers } from '../../src-main/contract/contract.ts'
import type { Services } from '../../src-main/services-contract.ts'

export interface FakeServices extends Services {
  emit<K extends EventName>(name: K, value: Events[K]): void
  /** How many listeners the windows have left behind or still hold. */
  readonly listenerCount: number
}

export function fakeServices(handlers: Partial<Handlers>): FakeServices {
  const listeners = new Map<EventName, Set<(value: never) => void>>()
  return {
    handlers: handlers as Handlers,
    events: {
      on(name, listener) {
        const ofName = listeners.get(name) ?? new Set()
        listeners.set(name, ofName.add(listener))
        return () => ofName.delete(listener)
      },
    },
    emit(name, value) {
      for (const listener of listeners.get(name) ?? []) listener(value as never)
    },
    get listenerCount() {
      return [...listeners.values()].reduce((sum, ofName) => sum + ofName.size, 0)
    },
    close() {},
  }
}
