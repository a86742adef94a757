// One port on both loopback addresses, never on another.
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { StartRefused } from '../../src-broker/runtime/cluster-host.ts'
import { http } from './http.ts'

export interface Loopback {
  readonly port: number
  /** One per address. Nothing answers until listeners are added. */
  readonly servers: readonly Server[]
  close(): Promise<void>
}

/** Port 0 takes any that is free on both addresses. Throws StartRefused where the wanted one is taken. */
export async function listenOnLoopback(port: number): Promise<Loopback> {
  for (let attempt = 1; ; attempt += 1) {
    const ipv4 = await listen('127.0.0.1', port)
    if (ipv4 === 'taken') throw new StartRefused(`port ${port} is in use (--ui-port); choose another`)
    if (ipv4 === 'no-such-address') throw new StartRefused('this machine has no loopback address 127.0.0.1')
    const actualPort = (ipv4.address() as AddressInfo).port
    const ipv6 = await listen('::1', actualPort)
    if (ipv6 !== 'taken') return loopback(actualPort, ipv6 === 'no-such-address' ? [ipv4] : [ipv4, ipv6])
    // Whoever holds the other address would be what `localhost` opens.
    await closed(ipv4)
    if (port !== 0 || attempt === 10)
      throw new StartRefused(`port ${actualPort} is in use on ::1 (--ui-port); choose another`)
  }
}

function loopback(port: number, servers: Server[]): Loopback {
  return { port, servers, close: async () => void (await Promise.all(servers.map(closed))) }
}

function listen(host: string, port: number): Promise<Server | 'taken' | 'no-such-address'> {
  const server = http.createServer({ headersTimeout: 5_000, requestTimeout: 10_000, maxHeaderSize: 16_384 })
  server.maxConnections = 200
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve('taken')
      else if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') resolve('no-such-address')
      else if (error.code === 'EACCES')
        reject(new StartRefused(`port ${port} needs more rights (--ui-port); choose another`))
      else reject(error)
    })
    server.listen({ host, port, exclusive: true }, () => resolve(server))
  })
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve())
    server.closeAllConnections()
  })
}
