// What carries messages between window and host: Electron's IPC through the preload's bridge, or a WebSocket to the page's own origin.
import { type Channel, RequestFailed } from '../../src-main/contract/rpc.ts'

export type ChannelStatus = 'connecting' | 'open' | 'gone'

export interface LiveChannel extends Channel {
  onStatus(callback: (status: ChannelStatus) => void): void
}

declare global {
  interface Window {
    readonly bridge?: Channel
  }
}

export const hostGone = (): RequestFailed => new RequestFailed('HOST_GONE', 'The host went away before it answered.')

export function openChannel(): LiveChannel {
  return window.bridge === undefined ? socketChannel(socketUrl()) : bridgeChannel(window.bridge)
}

function bridgeChannel(bridge: Channel): LiveChannel {
  return {
    post: (message) => bridge.post(message),
    onMessage: (callback) => bridge.onMessage(callback),
    // The main process cannot go away and leave its window behind.
    onStatus: (callback) => callback('open'),
  }
}

/** The token stays in the page's address (a reload needs it) and in memory, and nowhere else. */
function socketUrl(): string {
  const token = new URLSearchParams(location.search).get('token') ?? ''
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
  return `${scheme}//${location.host}/rpc?token=${encodeURIComponent(token)}`
}

const retryMs = [100, 250, 500, 1000, 2000]

/** Connects again whenever the host went away, waiting up to two seconds between tries. */
function socketChannel(url: string): LiveChannel {
  let socket: WebSocket | null = null
  let failures = 0
  let status: ChannelStatus = 'connecting'
  /** Asked by a page that was there before its connection: sent with it, or lost with the attempt. */
  const early: unknown[] = []
  let deliver: (message: unknown) => void = () => {}
  let report: (status: ChannelStatus) => void = () => {}
  const become = (next: ChannelStatus): void => {
    if (next !== status) report((status = next))
  }
  const send = (message: unknown): void => socket?.send(JSON.stringify(message))
  function connect(): void {
    socket = new WebSocket(url)
    socket.addEventListener('open', () => {
      failures = 0
      for (const message of early.splice(0)) send(message)
      become('open')
    })
    socket.addEventListener('message', (event) => deliver(JSON.parse(String(event.data))))
    socket.addEventListener('close', () => {
      early.length = 0
      become('gone')
      setTimeout(connect, retryMs[Math.min(failures, retryMs.length - 1)])
      failures += 1
    })
  }
  connect()
  return {
    post(message) {
      if (status === 'connecting') early.push(message)
      else if (socket?.readyState === WebSocket.OPEN) send(message)
      else throw hostGone()
    },
    onMessage: (callback) => void (deliver = callback),
    onStatus: (callback) => (report = callback)(status),
  }
}
