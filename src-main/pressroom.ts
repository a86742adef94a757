// The command line of a running host: pressroom status|add|remove N|kill N|pause N|resume N|start N|stop N [--data DIR] [--json].
// Exit code 0: done; 1: the host refused; 2: no such command, or no host there.
import { resolve } from 'node:path'
import { readArguments, UsageError, usageExitCode, wholeNumber } from './arguments.ts'
import { callHost } from './control/call-host.ts'
import { type ControlRequest, isBrokerCommand, isClusterCommand } from './control/control.ts'
import { statusTable } from './control/status-table.ts'
import { defaultDataDirectory } from './options.ts'
import { version } from './version.ts'

const usage = `Usage: pressroom <command> [options]

  status          the brokers of the running cluster
  kill N          end broker N at once, as a crash would
  stop N          stop broker N in an orderly way: its leaders move first
  start N         start broker N again, on its own data
  pause N         freeze broker N
  resume N        let it go on
  add             one broker more
  remove N        take broker N out for good: what it holds moves to the others

  --data DIR      where the cluster lives (${defaultDataDirectory()})
  --json          print the status as JSON
  --help, -h      this text
  --version, -v   the version

The cluster itself is started by \`npm start\` or \`node out/main/headless.js\`.`

async function run(args: readonly string[]): Promise<number> {
  const given = readArguments(args, {
    data: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean', short: 'v' },
  })
  if (given.has('version')) return say(version, 0)
  if (given.has('help') || given.positionals.length === 0) return say(usage, 0)

  const request = commandOf(given.positionals)
  const reply = await callHost(resolve(given.text('data') ?? defaultDataDirectory()), request)
  if (reply.kind !== 'status') return complain(reply.reason, reply.kind === 'refused' ? 1 : usageExitCode)
  return say(given.has('json') ? JSON.stringify(reply.status) : statusTable(reply.status, Date.now()), 0)
}

function commandOf([command, broker, ...rest]: readonly string[]): ControlRequest {
  const isKnown = isClusterCommand(command) || isBrokerCommand(command)
  if (!isKnown) throw new UsageError(`unknown command ${JSON.stringify(command)}; --help lists them`)
  const stray = isClusterCommand(command) ? broker : rest[0]
  if (stray !== undefined) throw new UsageError(`unexpected ${JSON.stringify(stray)}`)
  if (isClusterCommand(command)) return { command }
  if (broker === undefined) throw new UsageError(`${command} which broker? pressroom ${command} N`)
  return { command, brokerId: wholeNumber(broker, 'the broker', { min: 1, max: 9 }) }
}

function say(text: string, exitCode: number): number {
  console.log(text)
  return exitCode
}

function complain(line: string, exitCode: number): number {
  console.error(`pressroom: ${line}`)
  return exitCode
}

process.stdout.on('error', () => process.exit()) // Who read the output has gone: `pressroom status | head -1`.

try {
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.exitCode = complain(error.message, usageExitCode)
}
