import { request as httpRequest, type IncomingHttpHeaders } from 'node:http'
import { connect as connectTcp } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import WebSocket from 'ws'
import type { ClusterView } from '../../../src-main/contract/cluster.ts'
import { type Host, startHost } from '../../../src-main/host.ts'
import { fakeCluster } from '../../support/fake-cluster.ts'
import { type FakeServices, fakeServices } from '../../support/fake-services.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

let host: Host
let services: FakeServices
let port = 0
let token = ''
const folder = temporaryFolder({
  'renderer/index.html': '<!doctype html><title>page</title>',
  'renderer/assets/app-1a2b.js': 'console.log(1)',
  'renderer/notes.secret': 'of a type that is not served',
  'secret.json': '{"outside":"the renderer"}',
})
const data = temporaryFolder()

beforeAll(async () => {
  services = fakeServices({
    'topics.list': () => [],
    'groups.list': () => new Promise(() => {}),
    'topics.delete': async ({ topic }) => {
      throw Object.assign(new Error(`There is no topic ${topic}.`), { code: 'UNKNOWN_TOPIC_OR_PARTITION' })
    },
    'tail.start': async () => ({ tailId: 'tail-1' }),
    'tail.stop': async ({ tailId }) => (stoppedTails.push(tailId), null),
  })
  const options = { brokerCount: 3, port: 9092, dataDirectory: data.path, uiPort: 0, isJson: true, isHeadless: true }
  host = await startHost('headless', options, {
    startCluster: async (wanted) => fakeCluster(wanted),
    createServices: async () => services,
    rendererFolder: join(folder.path, 'renderer'),
  })
  const url = new URL(host.ui ?? '')
  port = Number(url.port)
  token = url.searchParams.get('token') ?? ''
})
afterAll(async () => {
  await host.close()
  folder.remove()
  data.remove()
})
const stoppedTails: string[] = []

interface Answer {
  status: number
  headers: IncomingHttpHeaders
  body: string
}

/** As a raw client may: any path, any header. */
function get(
  path: string,
  headers: Record<string, string> = {},
  method = 'GET',
  address = '127.0.0.1',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: address, port, path, method, headers }, (response) => {
      let body = ''
      response.on('data', (chunk) => {
        body += chunk
      })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }))
    })
    request.on('error', reject)
    request.end()
  })
}
const statusOf = async (...args: Parameters<typeof get>) => (await get(...args)).status

interface Window {
  socket: WebSocket
  /** Everything received so far. */
  messages: { t: string; [key: string]: unknown }[]
  closed: Promise<number>
}

