// Child processes of the bench: none outlives it.
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))

export interface Child {
  readonly pid: number
  readonly firstLine: string
  stop(): Promise<void>
}

function start(command: readonly string[], environment: NodeJS.ProcessEnv, directory?: string): ChildProcess {
  const [program, ...words] = command
  const child = spawn(program!, words, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...environment },
    ...(directory === undefined ? {} : { cwd: directory }),
  })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

/** Runs to the end; resolves to what it printed. Throws where it fails. */
export async function run(command: readonly string[]): Promise<string> {
  const child = start(command, {})
  let printed = ''
  child.stdout!.on('data', (chunk) => {
    printed += chunk
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`${command.join(' ')} ended with ${code}`)
  return printed
}

/** Resolves with its first line of output. */
export function serve(
  command: readonly string[],
  environment: NodeJS.ProcessEnv = {},
  directory?: string,
): Promise<Child> {
  const child = start(command, environment, directory)
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const stop = async () => {
    child.kill('SIGTERM')
    const hard = setTimeout(() => child.kill('SIGKILL'), 5_000)
    await exited
    clearTimeout(hard)
  }
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout! }).once('line', (firstLine) => resolve({ pid: child.pid!, firstLine, stop }))
    exited.then(() => reject(new Error(`${command.join(' ')} ended before it was ready`)))
  })
}
