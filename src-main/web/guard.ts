// Who may talk to the loopback port. Any page in the user's browser and any other user of the machine can reach it, so:
// the Host header must name this port on this machine (DNS rebinding), an Origin must be our own page (cross-site requests
// and WebSockets), and the page, its WebSocket and the control endpoint each need a token of 256 bits made at this start.
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

export const newToken = (): string => randomBytes(32).toString('base64url')

/** Takes equally long for every wrong token, whatever its length. */
export function isSameToken(given: string | null | undefined, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given ?? ''), digest(expected))
}

/** True for a request that a foreign page, or a foreign name for this machine, brought here. */
export function isForeign(headers: IncomingHttpHeaders, port: number): boolean {
  const hosts = ['127.0.0.1', '[::1]', 'localhost'].map((name) => `${name}:${port}`)
  if (headers.host === undefined || !hosts.includes(headers.host)) return true
  return headers.origin !== undefined && headers.origin !== `http://${headers.host}`
}

/** Nothing from elsewhere, no script in the page. Styles in the page are allowed: with nowhere to send to, they leak nothing. */
export function contentSecurityPolicy(connectTo: string): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "font-src 'self' data:",
    "worker-src 'self'",
    `connect-src ${connectTo}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')
}

/** Sent with every answer. No CORS header is among them: no other origin may read anything here. */
export const protectiveHeaders = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
} as const
