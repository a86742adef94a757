// The yardsticks in C, where they can be had. They cost next to nothing and never pause, so they tell what the machine can do.
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

export interface Yardsticks {
  /** Command of the load generator. */
  readonly load: readonly string[]
  /** Command of the C control broker. */
  readonly broker: readonly string[] | null
  /** What of it is not there, and why. */
  readonly notes: readonly string[]
}

const script = (name: string): readonly string[] => [process.execPath, join(import.meta.dirname, name)]

export const scripts = {
  loadGenerator: script('load-generator.ts'),
  controlBroker: script('control-broker.ts'),
  touchMemory: script('touch-memory.ts'),
  recoveryPass: script('recovery-pass.ts'),
  manyLogsPass: script('many-logs-pass.ts'),
} as const

/** Compiles into the folder. */
export function findYardsticks(folder: string): Yardsticks {
  const missing = (why: string): Yardsticks => ({
    load: scripts.loadGenerator,
    broker: null,
    notes: [`no C yardsticks (${why}): the load generator is the one in TypeScript, the C broker is left out`],
  })
  if (process.platform !== 'linux' || process.arch !== 'x64') return missing('they are for Linux on x86-64')
  try {
    return { load: [compile('load', folder)], broker: [compile('broker', folder)], notes: [] }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    return missing(code === 'ENOENT' ? 'no C compiler here' : message)
  }
}

function compile(name: string, folder: string): string {
  const program = join(folder, name)
  const source = join(import.meta.dirname, 'c', `${name}.c`)
  execFileSync('cc', ['-O2', '-msse4.2', '-o', program, source], { stdio: ['ignore', 'ignore', 'inherit'] })
  return program
}
