// Accepts connections on both loopback addresses. Where Node lets us, sockets read straight into buffers of ours: `onread` is
// documented for sockets that connect, and works the same for accepted ones when the socket is made from the handle here.
// That halves the cost of large requests. Where the handle is not what we know, plain 'data' events do, correctly and slower.
import net, { type Server, type Socket } from 'node:net'
import { Connection } from './connection.ts'
import type { Gateway } from './gateway.ts'

interface ServerWithHandle extends Server {
  _handle?: { onconnection?: (error: number | null, handle: unknown) => void }
}

const idleCheckMs = 30_000
/** Kafka's connections.max.idle.ms. */
const idleMaxMs = 600_000

export class PortInUse extends Error {
  override readonly name = 'PortInUse'
}

export interface Listener {
  close(): void
}

/** Listens on 127.0.0.1 and, where the machine has it, on ::1. Throws PortInUse. */
export async function listen(port: number, gateway: Gateway): Promise<Listener> {
  const servers: Server[] = []
  const close = (): void => {
    clearInterval(idleTimer)
    for (const server of servers) server.close()
  }
  const idleTimer = setInterval(() => closeIdle(gateway), idleCheckMs)
  idleTimer.unref()
  try {
    for (const host of ['127.0.0.1', '::1']) {
      const server = await bind(host, port, gateway)
      if (server !== undefined) servers.push(server)
    }
  } catch (error) {
    close()
    throw error
  }
  return { close }
}

function bind(host: string, port: number, gateway: Gateway): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server: ServerWithHandle = net.createServer({ noDelay: true }, (socket) => acceptPlain(socket, gateway))
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') reject(new PortInUse(`port ${port} is in use`, { cause: error }))
      else if (host === '::1') resolve(undefined)
      else reject(error)
    })
    server.listen({ host, port, backlog: 1024 }, () => {
      const handle = server._handle
      if (typeof handle?.onconnection === 'function') {
        handle.onconnection = (error, accepted) => {
          if (error === null || error === 0) accept(accepted, gateway)
        }
      }
      resolve(server)
    })
  })
}

function accept(handle: unknown, gateway: Gateway): void {
  let connection: Connection | undefined
  const socket = new net.Socket({
    handle,
    onread: {
      buffer: () => connection?.receiveBuffer() ?? gateway.scratch,
      callback: (length: number) => connection?.received(length) ?? true,
    },
  } as unknown as net.SocketConstructorOpts)
  socket.setNoDelay(true)
  connection = new Connection(socket, gateway)
  gateway.whenServing(() => socket.read(0))
}

function acceptPlain(socket: Socket, gateway: Gateway): void {
  const connection = new Connection(socket, gateway)
  gateway.whenServing(() => socket.on('data', (bytes) => connection.receivedCopy(bytes as Buffer)))
}

function closeIdle({ connections, broker }: Gateway): void {
  const nowMs = broker.env.monotonicMs()
  for (const connection of connections) {
    if (connection.isIdle && nowMs - connection.lastActiveMs > idleMaxMs) connection.destroy()
  }
}
