import net from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { Deadlines } from '../../../src-broker/base/deadlines.ts'
import type { Broker } from '../../../src-broker/core/broker.ts'
import { readResponseHeader, writeRequest } from '../../../src-broker/protocol/frames.ts'
import { apiVersions } from '../../../src-broker/protocol/messages/18-api-versions.ts'
import { initProducerId } from '../../../src-broker/protocol/messages/22-init-producer-id.ts'
import { viewOf, WireReader } from '../../../src-broker/protocol/reader.ts'
import { WireWriter } from '../../../src-broker/protocol/writer.ts'
import { Connection } from '../../../src-broker/runtime/connection.ts'
import { Gateway } from '../../../src-broker/runtime/gateway.ts'
import { Listener } from '../../../src-broker/runtime/listener.ts'
import { freePorts } from '../../support/free-ports.ts'

const cleanUps: (() => void)[] = []
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp()
})

/** A gateway before a broker that answers ApiVersions at once and InitProducerId when told. */
async function listening() {
  const waiting: ((producerId: number) => void)[] = []
  const broker = {
    deadlines: new Deadlines(),
    env: { monotonicMs: () => performance.now() },
    apis: [{ key: 18, minVersion: 0, maxVersion: 4 }],
    supportedFeatures: [],
    image: { featuresEpoch: 0, features: new Map() },
    producerIds: { next: (use: (producerId: number) => void) => waiting.push(use) },
    endTurn: () => false,
  } as unknown as Broker
  const lines: string[] = []
  const gateway = new Gateway(broker, (line) => lines.push(line))
  const port = await freePorts(1)
  const listener = await Listener.on(port)
  listener.open(gateway)
  cleanUps.push(() => {
    listener.close()
    gateway.close()
  })
  const answerProducerId = (producerId: number) => {
    waiting.shift()!(producerId)
    gateway.scheduleTurnEnd()
  }
  return { port, gateway, lines, waiting, answerProducerId }
}

async function connected(port: number) {
  const socket = net.connect(port, '127.0.0.1')
  cleanUps.push(() => socket.destroy())
  let received = Buffer.alloc(0)
  let isClosed = false
  socket.on('data', (bytes) => {
    received = Buffer.concat([received, bytes])
  })
  socket.on('close', () => {
    isClosed = true
  })
  socket.on('error', () => {})
  await new Promise((resolve) => socket.once('connect', resolve))
  return {
    socket,
    closed: () => isClosed,
    /** Correlation ids of the whole answers so far. */
    answered() {
      const ids: number[] = []
      for (let at = 0; at + 8 <= received.length; at += 4 + received.readInt32BE(at))
        ids.push(received.readInt32BE(at + 4))
      return ids
    },
    bytes: () => received,
  }
}

function versionsRequest(correlationId: number, version = 3): Buffer {
  const writer = new WireWriter()
  writeRequest(
    writer,
    apiVersions,
    version,
    { correlationId, clientId: 'test' },
    { clientSoftwareName: 'test', clientSoftwareVersion: '1' },
  )
  return Buffer.from(writer.take())
}

function producerIdRequest(correlationId: number): Buffer {
  const writer = new WireWriter()
  const body = { transactionalId: null, transactionTimeoutMs: 0 }
  writeRequest(writer, initProducerId, 4, { correlationId, clientId: 'test' }, body)
  return Buffer.from(writer.take())
}

test('frames are understood however the bytes are cut', async () => {
  const { port } = await listening()
  const whole = Buffer.concat([1, 2, 3, 4].map((id) => versionsRequest(id)))
  for (const step of [1, 3, 7, 50, whole.length]) {
    const client = await connected(port)
    client.socket.setNoDelay(true)
    for (let at = 0; at < whole.length; at += step) {
      client.socket.write(whole.subarray(at, at + step))
      await new Promise(setImmediate)
    }
    await expect.poll(client.answered).toEqual([1, 2, 3, 4])
  }
})

