// The host without a window of its own: node out/main/headless.js [options]. The page is served over HTTP on loopback.
import { announceEvents, announceReady } from './announce.ts'
import { closeAtEnd, complain, optionsToStart } from './command-line.ts'
import { closeHost, startHost } from './host.ts'
import { ownParts } from './host-parts.ts'
import type { HostOptions } from './options.ts'

const options = optionsToStart(process.argv.slice(2))
if (options !== null) run(options)

function run(options: HostOptions): void {
  const starting = startHost('headless', options, ownParts)
  const end = closeAtEnd(() => closeHost(starting))
  starting
    .then((host) => {
      announceReady(host, options.isJson)
      announceEvents(host, options.isJson)
      return host.services // A page without them would be an empty promise.
    })
    .catch((error) => end(complain(error)))
}
