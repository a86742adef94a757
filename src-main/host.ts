// Everything a window or a page needs behind it, free of Electron: the cluster, the services, the loopback port.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate, setTimeout } from 'node:timers/promises'
import { type ClusterHost, type ClusterOptions, checkDataDirectory } from '../src-broker/runtime/cluster-host.ts'
import type { AppInfo } from './contract/contract.ts'
import type { Channel } from './contract/rpc.ts'
import { runControl } from './control/control.ts'
import { removeHostFile, writeHostFile } from './control/host-file.ts'
import type { HostOptions } from './options.ts'
import type { Services, ServicesOptions } from './services-contract.ts'
import { checkStore, storePath } from './store/store.ts'
import { version } from './version.ts'
import type { WebServer } from './web/web-server.ts'
import { serveWindow } from './window-session.ts'

export interface Host {
  readonly cluster: ClusterHost
  readonly dataDirectory: string
  /** The address of the page, token included; null in Electron, whose window needs none. */
  readonly ui: string | null
  /** Loaded once the brokers serve, so that no client waits for what only a window needs. */
  readonly services: Promise<Services>
  close(): Promise<void>
}

export interface HostParts {
  readonly startCluster: (options: ClusterOptions) => Promise<ClusterHost>
  readonly createServices: (cluster: ClusterHost, options: ServicesOptions) => Promise<Services>
  /** The built renderer. */
  readonly rendererFolder: string
}

/** Resolves when all brokers serve. Throws StartRefused or StoreRefused, having touched nothing, where they cannot. */
export async function startHost(kind: AppInfo['host'], options: HostOptions, parts: HostParts): Promise<Host> {
  const startedAtMs = Date.now()
  const isEphemeral = options.dataDirectory === null
  const dataDirectory = options.dataDirectory ?? mkdtempSync(join(tmpdir(), 'pressroom-'))
  checkDataDirectory(dataDirectory, options.brokerCount)
  checkStore(storePath(dataDirectory))
  const uiPort = kind === 'headless' ? options.uiPort : 0

  const startWeb = async (): Promise<WebServer> => {
    const { startWebServer } = await import('./web/web-server.ts')
    const openWindow = (channel: Channel) => serveWindow(channel, services)
    const page = kind === 'headless' ? { folder: parts.rendererFolder, openWindow } : null
    return startWebServer({ port: uiPort, page, control: (body) => runControl(cluster, facts, body) })
  }

  // A port that was asked for and is taken must be known before a data directory is made; any free one is found
  // while the brokers start.
  const webFirst = uiPort === 0 ? null : startWeb()
  const startingCluster = Promise.resolve(webFirst).then(() => {
    const { brokerCount, port } = options
    return parts.startCluster({ brokerCount, port, dataDirectory, log: (line) => console.error(line) })
  })
  const startingWeb = webFirst ?? startWeb()

  /** Ends whatever was started, windows first. */
  async function close(services: Promise<Services> | null): Promise<void> {
    for (const started of [startingWeb, services, startingCluster]) {
      const running = await started?.catch(() => null) // What did not start needs no end.
      await running?.close()
    }
    if (isEphemeral) rmSync(dataDirectory, { recursive: true, force: true, maxRetries: 3 })
  }

  const [cluster, web] = await Promise.all([startingCluster, startingWeb]).catch(async (error) => {
    await close(null)
    throw error
  })
  const ui = kind === 'headless' ? `http://127.0.0.1:${web.port}/?token=${web.pageToken}` : null
  const facts = { pid: process.pid, version, dataDirectory, ui, startedAtMs }
  const services = setImmediate().then(() =>
    parts.createServices(cluster, { host: kind, version, dataDirectory, isEphemeral }),
  )
  const { port: controlPort, controlToken } = web
  writeHostFile(dataDirectory, { pid: process.pid, controlPort, controlToken, startedAtMs })

  return {
    cluster,
    dataDirectory,
    ui,
    services,
    close() {
      removeHostFile(dataDirectory)
      return close(services)
    },
  }
}

/** Time for a start that is almost there. */
const unstartedMs = 3_000

/**
 * Ends a host, also one that still starts: where there is no quorum that may take for ever. What its brokers have written by then
 * recovery finds, as after a crash.
 */
export async function closeHost(starting: Promise<Host>, waitMs = unstartedMs): Promise<void> {
  const host = await Promise.race([starting.catch(() => undefined), setTimeout(waitMs)]) // What did not start needs no end.
  await host?.close()
}
