// Command lines, read in one way by the host and by `pressroom`: the first thing wrong becomes one line for the user.
import { parseArgs } from 'node:util'

/** A command line that cannot be followed. Its message is the one line to print; the exit code is 2 and nothing was touched. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}

export const usageExitCode = 2

type OptionTypes = Readonly<Record<string, { readonly type: 'string' | 'boolean'; readonly short?: string }>>

interface Arguments {
  readonly positionals: readonly string[]
  has(option: string): boolean
  /** The text given for an option, or null where it was not given. */
  text(option: string): string | null
}

export function readArguments(args: readonly string[], options: OptionTypes): Arguments {
  // Not strict: the messages of parseArgs speak to programmers, in several lines.
  const { tokens, positionals } = parseArgs({ args: [...args], options, strict: false, tokens: true })
  const given = new Map<string, string | null>()
  for (const token of tokens) {
    if (token.kind !== 'option') continue
    if (!Object.hasOwn(options, token.name)) throw new UsageError(`unknown option ${token.rawName}; --help lists them`)
    const wantsValue = options[token.name]?.type === 'string'
    if (!wantsValue && token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`)
    if (
      wantsValue &&
      (token.value === undefined || token.value === '' || (!token.inlineValue && token.value.startsWith('-')))
    )
      throw new UsageError(`${token.rawName} needs a value`)
    given.set(token.name, token.value ?? null)
  }
  return { positionals, has: (option) => given.has(option), text: (option) => given.get(option) ?? null }
}

export function wholeNumber(text: string, name: string, range: { min: number; max: number }): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN
  if (value >= range.min && value <= range.max) return value
  throw new UsageError(`${name} is a number from ${range.min} to ${range.max}, not ${JSON.stringify(text)}`)
}