test('where sockets cannot read into our buffers, the slower way understands the same', async () => {
  const { gateway } = await listening()
  const server = net.createServer((socket) => {
    const connection = new Connection(socket, gateway)
    socket.on('data', (bytes) => connection.receivedCopy(bytes as Buffer))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  cleanUps.push(() => server.close())
  const client = await connected((server.address() as net.AddressInfo).port)
  const large = Buffer.concat(Array.from({ length: 5_000 }, (_, id) => versionsRequest(id)))
  client.socket.write(large)
  await expect.poll(() => client.answered().length).toBe(5_000)
})

test('answers leave in the order of the requests, even when a later one is ready first', async () => {
  const { port, waiting, answerProducerId } = await listening()
  const client = await connected(port)
  client.socket.write(
    Buffer.concat([producerIdRequest(1), versionsRequest(2), producerIdRequest(3), versionsRequest(4)]),
  )
  await expect.poll(() => waiting.length).toBe(2)
  expect(client.answered()).toEqual([])
  answerProducerId(7)
  await expect.poll(client.answered).toEqual([1, 2])
  answerProducerId(8)
  await expect.poll(client.answered).toEqual([1, 2, 3, 4])
})

test('a frame larger than the receive buffer is put together', async () => {
  const { port } = await listening()
  const client = await connected(port)
  const small = versionsRequest(9)
  // In place of the empty list of tagged fields at the end: one that nobody knows, with 600,000 bytes.
  const tagged = Buffer.concat([Buffer.from([1, 99, 0xc0, 0xcf, 0x24]), Buffer.alloc(600_000, 7)])
  const large = Buffer.concat([small.subarray(0, -1), tagged])
  large.writeInt32BE(large.length - 4, 0)
  client.socket.write(large)
  client.socket.write(versionsRequest(10))
  await expect.poll(client.answered).toEqual([9, 10])
})

test('an unknown version of ApiVersions is answered in version 0, with the range that is understood (KIP-511)', async () => {
  const { port } = await listening()
  const client = await connected(port)
  const request = versionsRequest(5, 3)
  request.writeInt16BE(99, 6)
  client.socket.write(request)
  await expect.poll(client.answered).toEqual([5])
  const bytes = client.bytes()
  const reader = new WireReader().over(bytes, viewOf(bytes), 4, bytes.length)
  readResponseHeader(reader, apiVersions, 0)
  expect(apiVersions.responseCodec(0).decode(reader)).toMatchObject({
    errorCode: 35,
    apiKeys: [{ apiKey: 18, minVersion: 0, maxVersion: 4 }],
  })
})

test.each([
  ['HTTP', Buffer.from('GET / HTTP/1.1\r\n\r\n'), 'HTTP?'],
  ['TLS', Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01]), 'TLS?'],
  ['a negative length', Buffer.from([0xff, 0xff, 0xff, 0xff]), 'a frame of -1 bytes'],
  ['a length past the limit', Buffer.from([0x7f, 0xff, 0xff, 0xff]), 'a frame of 2147483647 bytes'],
  ['an unknown API key', Buffer.from('0000000a03e70000000000010000', 'hex'), 'API key 999'],
  ['a version nobody has', Buffer.from('0000000b0000006300000001000000', 'hex'), 'no version 99'],
  ['a frame that ends early', Buffer.from('00000002000f', 'hex'), 'bytes left'],
])('%s closes the connection with a line that says why', async (_, bytes, reason) => {
  const { port, lines } = await listening()
  const client = await connected(port)
  client.socket.write(bytes)
  await expect.poll(client.closed).toBe(true)
  expect(lines.join('\n')).toContain(reason)
})

test('who claims a hundred megabytes and sends nothing costs little', async () => {
  const { port, gateway } = await listening()
  const before = process.memoryUsage().arrayBuffers
  const clients = await Promise.all(Array.from({ length: 20 }, () => connected(port)))
  for (const client of clients) client.socket.write(Buffer.from('06000000001200030000', 'hex'))
  await expect.poll(() => [...gateway.connections].filter((connection) => !connection.isIdle).length).toBe(20)
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(60 << 20)
})
