import { createServer } from 'node:net'

/** The first of a block of ports, every second one of which is free on both loopback addresses: for brokers 1 to `count`. */
export async function freePorts(count: number): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    // Below the range from which systems take ports for outgoing connections.
    const port = 20_000 + 2 * Math.floor(Math.random() * 6_000)
    const block = Array.from({ length: count }, (_, index) => port + 2 * index)
    const areFree = await Promise.all(block.flatMap((each) => [isFree(each, '127.0.0.1'), isFree(each, '::1')]))
    if (areFree.every(Boolean)) return port
  }
  throw new Error(`found no ${count} free ports`)
}

function isFree(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'EADDRINUSE'))
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
