// The start options, the same for the window and for the headless host.
import { homedir } from 'node:os'
import { join, posix, resolve, win32 } from 'node:path'
import { readArguments, UsageError, wholeNumber } from './arguments.ts'

export interface HostOptions {
  /** Null: as many as the data directory has, three in a new one. */
  readonly brokerCount: number | null
  /** Port of the first broker; broker n listens on port + 2 (n - 1). */
  readonly port: number
  /** Null when ephemeral: a temporary directory that goes when the host goes. */
  readonly dataDirectory: string | null
  /** Where the headless host serves the window; 0 takes any free port. */
  readonly uiPort: number
  /** One JSON line when all brokers serve and one an event, instead of text for people. */
  readonly isJson: boolean
  readonly isHeadless: boolean
}

export type Invocation =
  | { readonly kind: 'run'; readonly options: HostOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }

export const usage = `Usage: npm start -- [options]          the app in a window
       node out/main/headless.js [options]    the same without a window: prints an address to open

  --brokers N     1 to 9 brokers (as many as there are; 3 in a new place)
  --port N        port of the first broker (9092); broker n listens on N + 2(n - 1)
  --data DIR      where the cluster lives (${defaultDataDirectory()})
  --ephemeral     live in a temporary directory that is removed at exit
  --ui-port N     port of the page when headless (any free one)
  --json          print JSON lines: one when all brokers serve, then one an event
  --headless      no window, even where Electron is there
  --help, -h      this text
  --version, -v   the version`

const optionTypes = {
  brokers: { type: 'string' },
  port: { type: 'string' },
  data: { type: 'string' },
  ephemeral: { type: 'boolean' },
  'ui-port': { type: 'string' },
  json: { type: 'boolean' },
  headless: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const

/** Throws UsageError at the first thing wrong. */
export function readOptions(args: readonly string[]): Invocation {
  const given = readArguments(args, optionTypes)
  const [stray] = given.positionals
  if (stray !== undefined) throw new UsageError(`unexpected ${JSON.stringify(stray)}; --help lists the options`)
  if (given.has('help')) return { kind: 'help' }
  if (given.has('version')) return { kind: 'version' }
  if (given.has('data') && given.has('ephemeral')) throw new UsageError('--data and --ephemeral exclude each other')

  const brokers = given.text('brokers')
  const brokerCount = brokers === null ? null : wholeNumber(brokers, '--brokers', { min: 1, max: 9 })
  const portMax = 65_535 - 2 * ((brokerCount ?? 3) - 1)
  return {
    kind: 'run',
    options: {
      brokerCount,
      port: wholeNumber(given.text('port') ?? '9092', '--port', { min: 1, max: portMax }),
      dataDirectory: given.has('ephemeral') ? null : resolve(given.text('data') ?? defaultDataDirectory()),
      uiPort: wholeNumber(given.text('ui-port') ?? '0', '--ui-port', { min: 0, max: 65_535 }),
      isJson: given.has('json'),
      isHeadless: given.has('headless'),
    },
  }
}

/** The platform's place for application data. Relative paths in XDG_DATA_HOME are ignored, as its specification asks. */
export function defaultDataDirectory(platform = process.platform, env = process.env, home = homedir()): string {
  if (platform === 'win32') return win32.join(env.APPDATA ?? win32.join(home, 'AppData', 'Roaming'), 'Pressroom')
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Pressroom')
  const base = env.XDG_DATA_HOME !== undefined && posix.isAbsolute(env.XDG_DATA_HOME) ? env.XDG_DATA_HOME : null
  return join(base ?? join(home, '.local', 'share'), 'pressroom')
}

/** What Electron or a tool that drives it adds to the command line; an unknown option of ours must still be told from these. */
const chromiumSwitch =
  /^--(no-sandbox|user-data-dir=.*|inspect(-brk)?(=.*)?|remote-debugging-(port|pipe)(=.*)?|(disable|enable|ozone|force|password)-.*|lang=.*)$/

/** The app's own arguments of an Electron command line: `electron [switches] <app> [arguments]`, packaged without the <app>. */
export function withoutElectronArguments(argv: readonly string[], isPackaged: boolean): string[] {
  const own = argv.slice(1).filter((argument) => !chromiumSwitch.test(argument))
  return isPackaged ? own : own.slice(1)
}
