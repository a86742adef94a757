// A cursor is where a page ended, as text: it works in any process, after any time. The scan itself, with what it has fetched already,
// waits for the next page for a minute, so that no byte is fetched twice while somebody reads on.
import type { MessageScan, ScanPosition } from '../../src-broker/client/message-scan.ts'
import { RequestFailed } from '../contract/rpc.ts'

const keptScans = 4
const keptMs = 60_000

export const cursorOf = (position: ScanPosition): string => Buffer.from(JSON.stringify(position)).toString('base64url')

export async function positionOf(cursor: string): Promise<ScanPosition> {
  const { asScanPosition } = await import('./requests.ts')
  const position = asScanPosition(parsed(Buffer.from(cursor, 'base64url').toString()))
  if (position === null) throw new RequestFailed('INVALID_CURSOR', 'This is no place where a page ended.')
  return position
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** Scans in waiting, a few at most, each for a while. */
export class WaitingScans {
  readonly #scans = new Map<string, { readonly scan: MessageScan; readonly timer: NodeJS.Timeout }>()

  put(key: string, scan: MessageScan): void {
    this.take(key)
    const timer = setTimeout(() => this.#scans.delete(key), keptMs).unref()
    this.#scans.set(key, { scan, timer })
    const [oldest] = this.#scans.keys()
    if (this.#scans.size > keptScans && oldest !== undefined) this.take(oldest)
  }

  /** Takes the scan out: two pages never come of one. */
  take(key: string): MessageScan | undefined {
    const waiting = this.#scans.get(key)
    if (waiting === undefined) return undefined
    clearTimeout(waiting.timer)
    this.#scans.delete(key)
    return waiting.scan
  }

  clear(): void {
    for (const key of [...this.#scans.keys()]) this.take(key)
  }
}
