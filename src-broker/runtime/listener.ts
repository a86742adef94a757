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

/** A port that is this broker's. Who connects before it serves is let in then: nothing is read from them until it can answer. */
export class Listener {
  readonly #servers: Server[] = []
  readonly #waitingMax: number
  #gateway: Gateway | undefined
  /** The oldest first. */
  #waiting: Arrival[] = []
  #idleTimer: NodeJS.Timeout | undefined

  private constructor(waitingMax: number) {
    this.#waitingMax = waitingMax
  }

  /** Listens on 127.0.0.1 and, where the machine has it, on ::1. Throws PortInUse. */
  static async on(port: number, waitingMax = 1_000): Promise<Listener> {
    const listener = new Listener(waitingMax)
    try {
      for (const host of ['127.0.0.1', '::1']) {
        const server = await bind(host, port, (arrival) => listener.#arrived(arrival))
        if (server !== undefined) listener.#servers.push(server)
      }
    } catch (error) {
      listener.close()
      throw error
    }
    return listener
  }

  /** From now on connections are served there. */
  open(gateway: Gateway): void {
    this.#gateway = gateway
    for (const { accept } of this.#waiting.splice(0)) accept(gateway)
    this.#idleTimer = setInterval(() => closeIdle(gateway), idleCheckMs)
    this.#idleTimer.unref()
  }

  close(): void {
    clearInterval(this.#idleTimer)
    for (const server of this.#servers) server.close()
    for (const { drop } of this.#waiting.splice(0)) drop()
  }

  /** Without a quorum clients come again and again: the one that has waited longest has long given up. */
  #arrived(arrival: Arrival): void {
    if (this.#gateway !== undefined) return arrival.accept(this.#gateway)
    this.#waiting.push(arrival)
    if (this.#waiting.length > this.#waitingMax) this.#waiting.shift()!.drop()
  }
}

/** Somebody who has connected, and of whom nothing has been read yet. */
interface Arrival {
  accept(gateway: Gateway): void
  drop(): void
}

type Arrived = (arrival: Arrival) => void

function bind(host: string, port: number, arrived: Arrived): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server: ServerWithHandle = net.createServer({ noDelay: true, pauseOnConnect: true }, (socket) =>
      arrived({ accept: (gateway) => acceptPlain(socket, gateway), drop: () => socket.destroy() }),
    )
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') reject(new PortInUse(`port ${port} is in use`, { cause: error }))
      else if (host === '::1') resolve(undefined)
      else reject(error)
    })
    server.listen({ host, port, backlog: 1024 }, () => {
      const handle = server._handle
      if (typeof handle?.onconnection === 'function') {
        handle.onconnection = (error, accepted) => {
          if (error !== null && error !== 0) return
          arrived({
            accept: (gateway) => accept(accepted, gateway),
            drop: () => new net.Socket({ handle: accepted } as never).destroy(),
          })
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
  socket.read(0)
}

function acceptPlain(socket: Socket, gateway: Gateway): void {
  const connection = new Connection(socket, gateway)
  socket.on('data', (bytes) => connection.receivedCopy(bytes as Buffer))
  socket.resume()
}

function closeIdle({ connections, broker }: Gateway): void {
  const nowMs = broker.env.monotonicMs()
  for (const connection of connections) {
    if (connection.isIdle && nowMs - connection.lastActiveMs > idleMaxMs) connection.destroy()
  }
}
