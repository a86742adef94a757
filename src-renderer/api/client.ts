import {
  type Api,
  type EventName,
  type Events,
  type HostError,
  type RequestName,
  requestNames,
} from '../../src-main/contract/contract.ts'
import type { Channel, ChannelStatus } from './channel.ts'

type Message =
  | { readonly t: 'req'; readonly id: number; readonly m: RequestName; readonly a: unknown }
  | { readonly t: 'res'; readonly id: number; readonly v: unknown }
  | { readonly t: 'err'; readonly id: number; readonly e: HostError }
  | { readonly t: 'evt'; readonly n: EventName; readonly v: unknown }

export interface Client {
  readonly api: Api
  /** Returns the way to stop listening. */
  on<K extends EventName>(name: K, listener: (value: Events[K]) => void): () => void
  onStatus(listener: (status: ChannelStatus) => void): void
}

/** A request that failed: `code` for programs, `message` one sentence for people. */
export class RequestError extends Error {
  readonly code: string
  constructor({ code, message }: HostError) {
    super(message)
    this.name = 'RequestError'
    this.code = code
  }
}

const hostGone: HostError = { code: 'HOST_GONE', message: 'The host went away before it answered.' }

/** Requests with answers, and events, over a channel that may close and come back. */
export function createClient(channel: Channel): Client {
  let lastId = 0
  let isOpen = false
  const waiting = new Map<number, { done(value: unknown): void; failed(error: RequestError): void }>()
  const listeners = new Map<EventName, Set<(value: never) => void>>()

  channel.onMessage((raw) => {
    const message = raw as Message
    if (message.t === 'evt') {
      for (const listener of listeners.get(message.n) ?? []) listener(message.v as never)
    } else if (message.t === 'res' || message.t === 'err') {
      const request = waiting.get(message.id)
      waiting.delete(message.id)
      if (message.t === 'res') request?.done(message.v)
      else request?.failed(new RequestError(message.e))
    }
  })

  const request = (name: RequestName, argument: unknown): Promise<unknown> =>
    new Promise((done, failed) => {
      if (!isOpen) return failed(new RequestError(hostGone))
      lastId += 1
      waiting.set(lastId, { done, failed })
      channel.post({ t: 'req', id: lastId, m: name, a: argument } satisfies Message)
    })

  return {
    api: Object.fromEntries(
      requestNames.map((name) => [name, (argument: unknown) => request(name, argument)]),
    ) as unknown as Api,
    on(name, listener) {
      const known = listeners.get(name) ?? new Set()
      listeners.set(name, known.add(listener as (value: never) => void))
      return () => known.delete(listener as (value: never) => void)
    },
    onStatus(listener) {
      channel.onStatus((status) => {
        isOpen = status === 'open'
        if (status === 'gone') {
          for (const { failed } of waiting.values()) failed(new RequestError(hostGone))
          waiting.clear()
        }
        listener(status)
      })
    },
  }
}
