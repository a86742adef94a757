// What the loopback port answers: the page and its WebSocket where the host is headless, the control endpoint always.
//
//   GET  /?token=…       the page               GET  /assets/…   its parts: public contents, no token
//   GET  /rpc?token=…    upgrade to WebSocket    POST /control    one command as JSON, token in a header
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocketServer } from 'ws'
import type { Channel } from '../contract/rpc.ts'
import { type ControlAnswer, controlTokenHeader } from '../control/control.ts'
import { contentSecurityPolicy, isForeign, isSameToken, protectiveHeaders } from './guard.ts'
import type { Loopback } from './loopback.ts'
import { socketChannel } from './socket-channel.ts'
import type { StaticFiles } from './static-files.ts'

export interface WebServerOptions {
  readonly loopback: Loopback
  readonly controlToken: string
  control(body: string): Promise<ControlAnswer>
  /** Null where the window is Electron's: then nothing but control is served. */
  readonly page: Page | null
}

interface Page {
  readonly token: string
  readonly files: StaticFiles
  /** A window has connected; gives back what to call once it has gone. */
  openWindow(channel: Channel): () => void
}

export interface WebServer {
  /** Ends every window. The port itself is closed by its owner. */
  close(): void
}

/** A produced message in hex is the largest thing a window sends. */
const windowMessageBytesMax = 4 * 1024 * 1024
const controlBytesMax = 4_096
const windowsMax = 32

export function serveWeb(options: WebServerOptions): WebServer {
  const { loopback, page } = options
  let sockets: WebSocketServer | null = null

  async function webSockets(): Promise<WebSocketServer> {
    if (sockets !== null) return sockets
    const { WebSocketServer } = await import('ws')
    sockets ??= new WebSocketServer({ noServer: true, maxPayload: windowMessageBytesMax, perMessageDeflate: false })
    return sockets
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = urlOf(request)
    if (url === null || isForeign(request.headers, loopback.port)) return answerText(response, 403, 'Not for you.')
    if (url.pathname === '/control') return answerControl(options, request, response)
    if (page !== null) return answerPage(page, request, url, response)
    answerText(response, 404, 'There is nothing here.')
  }

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy())
    const url = urlOf(request)
    if (page === null || url === null || url.pathname !== '/rpc') return refuseUpgrade(socket, '404 Not Found')
    if (isForeign(request.headers, loopback.port)) return refuseUpgrade(socket, '403 Forbidden')
    if (!isSameToken(url.searchParams.get('token'), page.token)) return refuseUpgrade(socket, '401 Unauthorized')
    const server = await webSockets()
    if (server.clients.size >= windowsMax) return refuseUpgrade(socket, '503 Service Unavailable')
    server.handleUpgrade(request, socket, head, (webSocket) => {
      // Errors of the transport (an oversized or malformed frame) close the socket by themselves.
      webSocket.on('error', () => {})
      webSocket.once('close', page.openWindow(socketChannel(webSocket)))
    })
  }

  for (const server of loopback.servers) attach(server, answer, upgrade)
  return {
    close() {
      for (const socket of sockets?.clients ?? []) socket.terminate()
    },
  }
}

function attach(
  server: Server,
  answer: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>,
): void {
  server.on('request', (request, response) => {
    answer(request, response).catch(() => response.destroy())
  })
  server.on('upgrade', (request, socket, head) => {
    upgrade(request, socket, head).catch(() => socket.destroy())
  })
  server.on('clientError', (_error, socket) => socket.destroy())
}

async function answerPage(page: Page, request: IncomingMessage, url: URL, response: ServerResponse): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return answerText(response, 405, 'Only GET is answered here.')
  const file = page.files.find(url.pathname)
  if (file === null) return answerText(response, 404, 'There is nothing here.')
  const isPage = file.type.startsWith('text/html')
  if (isPage && !isSameToken(url.searchParams.get('token'), page.token))
    return answerText(response, 401, 'Open the address that Pressroom printed at its start: it carries a token.')
  const contents = await file.read()
  response.writeHead(200, {
    ...protectiveHeaders,
    'content-type': file.type,
    'content-length': contents.length,
    'cache-control': file.isImmutable ? 'public, max-age=31536000, immutable' : 'no-store',
    ...(isPage && { 'content-security-policy': contentSecurityPolicy(`'self' ws://${request.headers.host}`) }),
  })
  response.end(request.method === 'HEAD' ? undefined : contents)
}

async function answerControl(
  options: WebServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // No page of ours calls this; whoever sends an Origin is a browser.
  if (request.headers.origin !== undefined) return answerText(response, 403, 'Not for pages.')
  const token = request.headers[controlTokenHeader]
  if (typeof token !== 'string' || !isSameToken(token, options.controlToken))
    return answerText(response, 401, 'The token is missing or wrong.')
  if (request.method !== 'POST') return answerText(response, 405, 'Only POST is answered here.')
  const body = await readBody(request)
  if (body === null) return answerText(response, 413, 'Too long.')
  const { status, value } = await options.control(body)
  response.writeHead(status, { ...protectiveHeaders, 'content-type': 'application/json' }).end(JSON.stringify(value))
}

async function readBody(request: IncomingMessage): Promise<string | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > controlBytesMax) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function answerText(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { ...protectiveHeaders, 'content-type': 'text/plain; charset=utf-8', connection: 'close' })
  response.end(`${text}\n`)
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
}

/** Null for a target that is no plain path, such as `http://elsewhere/` or `*`. */
function urlOf(request: IncomingMessage): URL | null {
  const target = request.url ?? ''
  return target.startsWith('/') && !target.startsWith('//') ? URL.parse(target, 'http://loopback') : null
}
