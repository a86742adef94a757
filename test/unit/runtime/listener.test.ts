import { once } from 'node:events'
import net from 'node:net'
import { expect, test } from 'vitest'
import { Listener } from '../../../src-broker/runtime/listener.ts'
import { freePorts } from '../../support/free-ports.ts'

test('while nobody serves, so many connections wait and no more: the oldest are closed', async () => {
  const port = await freePorts(1)
  const listener = await Listener.on(port, 2)
  const sockets: net.Socket[] = []
  for (let count = 0; count < 4; count++) {
    const socket = net.connect(port, '127.0.0.1').on('error', () => {})
    socket.resume()
    sockets.push(socket)
    await once(socket, 'connect')
  }
  const [first, second, third, fourth] = sockets as [net.Socket, net.Socket, net.Socket, net.Socket]
  await Promise.all([first, second].map((socket) => socket.closed || once(socket, 'close')))
  expect([third.closed, fourth.closed]).toEqual([false, false])
  listener.close()
  await Promise.all([third, fourth].map((socket) => socket.closed || once(socket, 'close')))
})
