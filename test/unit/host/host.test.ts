import { existsSync } from 'node:fs'
import { createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { afterAll, expect, test, vi } from 'vitest'
import { StartRefused } from '../../../src-broker/runtime/cluster-host.ts'
import { closeHost, type Host, type HostParts, startHost } from '../../../src-main/host.ts'
import type { HostOptions } from '../../../src-main/options.ts'
import { fakeCluster } from '../../support/fake-cluster.ts'
import { fakeServices } from '../../support/fake-services.ts'
import { freePorts } from '../../support/free-ports.ts'
import { temporaryFolder } from '../../support/temporary-folder.ts'

const folder = temporaryFolder()
afterAll(() => folder.remove())

const options = (changes: Partial<HostOptions> = {}): HostOptions => ({
  brokerCount: 3,
  port: 9092,
  dataDirectory: folder.path,
  uiPort: 0,
  isJson: false,
  isHeadless: true,
  ...changes,
})

/** Parts that write down what is asked of them, in order. */
function parts(changes: Partial<HostParts> = {}) {
  const log: string[] = []
  const own: HostParts = {
    rendererFolder: folder.path,
    async startCluster({ brokerCount, port, dataDirectory }) {
      log.push(`start ${brokerCount} brokers at ${port} in ${dataDirectory.replace(folder.path, 'DIR')}`)
      return { ...fakeCluster({ brokerCount, port }), close: async () => void log.push('close cluster') }
    },
    async createServices() {
      log.push('create services')
      return { ...fakeServices({}), close: () => void log.push('close services') }
    },
    ...changes,
  }
  return { log, own }
}

const occupy = (port: number, host: string) =>
  new Promise<Server>((resolve) => {
    const server = createServer().listen({ port, host }, () => resolve(server))
  })

test('the services come after the cluster, and go before it', async () => {
  const { log, own } = parts()
  const host = await startHost('headless', options(), own)
  expect(log).toEqual(['start 3 brokers at 9092 in DIR'])
  await host.services
  await host.close()
  expect(log.slice(1)).toEqual(['create services', 'close services', 'close cluster'])
})

test('an ephemeral host lives in a directory that goes with it', async () => {
  const { own } = parts()
  const host = await startHost('headless', options({ dataDirectory: null }), own)
  expect(existsSync(join(host.dataDirectory, 'host.json'))).toBe(true)
  await host.close()
  expect(existsSync(host.dataDirectory)).toBe(false)
})

test.each(['127.0.0.1', '::1'])(
  'a page port that is taken on %s is refused before the cluster starts',
  async (address) => {
    const port = await freePorts(1)
    const other = await occupy(port, address)
    const { log, own } = parts()
    await expect(startHost('headless', options({ uiPort: port }), own)).rejects.toThrow(StartRefused)
    other.close()
    expect(log).toEqual([])
  },
)

test('the page is served at the port that was asked for', async () => {
  const port = await freePorts(1)
  const host = await startHost('headless', options({ uiPort: port }), parts().own)
  expect(new URL(host.ui ?? '').port).toBe(`${port}`)
  await host.close()
})

test('a cluster that is refused leaves no port, no file and no directory behind', async () => {
  const port = await freePorts(1)
  let directory = ''
  const { own } = parts({
    async startCluster({ dataDirectory }) {
      directory = dataDirectory
      throw new StartRefused('port 9094 is in use')
    },
  })
  const refused = startHost('headless', options({ dataDirectory: null, uiPort: port }), own)
  await expect(refused).rejects.toThrow(new StartRefused('port 9094 is in use'))
  expect(existsSync(directory)).toBe(false)
  ;(await occupy(port, '127.0.0.1')).close()
})

test('services that do not start are told of, and the host can still be closed', async () => {
  const { log, own } = parts({ createServices: () => Promise.reject(new Error('no SQLite here')) })
  const host = await startHost('headless', options(), own)
  await expect(host.services).rejects.toThrow('no SQLite here')
  await host.close()
  expect(log.at(-1)).toBe('close cluster')
})

test('in Electron nothing is served but control', async () => {
  const { own } = parts()
  const host = await startHost('electron', options(), own)
  expect(host.ui).toBe(null)
  await host.close()
})

test('a host that is to end while it waits for a quorum does not wait any longer', async () => {
  const starting = new Promise<Host>(() => {})
  await expect(closeHost(starting, 1)).resolves.toBeUndefined()
})

test('a host that is to end while it starts is closed once it has', async () => {
  const close = vi.fn(async () => {})
  await closeHost(Promise.resolve({ close } as unknown as Host))
  expect(close).toHaveBeenCalledOnce()
})
