// The real cluster and services behind a host. Apart from host.ts, so that a test can bring its own.
import { join } from 'node:path'
import { startCluster } from '../src-broker/runtime/cluster-host.ts'
import type { HostParts } from './host.ts'

export const ownParts: HostParts = {
  startCluster,
  createServices: async (cluster, options) => (await import('./services/services.ts')).createServices(cluster, options),
  rendererFolder: join(import.meta.dirname, '../renderer'),
}
