import { clipboard, Menu, type MenuItemConstructorOptions, shell } from 'electron'
import type { Host } from './host.ts'

/** The platform's usual menus, and what belongs to the cluster rather than to a page. */
export function setApplicationMenu(host: Host): void {
  const cluster: MenuItemConstructorOptions = {
    label: 'Cluster',
    submenu: [
      { label: 'Copy Bootstrap Servers', click: () => clipboard.writeText(host.cluster.bootstrap.join(',')) },
      { label: 'Show Data Folder', click: () => void shell.openPath(host.dataDirectory) },
    ],
  }
  const usual = (['fileMenu', 'editMenu', 'viewMenu'] as const).map((role) => ({ role }))
  const ofTheApp: MenuItemConstructorOptions[] = process.platform === 'darwin' ? [{ role: 'appMenu' }] : []
  Menu.setApplicationMenu(Menu.buildFromTemplate([...ofTheApp, ...usual, cluster, { role: 'windowMenu' }]))
}
