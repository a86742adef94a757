// Everything a window or a page needs behind it, free of Electron: the cluster, the services, the loopback port.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { ClusterHost, ClusterOptions } from '../src-broker/runtime/cluster-host.ts'
import type { AppInfo } from './contract/contract.ts'
import type { Channel } from './contract/rpc.ts'
import { runControl } from './control/control.ts'
import { removeHostFile, writeHostFile } from './control/host-file.ts'
import type { HostOptions } from './options.ts'
import type { Services, ServicesOptions } from './services-contract.ts'
import { version } from './version.ts'
import { newToken } from './web/guard.ts'
import { listenOnLoopback } from './web/loopback.ts'
import { staticFiles } from './web/static-files.ts'
import { serveWeb } from './web/web-server.ts'
import { serveWindow } from './window-session.ts'

export interface Host {
  readonly cluster: ClusterHost
  readonly dataDirectory: string
  /** The address of the page, token included; null in Electron, whose window needs none. */
  readonly ui: string | null
  /** Loaded once the brokers serve, so that no client waits for what only a window needs. */
  readonly services: Promise<Services>
  /** Serves one window; gives back what to call when it has gone. */
  openWindow(channel: Channel): () => void
  close(): Promise<void>
}

export interface HostParts {
  readonly startCluster: (options: ClusterOptions) => Promise<ClusterHost>
  readonly createServices: (cluster: ClusterHost, options: ServicesOptions) => Promise<Services>
  /** The built renderer. */
  readonly rendererFolder: string
}

/** Resolves when all brokers serve. Throws StartRefused, having touched nothing, where they cannot. */
export async function startHost(kind: AppInfo['host'], options: HostOptions, parts: HostParts): Promise<Host> {
  const startedAtMs = Date.now()
  // First, since a port that is in use must be known before a data directory is made.
  const loopback = await listenOnLoopback(kind === 'headless' ? options.uiPort : 0)
  const isEphemeral = options.dataDirectory === null
  const dataDirectory = options.dataDirectory ?? (await mkdtemp(join(tmpdir(), 'pressroom-')))
  const removeTemporary = async () => {
    if (isEphemeral) await rm(dataDirectory, { recursive: true, force: true, maxRetries: 3 })
  }

  let cluster: ClusterHost
  try {
    const { brokerCount, port } = options
    cluster = await parts.startCluster({ brokerCount, port, dataDirectory, log: (line) => console.error(line) })
  } catch (error) {
    await Promise.all([loopback.close(), removeTemporary()])
    throw error
  }

  const pageToken = newToken()
  const controlToken = newToken()
  const ui = kind === 'headless' ? `http://127.0.0.1:${loopback.port}/?token=${pageToken}` : null
  const facts = { pid: process.pid, version, dataDirectory, ui, startedAtMs }
  const services = setImmediate().then(() =>
    parts.createServices(cluster, { host: kind, version, dataDirectory, isEphemeral }),
  )
  const openWindow = (channel: Channel) => serveWindow(channel, services)
  const web = serveWeb({
    loopback,
    controlToken,
    control: (body) => runControl(cluster, facts, body),
    page: kind === 'headless' ? { token: pageToken, files: staticFiles(parts.rendererFolder), openWindow } : null,
  })
  writeHostFile(dataDirectory, { pid: process.pid, controlPort: loopback.port, controlToken, startedAtMs })

  return {
    cluster,
    dataDirectory,
    ui,
    services,
    openWindow,
    async close() {
      removeHostFile(dataDirectory)
      web.close()
      await loopback.close()
      await services.then(
        (running) => running.close(),
        () => {},
      )
      await cluster.close()
      await removeTemporary()
    },
  }
}
