// The other end of the control endpoint: finds the host that runs in a data directory and asks it.

import { http } from '../web/http.ts'
import { type ControlRequest, controlTokenHeader, type HostStatus } from './control.ts'
import { type HostFile, readHostFile } from './host-file.ts'

export type HostReply =
  | { readonly kind: 'status'; readonly status: HostStatus }
  | { readonly kind: 'refused'; readonly reason: string }
  /** Nothing runs there; the reason is one line for the user. */
  | { readonly kind: 'no-host'; readonly reason: string }

const answerTimeoutMs = 60_000

class NoAnswer extends Error {}

export async function callHost(
  dataDirectory: string,
  request: ControlRequest,
  timeoutMs = answerTimeoutMs,
): Promise<HostReply> {
  const host = readHostFile(dataDirectory)
  if (host === null) return { kind: 'no-host', reason: `no Pressroom runs in ${dataDirectory}` }
  const stale = {
    kind: 'no-host',
    reason: `no Pressroom runs in ${dataDirectory}: process ${host.pid} has ended`,
  } as const
  if (!isAlive(host.pid)) return stale
  try {
    const { status, body } = await post(host, JSON.stringify(request), timeoutMs)
    const value = JSON.parse(body)
    if (status === 200) return { kind: 'status', status: value }
    return { kind: 'refused', reason: String(value.error) }
  } catch (error) {
    // Its process id may belong to another program by now.
    if ((error as NodeJS.ErrnoException).code === 'ECONNREFUSED') return stale
    if (error instanceof NoAnswer) {
      const reason = `process ${host.pid} has not answered in ${timeoutMs / 1_000} s; it may still be at it, "pressroom status" says how far it got`
      return { kind: 'refused', reason }
    }
    return { kind: 'refused', reason: `process ${host.pid} gives no usable answer: ${(error as Error).message}` }
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' // Alive, but another user's.
  }
}

function post(host: HostFile, body: string, timeoutMs: number): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const request = http.request({
      host: '127.0.0.1',
      port: host.controlPort,
      path: '/control',
      method: 'POST',
      timeout: timeoutMs,
      headers: { [controlTokenHeader]: host.controlToken, 'content-type': 'application/json' },
    })
    request.on('timeout', () => request.destroy(new NoAnswer()))
    request.on('error', reject)
    request.on('response', (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('error', reject)
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }))
    })
    request.end(body)
  })
}