function openWindow(
  query = `token=${token}`,
  headers: Record<string, string> = {},
  path = '/rpc',
): Promise<Window | number> {
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}?${query}`, { headers })
  const messages: Window['messages'] = []
  socket.on('message', (data) => messages.push(JSON.parse(String(data))))
  const closed = new Promise<number>((resolve) => socket.on('close', resolve))
  return new Promise((resolve) => {
    socket.on('open', () => resolve({ socket, messages, closed }))
    socket.on('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0))
    socket.on('error', () => {})
  })
}

async function ownWindow(): Promise<Window> {
  const window = await openWindow()
  if (typeof window === 'number') throw new Error(`refused: ${window}`)
  return window
}

test('the page needs the token of this launch, its parts do not', async () => {
  expect(token).toMatch(/^[\w-]{43}$/)
  expect(await get(`/?token=${token}`)).toMatchObject({ status: 200, body: '<!doctype html><title>page</title>' })
  expect(await statusOf('/')).toBe(401)
  expect(await statusOf('/index.html')).toBe(401)
  expect(await statusOf('/?token=')).toBe(401)
  expect(await statusOf(`/?token=${token.slice(0, -1)}`)).toBe(401)
  expect(await get('/assets/app-1a2b.js')).toMatchObject({ status: 200, body: 'console.log(1)' })
})

test('the page is protected by its headers and readable by no other origin', async () => {
  const { headers } = await get(`/?token=${token}`)
  expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';")
  expect(headers['content-security-policy']).toContain("frame-ancestors 'none'")
  expect(headers).toMatchObject({
    'content-type': 'text/html; charset=utf-8',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-store',
    'cross-origin-resource-policy': 'same-origin',
  })
  expect(Object.keys(headers).filter((name) => name.startsWith('access-control'))).toEqual([])
})

test.each([
  ['a rebound name', { host: 'evil.example:PORT' }],
  ['another port', { host: '127.0.0.1:1' }],
  ['the address of all interfaces', { host: '0.0.0.0:PORT' }],
  ['a name that begins like ours', { host: '127.0.0.1.evil.example:PORT' }],
  ['a foreign origin', { origin: 'http://evil.example' }],
  ['another port of this machine as origin', { origin: 'http://127.0.0.1:1' }],
  ['a secure origin of the same name', { origin: 'https://127.0.0.1:PORT' }],
  ['an opaque origin', { origin: 'null' }],
])('%s is refused, token or not', async (_name, pattern) => {
  const headers = Object.fromEntries(
    Object.entries(pattern).map(([key, value]) => [key, value.replace('PORT', `${port}`)]),
  )
  expect(await statusOf(`/?token=${token}`, headers)).toBe(403)
  expect(await statusOf('/assets/app-1a2b.js', headers)).toBe(403)
  expect(await openWindow(`token=${token}`, headers)).toBe(403)
})

test('every name of this machine’s loopback is good, over both addresses', async () => {
  for (const name of ['127.0.0.1', 'localhost', '[::1]']) {
    expect(await statusOf(`/?token=${token}`, { host: `${name}:${port}` })).toBe(200)
  }
  expect(await statusOf(`/?token=${token}`, { host: `[::1]:${port}` }, 'GET', '::1')).toBe(200)
})

test.each([
  '/../secret.json',
  '/assets/../../secret.json',
  '/%2e%2e/secret.json',
  '/..%2fsecret.json',
  '/assets/..%5c..%5csecret.json',
  '/assets//../../secret.json',
  '/secret.json',
  '/notes.secret',
  '/assets',
  '/assets/',
  '/%00',
  '/%',
  '/__proto__',
  '/constructor',
])('%s is not found', async (path) => {
  expect(await statusOf(`${path}?token=${token}`)).not.toBe(200)
  expect((await get(`${path}?token=${token}`)).body).not.toContain('outside')
})

test('only GET and HEAD, only plain paths', async () => {
  expect(await statusOf(`/?token=${token}`, {}, 'POST')).toBe(405)
  expect(await statusOf(`/?token=${token}`, {}, 'OPTIONS')).toBe(405)
  expect(await get(`/?token=${token}`, {}, 'HEAD')).toMatchObject({ status: 200, body: '' })
  expect(await statusOf(`http://evil.example/?token=${token}`)).toBe(403)
  expect(await statusOf('//evil.example/')).toBe(403)
})

test('the port is closed to every address but loopback', async () => {
  const others = Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
  for (const { address } of others) {
    const outcome = await new Promise((resolve) => {
      const socket = connectTcp(port, address)
      socket.on('connect', () => (socket.destroy(), resolve('connected')))
      socket.on('error', () => resolve('refused'))
    })
    expect(outcome).toBe('refused')
  }
})

test('a window needs the token, the right path, and no foreign origin', async () => {
  expect(await openWindow('token=wrong')).toBe(401)
  expect(await openWindow('')).toBe(401)
  expect(await openWindow(`token=${token}`, {}, '/')).toBe(404)
  const { socket } = await ownWindow()
  socket.close()
  const own = await openWindow(`token=${token}`, { origin: `http://127.0.0.1:${port}` })
  expect(own).toBeTypeOf('object')
  if (typeof own === 'object') own.socket.close()
})

