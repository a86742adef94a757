// The one place where a window is made, so that every window is locked down: sandboxed, isolated, unable to go elsewhere,
// to open others or to be granted anything; and only its own top frame is heard.
import { join } from 'node:path'
import { BrowserWindow, type IpcMainEvent, ipcMain, session, type WebContents } from 'electron'
import type { Channel } from './contract/rpc.ts'
import { ipcChannelName } from './ipc-channel-name.ts'
import { pageAddress } from './page-protocol.ts'

/** The only right the page has: to put text on the clipboard. */
const grantedPermission = 'clipboard-sanitized-write'

export function denyPermissions(): void {
  const { defaultSession } = session
  defaultSession.setPermissionRequestHandler((_contents, permission, answer) =>
    answer(permission === grantedPermission),
  )
  defaultSession.setPermissionCheckHandler((_contents, permission) => permission === grantedPermission)
  defaultSession.setDevicePermissionHandler(() => false)
}

/** `serve` is called for every page load, and what it gives back once that page has gone. */
export function openWindow(serve: (channel: Channel) => () => void): BrowserWindow {
  const window = new BrowserWindow({
    title: 'Pressroom',
    width: 1_440,
    height: 900,
    minWidth: 800,
    minHeight: 560,
    show: false,
    webPreferences: {
      preload: join(import.meta.dirname, '../preload/preload.cjs'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
    },
  })
  window.once('ready-to-show', () => window.show())

  const contents = window.webContents
  contents.setWindowOpenHandler(() => ({ action: 'deny' }))
  contents.on('will-navigate', (event) => event.preventDefault())
  contents.on('will-attach-webview', (event) => event.preventDefault())

  let leave = () => {}
  contents.on('did-start-navigation', ({ isMainFrame, isSameDocument }) => {
    if (!isMainFrame || isSameDocument) return
    leave()
    leave = servePage(contents, serve)
  })
  window.once('closed', () => leave())
  window.loadURL(pageAddress).catch(() => {}) // Closed before it was there.
  return window
}

/** One page load is one session: answers that an earlier page waited for must not reach the next. */
function servePage(contents: WebContents, serve: (channel: Channel) => () => void): () => void {
  let hear: (message: unknown) => void = () => {}
  let isGone = false
  const listener = (event: IpcMainEvent, message: unknown) => {
    const isOwnPage = event.senderFrame?.parent === null && event.senderFrame.url.startsWith(pageAddress)
    if (event.sender === contents && isOwnPage) hear(message)
  }
  ipcMain.on(ipcChannelName, listener)
  const leave = serve({
    post: (message) => {
      if (!isGone && !contents.isDestroyed()) contents.send(ipcChannelName, message)
    },
    onMessage: (callback) => {
      hear = callback
    },
  })
  return () => {
    isGone = true
    ipcMain.off(ipcChannelName, listener)
    leave()
  }
}
