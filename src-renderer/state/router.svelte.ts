import { href, parseRoute, type Route } from '../lib/route.ts'

export class Router {
  route = $state.raw<Route>(parseRoute(location.hash))
  readonly #read = (): void => {
    this.route = parseRoute(location.hash)
  }

  start(): void {
    addEventListener('hashchange', this.#read)
    this.#read()
  }

  stop(): void {
    removeEventListener('hashchange', this.#read)
  }

  go(route: Route): void {
    location.hash = href(route)
    this.route = route
  }

  /** Without a step in the history: for what the user did not ask to go to. */
  replace(route: Route): void {
    history.replaceState(null, '', href(route))
    this.route = route
  }
}
