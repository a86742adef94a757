// The host without a window of its own: node out/main/headless.js [options]. The page is served over HTTP on loopback.
import { announceEvents, announceReady } from './announce.ts'
import { complain, optionsToStart, stopOnSignal } from './command-line.ts'
import { startHost } from './host.ts'
import { ownParts } from './host-parts.ts'
import type { HostOptions } from './options.ts'

const options = optionsToStart(process.argv.slice(2))
if (options !== null) await run(options).catch((error) => process.exit(complain(error)))

async function run(options: HostOptions): Promise<void> {
  const starting = startHost('headless', options, ownParts)
  stopOnSignal(async () => (await starting).close())
  const host = await starting
  announceReady(host, options.isJson)
  announceEvents(host, options.isJson)
  await host.services // A page without them would be an empty promise.
}
