// The built host as a child process, as a user starts it: out/main/headless.js. It needs `npm run build` before.
import { spawn } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePorts } from './free-ports.ts'

const program = join(import.meta.dirname, '../../out/main/headless.js')

export interface HostEvent {
  readonly event: string
  readonly [key: string]: unknown
}

export interface StartedHost {
  readonly bootstrap: readonly string[]
  readonly ui: string
  readonly pid: number
  readonly dataDirectory: string
  /** Every JSON line after `ready`, as it comes. */
  readonly events: readonly HostEvent[]
  /** Asks for a clean stop and resolves to the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
  /** Ends it as a crash would. */
  kill(): Promise<void>
}

interface Wanted {
  readonly brokers?: number
  /** A directory that outlives the host; without it the host is ephemeral. */
  readonly data?: string
  readonly port?: number
  readonly args?: readonly string[]
}

export async function startHost({ brokers = 3, data, port, args = [] }: Wanted = {}): Promise<StartedHost> {
  const firstPort = port ?? (await freePorts(brokers))
  const where = data === undefined ? ['--ephemeral'] : ['--data', data]
  const wanted = ['--json', '--brokers', `${brokers}`, '--port', `${firstPort}`, ...where, ...args]
  // The channel: should the test process end in whatever way, the host ends too.
  const child = spawn(process.execPath, [program, ...wanted], { stdio: ['ignore', 'pipe', 'pipe', 'ipc'] })
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve))
  let complaints = ''
  child.stderr!.on('data', (chunk) => {
    complaints += chunk
  })

  const events: HostEvent[] = []
  const ready = await new Promise<HostEvent>((resolve, reject) => {
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const event = JSON.parse(line) as HostEvent
      if (event.event === 'ready') resolve(event)
      else events.push(event)
    })
    exited.then((code) => reject(new Error(`the host ended with ${code} before it was ready: ${complaints}`)))
  })
  const dataDirectory = String(ready.dataDirectory)

  return {
    bootstrap: ready.bootstrap as string[],
    ui: String(ready.ui),
    pid: Number(ready.pid),
    dataDirectory,
    events,
    stop(signal = 'SIGTERM') {
      child.kill(signal)
      return exited
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
      if (data === undefined) rmSync(dataDirectory, { recursive: true, force: true })
    },
  }
}
