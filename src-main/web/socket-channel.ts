// The contract over one WebSocket, with patience measured out: a window that breaks the rules or floods is closed,
// one that reads too slowly gets the latest instead of everything.
import type { WebSocket } from 'ws'
import type { Channel, Message } from '../contract/rpc.ts'
import { EventQueue } from './event-queue.ts'

/** Beyond this much unsent, events wait in the queue. */
const unsentBytesSoftMax = 1024 * 1024
/** Beyond this much unsent, the window asks without ever reading the answers. */
const unsentBytesHardMax = 64 * 1024 * 1024
const messagesPerSecondMax = 1_000
const policyViolation = 1008

export function socketChannel(socket: WebSocket): Channel {
  const events = new EventQueue()
  let secondStartedMs = 0
  let messagesThisSecond = 0

  function isFlood(): boolean {
    const nowMs = performance.now()
    if (nowMs - secondStartedMs >= 1_000) {
      secondStartedMs = nowMs
      messagesThisSecond = 0
    }
    messagesThisSecond += 1
    return messagesThisSecond > messagesPerSecondMax
  }

  function send(message: Message): void {
    if (socket.readyState !== socket.OPEN) return
    socket.send(JSON.stringify(message), sendEvents)
    if (socket.bufferedAmount > unsentBytesHardMax) socket.terminate()
  }

  function sendEvents(): void {
    while (!events.isEmpty && socket.readyState === socket.OPEN && socket.bufferedAmount < unsentBytesSoftMax) {
      const event = events.take()
      if (event !== null) send({ t: 'evt', n: event.name, v: event.value })
    }
  }

  function refuse(reason: string): void {
    if (socket.readyState !== socket.OPEN) return
    socket.close(policyViolation, reason)
    // Whoever floods may not be polite enough to answer the closing. What it still sends is not heard.
    setTimeout(() => socket.terminate(), 1_000).unref()
  }

  return {
    post(message) {
      if (message.t !== 'evt') return send(message)
      events.add({ name: message.n, value: message.v } as Parameters<EventQueue['add']>[0])
      sendEvents()
    },
    onMessage(callback) {
      socket.on('message', (data, isBinary) => {
        if (socket.readyState !== socket.OPEN) return
        if (isBinary) return refuse('text only')
        if (isFlood()) return refuse('too many messages')
        const message = parsed(String(data))
        if (message === undefined) return refuse('not JSON')
        callback(message)
      })
    },
    refuse,
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