test('a window asks and is told', async () => {
  const { socket, messages, closed } = await ownWindow()
  socket.send('{"t":"req","id":1,"m":"topics.list"}')
  socket.send('{"t":"req","id":2,"m":"topics.delete","a":{"topic":"orders"}}')
  socket.send('{"t":"req","id":3,"m":"process.exit"}')
  await expect.poll(() => messages.length).toBe(3)
  services.emit('changed', { what: 'topics' })
  await expect.poll(() => messages.length).toBe(4)
  expect(messages.toSorted((a, b) => Number(a.id) - Number(b.id))).toEqual(
    expect.arrayContaining([
      { t: 'res', id: 1, v: [] },
      { t: 'err', id: 2, e: { code: 'UNKNOWN_TOPIC_OR_PARTITION', message: 'There is no topic orders.' } },
      { t: 'err', id: 3, e: { code: 'UNKNOWN_REQUEST', message: 'This host knows no such request.' } },
      { t: 'evt', n: 'changed', v: { what: 'topics' } },
    ]),
  )
  socket.close()
  await closed
})

test('a window that goes leaves no listener and no tail behind', async () => {
  await expect.poll(() => services.listenerCount).toBe(0)
  const { socket, messages } = await ownWindow()
  socket.send('{"t":"req","id":1,"m":"tail.start","a":{"topic":"orders","partitions":null}}')
  await expect.poll(() => messages.length).toBe(1)
  expect(services.listenerCount).toBeGreaterThan(0)
  socket.terminate()
  await expect.poll(() => [services.listenerCount, stoppedTails]).toEqual([0, ['tail-1']])
})

test.each([
  ['text that is no JSON', (socket: WebSocket) => socket.send('hello'), 1008],
  ['JSON that is no request', (socket: WebSocket) => socket.send('[1]'), 1008],
  ['bytes', (socket: WebSocket) => socket.send(Buffer.from('{}')), 1008],
  ['a message of 100 MB', (socket: WebSocket) => socket.send('x'.repeat(100_000_000)), 1009],
  ['more requests at once than it may', (socket: WebSocket) => flood(socket, 600, 'groups.list'), 1008],
  ['a flood of quick requests', (socket: WebSocket) => flood(socket, 5_000, 'topics.list'), 1008],
])('a window that sends %s is closed and the host goes on', async (_what, misbehave, code) => {
  const { socket, closed } = await ownWindow()
  misbehave(socket)
  // Where the rest of what was sent is cut off, the reason may get lost on its way.
  expect([code, 1006]).toContain(await closed)
  const next = await ownWindow()
  next.socket.send('{"t":"req","id":1,"m":"topics.list"}')
  await expect.poll(() => next.messages).toEqual([{ t: 'res', id: 1, v: [] }])
  next.socket.terminate()
})

function flood(socket: WebSocket, count: number, name: string): void {
  for (let id = 1; id <= count; id += 1) socket.send(`{"t":"req","id":${id},"m":"${name}"}`)
}

test('a window that stops reading misses views, not the last one, and costs the host no memory', async () => {
  const { socket, messages } = await ownWindow()
  socket.send('{"t":"req","id":1,"m":"topics.list"}')
  await expect.poll(() => messages.length).toBe(1)
  socket.pause()
  const before = process.memoryUsage().rss
  const viewOf = (atMs: number) => ({ atMs, clusterId: 'x'.repeat(100_000) }) as unknown as ClusterView
  for (let atMs = 1; atMs <= 3_000; atMs += 1) {
    services.emit('cluster', viewOf(atMs))
    if (atMs % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
  }
  const grown = process.memoryUsage().rss - before
  expect(grown).toBeLessThan(150_000_000) // 300 MB were sent.
  socket.resume()
  const lastSeen = () => (messages.at(-1)?.v as ClusterView | undefined)?.atMs
  await expect.poll(lastSeen, { timeout: 5_000 }).toBe(3_000)
  expect(messages.length).toBeLessThan(1_000)
  socket.terminate()
})

test('bytes that are no HTTP close the connection', async () => {
  for (const bytes of ['\x16\x03\x01\x02\x00\x01\x00', '\x00\x00\x00\x10rubbish', 'GET / HTTP/9.9\r\n\r\n']) {
    const ended = await new Promise((resolve) => {
      const socket = connectTcp(port, '127.0.0.1', () => socket.write(Buffer.from(bytes, 'latin1')))
      socket.on('error', () => {})
      socket.on('close', () => resolve('closed'))
      socket.resume()
    })
    expect(ended).toBe('closed')
  }
})
