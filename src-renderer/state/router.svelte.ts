import { href, parseRoute, type Route } from '../lib/route.ts'

export class Router {
  route = $state.raw<Route>(parseRoute(location.hash))
  /** A deed led here, not a link that was followed: the keyboard comes along. */
  isLed = false
  readonly #read = (): void => {
    const route = parseRoute(location.hash)
    if (href(route) === href(this.route)) return // The address follows where `go` has been already.
    this.isLed = false
    this.route = route
  }

  start(): void {
    addEventListener('hashchange', this.#read)
    this.#read()
  }

  stop(): void {
    removeEventListener('hashchange', this.#read)
  }

  go(route: Route): void {
    this.isLed = true
    location.hash = href(route)
    this.route = route
  }

  /** Without a step in the history: for what the user did not ask to go to. */
  replace(route: Route): void {
    this.isLed = false
    history.replaceState(null, '', href(route))
    this.route = route
  }
}
