// The WebSocket to the host, with a socket that does what the test says.
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openChannel } from '../../src-renderer/api/channel.ts'
import { createClient } from '../../src-renderer/api/client.ts'

class FakeSocket extends EventTarget {
  static readonly OPEN = 1
  static latest: FakeSocket
  readyState = 0
  readonly sent: string[] = []

  constructor() {
    super()
    FakeSocket.latest = this
  }

  send(text: string): void {
    if (this.readyState !== FakeSocket.OPEN) throw new DOMException('still connecting', 'InvalidStateError')
    this.sent.push(JSON.parse(text).m)
  }

  become(state: 'open' | 'close'): void {
    this.readyState = state === 'open' ? FakeSocket.OPEN : 3
    this.dispatchEvent(new Event(state))
  }
}

const { WebSocket: real } = globalThis
beforeEach(() => {
  Object.assign(globalThis, { WebSocket: FakeSocket })
  vi.useFakeTimers() // It would try again after the test.
})
afterEach(() => {
  vi.useRealTimers()
  Object.assign(globalThis, { WebSocket: real })
})

function opened() {
  const client = createClient(openChannel())
  client.onStatus(() => {})
  return client
}
const codeOf = (request: Promise<unknown>) => request.then(() => 'answered').catch(({ code }) => code)

test('what is asked before there is a connection is sent with it, in order', () => {
  const { api } = opened()
  void api['app.info']()
  void api['topics.list']()
  const socket = FakeSocket.latest
  expect(socket.sent).toEqual([])
  socket.become('open')
  void api['groups.list']()
  expect(socket.sent).toEqual(['app.info', 'topics.list', 'groups.list'])
})

test('it fails where the host cannot be reached, as does what is asked until it can', async () => {
  const { api } = opened()
  const early = codeOf(api['app.info']())
  FakeSocket.latest.become('close')
  expect([await early, await codeOf(api['topics.list']())]).toEqual(['HOST_GONE', 'HOST_GONE'])
})
