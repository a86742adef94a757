// What the loopback port answers: the page and its WebSocket where the host is headless, the control endpoint always.
//
//   GET  /?token=…       the page               GET  /assets/…   its parts: public contents, no token
//   GET  /rpc?token=…    upgrade to WebSocket    POST /control    one command as JSON, token in a header
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocketServer } from 'ws'
import type { Channel } from '../contract/rpc.ts'
import { type ControlAnswer, controlTokenHeader } from '../control/control.ts'
import { contentSecurityPolicy, isForeign, isSameToken, newToken, protectiveHeaders } from './guard.ts'
import { listenOnLoopback } from './loopback.ts'
import { socketChannel } from './socket-channel.ts'
import { type StaticFiles, staticFiles } from './static-files.ts'

export interface WebServerOptions {
  /** 0 takes any free one. */
  readonly port: number
  control(body: string): Promise<ControlAnswer>
  /** Null where the window is Electron's: then nothing but control is served. */
  readonly page: Page | null
}

interface Page {
  /** Holds the built renderer. */
  readonly folder: string
  /** A window has connected; gives back what to call once it has gone. */
  openWindow(channel: Channel): () => void
}

export interface WebServer {
  readonly port: number
  readonly pageToken: string
  readonly controlToken: string
  close(): Promise<void>
}

/** A produced message in hex is the largest thing a window sends. */
const windowMessageBytesMax = 16 * 1024 * 1024
const controlBytesMax = 4_096
const windowsMax = 32

/** Throws StartRefused where the port is taken. */
export async function startWebServer({ port: wantedPort, control, page }: WebServerOptions): Promise<WebServer> {
  const { port, servers, close } = await listenOnLoopback(wantedPort)
  const pageToken = newToken()
  const controlToken = newToken()
  const files = page && staticFiles(page.folder)
  let sockets: WebSocketServer | null = null

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = urlOf(request)
    if (url === null || isForeign(request.headers, port)) return answerText(response, 403, 'Not for you.')
    if (url.pathname === '/control') return answerControl({ control, controlToken }, request, response)
    if (files !== null) return answerFile({ files, pageToken }, request, url, response)
    answerText(response, 404, 'There is nothing here.')
  }

  async function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    socket.on('error', () => socket.destroy())
    const url = urlOf(request)
    if (page === null || url === null || url.pathname !== '/rpc') return refuseUpgrade(socket, '404 Not Found')
    if (isForeign(request.headers, port)) return refuseUpgrade(socket, '403 Forbidden')
    if (!isSameToken(url.searchParams.get('token'), pageToken)) return refuseUpgrade(socket, '401 Unauthorized')
    const { WebSocketServer } = await import('ws') // At the first window: no client of the cluster waits for it.
    sockets ??= new WebSocketServer({ noServer: true, maxPayload: windowMessageBytesMax, perMessageDeflate: false })
    if (sockets.clients.size >= windowsMax) return refuseUpgrade(socket, '503 Service Unavailable')
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      // Errors of the transport (an oversized or malformed frame) close the socket by themselves.
      webSocket.on('error', () => {})
      webSocket.once('close', page.openWindow(socketChannel(webSocket)))
    })
  }

  for (const server of servers) attach(server, answer, upgrade)
  return {
    port,
    pageToken,
    controlToken,
    async close() {
      for (const socket of sockets?.clients ?? []) socket.terminate()
      await close()
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

async function answerFile(
  { files, pageToken }: { files: StaticFiles; pageToken: string },
  request: IncomingMessage,
  url: URL,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return answerText(response, 405, 'Only GET is answered here.')
  const file = files.find(url.pathname)
  if (file === null) return answerText(response, 404, 'There is nothing here.')
  const isPage = file.type.startsWith('text/html')
  if (isPage && !isSameToken(url.searchParams.get('token'), pageToken))
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
  { control, controlToken }: Pick<WebServerOptions, 'control'> & Pick<WebServer, 'controlToken'>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // No page of ours calls this; whoever sends an Origin is a browser.
  if (request.headers.origin !== undefined) return answerText(response, 403, 'Not for pages.')
  const token = request.headers[controlTokenHeader]
  if (typeof token !== 'string' || !isSameToken(token, controlToken))
    return answerText(response, 401, 'The token is missing or wrong.')
  if (request.method !== 'POST') return answerText(response, 405, 'Only POST is answered here.')
  const body = await readBody(request)
  if (body === null) return answerText(response, 413, 'Too long.')
  const { status, value } = await control(body)
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
