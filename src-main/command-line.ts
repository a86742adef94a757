// How a host begins and ends on a command line: one line for what is wrong, and an exit code that means something.
import { StartRefused } from '../src-broker/runtime/cluster-host.ts'
import { UsageError, usageExitCode } from './arguments.ts'
import { type HostOptions, readOptions, usage } from './options.ts'
import { StoreRefused } from './store/store.ts'
import { version } from './version.ts'

/** Null where the arguments ask for something else than a start, or for nothing that can be done; the exit code is set then. */
export function optionsToStart(args: readonly string[]): HostOptions | null {
  outliveReaders()
  try {
    const invocation = readOptions(args)
    if (invocation.kind === 'run') return invocation.options
    console.log(invocation.kind === 'help' ? usage : version)
  } catch (error) {
    process.exitCode = complain(error)
  }
  return null
}

/** Says what is wrong and gives the exit code for it. A refusal is one line; anything else is a bug and shows where it came from. */
export function complain(error: unknown): number {
  const isRefusal = error instanceof UsageError || error instanceof StartRefused || error instanceof StoreRefused
  console.error(isRefusal ? `pressroom: ${error.message}` : error)
  return isRefusal ? usageExitCode : 1
}

/** Who reads our output may go, as `head -1` does: what we would have said is then nobody's, and no reason to end. */
export function outliveReaders(): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'EPIPE') throw error
    })
  }
}

/** A clean stop that hangs is given up after this long. */
const stopTimeoutMs = 20_000

/**
 * Closes before the process ends: at a signal (exit code 0), when a parent that holds an IPC channel to this process has
 * gone (0), at a bug of the host (1), and when the function given back is called. Only the first of them counts: Ctrl-C
 * reaches every process of a terminal's group, so a signal may come twice.
 */
export function closeAtEnd(close: () => Promise<void>): (exitCode: number) => void {
  let isEnding = false
  const end = (exitCode: number) => {
    if (isEnding) return
    isEnding = true
    const giveUp = () => process.exit(complain(new Error(`not stopped within ${stopTimeoutMs / 1_000} s`)))
    setTimeout(giveUp, stopTimeoutMs).unref()
    close().then(
      () => process.exit(exitCode),
      (error) => process.exit(complain(error)),
    )
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect'] as const) process.on(signal, () => end(0))
  process.on('uncaughtException', (error) => end(complain(error)))
  return end
}
