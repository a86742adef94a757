// The only thing a window gets from Electron: the contract's channel. Runs sandboxed, in a world of its own.
import { contextBridge, ipcRenderer } from 'electron'
import type { Channel } from './contract/rpc.ts'
import { ipcChannelName } from './ipc-channel-name.ts'

const bridge: Channel = {
  post: (message) => ipcRenderer.send(ipcChannelName, message),
  onMessage: (callback) => void ipcRenderer.on(ipcChannelName, (_event, message) => callback(message)),
}
contextBridge.exposeInMainWorld('bridge', bridge)
