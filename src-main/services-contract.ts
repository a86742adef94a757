import type { AppInfo, EventName, Events, Handlers } from './contract/contract.ts'

/** What answers the windows: the contract's requests, and its events for every window. */
export interface Services {
  readonly handlers: Handlers
  readonly events: { on<K extends EventName>(name: K, listener: (value: Events[K]) => void): () => void }
  close(): void | Promise<void>
}

export interface ServicesOptions {
  readonly host: AppInfo['host']
  readonly version: string
  readonly dataDirectory: string
  readonly isEphemeral: boolean
}
