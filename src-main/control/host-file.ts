// host.json in the data directory: how `pressroom` finds the host that runs there. Readable by its owner only.
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface HostFile {
  readonly pid: number
  readonly controlPort: number
  readonly controlToken: string
  readonly startedAtMs: number
}

const pathIn = (dataDirectory: string) => join(dataDirectory, 'host.json')

export function writeHostFile(dataDirectory: string, contents: HostFile): void {
  const path = pathIn(dataDirectory)
  const part = `${path}.part`
  rmSync(part, { force: true }) // One left by a crash might be readable by others.
  writeFileSync(part, `${JSON.stringify(contents)}\n`, { mode: 0o600, flag: 'wx' })
  renameSync(part, path)
}

export function removeHostFile(dataDirectory: string): void {
  rmSync(pathIn(dataDirectory), { force: true })
}

/** Null where there is none, or none that makes sense. */
export function readHostFile(dataDirectory: string): HostFile | null {
  try {
    const contents = JSON.parse(readFileSync(pathIn(dataDirectory), 'utf8'))
    return isHostFile(contents) ? contents : null
  } catch {
    return null
  }
}

function isHostFile(contents: unknown): contents is HostFile {
  if (typeof contents !== 'object' || contents === null) return false
  const { pid, controlPort, controlToken, startedAtMs } = contents as Record<string, unknown>
  return [pid, controlPort, startedAtMs].every(Number.isSafeInteger) && typeof controlToken === 'string'
}
