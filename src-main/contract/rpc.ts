// Requests and events over any channel that moves structured values: a message port, Electron's IPC, a WebSocket.
// Both ends are typed from the contract. What arrives is checked before it is believed: either end may be hostile or older.
import { type Api, type EventName, type Events, type Handlers, type RequestName, requestNames } from './contract.ts'

export type Message =
  | { readonly t: 'req'; readonly id: number; readonly m: string; readonly a?: unknown }
  | { readonly t: 'res'; readonly id: number; readonly v: unknown }
  | { readonly t: 'err'; readonly id: number; readonly e: { readonly code: string; readonly message: string } }
  | { readonly t: 'evt'; readonly n: string; readonly v: unknown }

export interface Channel {
  /** May throw where it cannot be sent: that request fails with it. */
  post(message: Message): void
  onMessage(callback: (message: unknown) => void): void
  /** The other end broke the rules: end the connection, where the transport has one to end. */
  refuse?(reason: string): void
}

/** A failed request, on both ends: thrown by handlers, received by callers. `message` is one sentence for the user. */
export class RequestFailed extends Error {
  override readonly name = 'RequestFailed'
  readonly code: string

  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** No window of ours asks for so much at once; a caller that does is broken or hostile. */
export const requestsInFlightMax = 256

export interface Server {
  emit<K extends EventName>(name: K, value: Events[K]): void
}

export function serve(channel: Channel, handlers: Handlers): Server {
  let inFlight = 0

  async function answer(id: number, name: RequestName, argument: unknown): Promise<void> {
    inFlight += 1
    try {
      const handler = handlers[name] as (argument: unknown) => unknown
      channel.post({ t: 'res', id, v: await handler(argument) })
    } catch (error) {
      channel.post({ t: 'err', id, e: asHostError(error) })
    } finally {
      inFlight -= 1
    }
  }

  channel.onMessage((raw) => {
    if (!isMessage(raw) || raw.t !== 'req') return channel.refuse?.('not a request')
    if (inFlight >= requestsInFlightMax) return channel.refuse?.('too many requests at once')
    if (isRequestName(raw.m)) void answer(raw.id, raw.m, raw.a)
    else
      channel.post({
        t: 'err',
        id: raw.id,
        e: { code: 'UNKNOWN_REQUEST', message: 'This host knows no such request.' },
      })
  })

  return { emit: (name, value) => channel.post({ t: 'evt', n: name, v: value }) }
}

export interface Client {
  readonly api: Api
  on<K extends EventName>(name: K, listener: (value: Events[K]) => void): () => void
  /** For the transport to call when the connection has ended: every request that waits fails with this. */
  lose(error: RequestFailed): void
}

interface Waiting {
  resolve(value: unknown): void
  reject(error: unknown): void
}

export function connect(channel: Channel): Client {
  const waiting = new Map<number, Waiting>()
  const listeners = new Map<string, Set<(value: never) => void>>()
  let lastId = 0

  channel.onMessage((raw) => {
    if (!isMessage(raw) || raw.t === 'req') return
    if (raw.t === 'evt') {
      for (const listener of listeners.get(raw.n) ?? []) listener(raw.v as never)
      return
    }
    const request = waiting.get(raw.id)
    waiting.delete(raw.id)
    if (raw.t === 'res') request?.resolve(raw.v)
    else request?.reject(new RequestFailed(raw.e.code, raw.e.message))
  })

  const call = (name: RequestName, argument: unknown) =>
    new Promise((resolve, reject) => {
      lastId += 1
      channel.post({ t: 'req', id: lastId, m: name, a: argument }) // What it throws rejects.
      waiting.set(lastId, { resolve, reject })
    })

  return {
    api: Object.fromEntries(requestNames.map((name) => [name, (argument: unknown) => call(name, argument)])) as Api,
    on(name, listener) {
      const ofName = listeners.get(name) ?? new Set()
      listeners.set(name, ofName.add(listener))
      return () => ofName.delete(listener)
    },
    lose(error) {
      for (const request of waiting.values()) request.reject(error)
      waiting.clear()
    },
  }
}

const knownRequests: ReadonlySet<string> = new Set(requestNames)
const isRequestName = (name: string): name is RequestName => knownRequests.has(name)

function isMessage(raw: unknown): raw is Message {
  if (typeof raw !== 'object' || raw === null) return false
  const message = raw as Record<string, unknown>
  if (message.t === 'evt') return typeof message.n === 'string'
  if (!Number.isSafeInteger(message.id)) return false
  if (message.t === 'req') return typeof message.m === 'string'
  return message.t === 'res' || (message.t === 'err' && isHostError(message.e))
}

function isHostError(raw: unknown): boolean {
  if (typeof raw !== 'object' || raw === null) return false
  const { code, message } = raw as Record<string, unknown>
  return typeof code === 'string' && typeof message === 'string'
}

/** Any error with a text `code` keeps it (Kafka's names, the host's own, Node's); the rest are bugs of the host. */
function asHostError(error: unknown): { code: string; message: string } {
  if (!(error instanceof Error)) return { code: 'INTERNAL', message: String(error) }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'INTERNAL'
  return { code, message: error.message }
}
