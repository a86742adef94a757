// The desktop app: a thin shell of Electron around the same host that headless.ts runs.
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { app, type BrowserWindow, dialog } from 'electron'
import { announceEvents, announceReady } from './announce.ts'
import { complain, optionsToStart } from './command-line.ts'
import { closeHost, type Host, startHost } from './host.ts'
import { ownParts } from './host-parts.ts'
import { setApplicationMenu } from './menu.ts'
import { type HostOptions, withoutElectronArguments } from './options.ts'
import { declarePageProtocol, servePageProtocol } from './page-protocol.ts'
import { staticFiles } from './web/static-files.ts'
import { denyPermissions, openWindow } from './window.ts'
import { serveWindow } from './window-session.ts'

const options = optionsToStart(withoutElectronArguments(process.argv, app.isPackaged))
if (options === null) app.exit(Number(process.exitCode ?? 0))
else if (isFirstInstance(options)) {
  declarePageProtocol()
  // Not a top-level await: Electron holds `ready` back until the entry module has finished loading.
  void app.whenReady().then(() => start(options))
} else {
  console.log('Pressroom is already open here: its window comes to the front')
  app.exit(0)
}

/** One instance per data directory; each has a profile of Chromium's own, apart from the data. */
function isFirstInstance({ dataDirectory }: HostOptions): boolean {
  const name = createHash('sha256')
    .update(dataDirectory ?? `ephemeral ${process.pid}`)
    .digest('hex')
    .slice(0, 16)
  const folder = dataDirectory === null ? app.getPath('temp') : app.getPath('appData')
  app.setPath('userData', join(folder, 'pressroom-window', name))
  return app.requestSingleInstanceLock()
}

function start(options: HostOptions): void {
  denyPermissions()
  servePageProtocol(staticFiles(ownParts.rendererFolder))
  // The window opens beside the cluster's start; its requests wait for the services.
  const starting = startHost('electron', options, ownParts)
  const services = starting.then((host) => host.services)
  const window = openWindow((channel) => serveWindow(channel, services))
  quitWith(window, starting)

  starting.then(
    (host) => {
      setApplicationMenu(host)
      announceReady(host, options.isJson)
      announceEvents(host, options.isJson)
    },
    () => {}, // Told of below.
  )
  services.catch(async (error) => {
    const exitCode = complain(error)
    dialog.showErrorBox('Pressroom cannot start', error instanceof Error ? error.message : String(error))
    await closeHost(starting).catch(() => {})
    app.exit(exitCode)
  })
}

/** Quitting, by whatever way, first closes the cluster in an orderly way. */
function quitWith(window: BrowserWindow, starting: Promise<Host>): void {
  let state: 'open' | 'closing' | 'closed' = 'open'
  const close = async () => {
    state = 'closing'
    await closeHost(starting).catch(complain)
    state = 'closed'
    app.quit()
  }
  app.on('before-quit', (event) => {
    if (state !== 'closed') event.preventDefault()
    if (state === 'open') void close()
  })
  app.on('window-all-closed', () => app.quit())
  app.on('second-instance', () => {
    if (window.isMinimized()) window.restore()
    window.focus()
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => app.quit())
}
