// One window, over whichever channel it came: its requests, the events it is sent, and what to tidy up after it.
import { type EventName, type Handlers, type RequestName, requestNames } from './contract/contract.ts'
import { type Channel, serve } from './contract/rpc.ts'
import type { Services } from './services-contract.ts'

const eventNames = ['cluster', 'pulse', 'tail', 'samples', 'changed'] as const satisfies readonly EventName[]

/** Serves a window at once: requests wait for the services to be there. Gives back what to call when the window has gone. */
export function serveWindow(channel: Channel, services: Promise<Services>): () => void {
  const tails = new Set<string>()
  const leave: (() => void)[] = []
  let isGone = false

  const waiting = (name: RequestName) => async (argument: unknown) => {
    const handler = (await services).handlers[name] as (argument: unknown) => unknown
    return handler(argument)
  }
  const handlers = Object.fromEntries(requestNames.map((name) => [name, waiting(name)])) as unknown as Handlers

  const stopTail = async (tailId: string) => (await services).handlers['tail.stop']({ tailId })
  const server = serve(channel, {
    ...handlers,
    async 'tail.start'(request) {
      const tail = await handlers['tail.start'](request)
      if (isGone) await stopTail(tail.tailId)
      else tails.add(tail.tailId)
      return tail
    },
    async 'tail.stop'(request) {
      tails.delete(request.tailId)
      return handlers['tail.stop'](request)
    },
  })

  const subscribe = ({ events }: Services) => {
    if (isGone) return
    for (const name of eventNames) leave.push(events.on(name, (value) => server.emit(name, value)))
  }
  services.then(subscribe, () => {}) // Services that did not start are the host's to report.

  return () => {
    isGone = true
    for (const unsubscribe of leave) unsubscribe()
    for (const tailId of tails) stopTail(tailId).catch(() => {})
  }
}
