// JSON as text. Nothing here turns a literal into a number: 9007199254740993 leaves as it came.

export type TokenKind = 'key' | 'string' | 'number' | 'literal' | 'punctuation' | 'space' | 'other'
export interface Token {
  readonly kind: TokenKind
  readonly text: string
}
export interface Line {
  readonly indent: number
  readonly tokens: readonly Token[]
}

// Unrolled, so that a string of a megabyte does not exhaust the matcher's stack. The closing quote is optional: texts may be cut.
const patterns: readonly (readonly [TokenKind, RegExp])[] = [
  ['space', /[ \t\n\r]+/y],
  ['string', /"[^"\\]*(?:\\[\s\S][^"\\]*)*"?/y],
  ['number', /-?\d[\d.eE+-]*/y],
  ['literal', /(?:true|false|null)\b/y],
  ['punctuation', /[{}[\],:]/y],
]
const keyFollows = /[ \t\n\r]*:/y

/** Splits without judging: whatever is not JSON comes out as `other`. Stops after `limit` characters. */
export function tokenize(text: string, limit = Number.POSITIVE_INFINITY): Token[] {
  const out: Token[] = []
  let at = 0
  while (at < text.length && at < limit) {
    const token = next(text, at)
    at += token.text.length
    out.push(token)
  }
  return out
}

function next(text: string, at: number): Token {
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match === null) continue
    if (kind !== 'string') return { kind, text: match[0] }
    keyFollows.lastIndex = at + match[0].length
    return { kind: keyFollows.test(text) ? 'key' : 'string', text: match[0] }
  }
  return { kind: 'other', text: text[at]! }
}

/** One line without the spaces between tokens, for a row of the list. */
export function compact(text: string, limit: number): readonly Token[] {
  const tokens = tokenize(text, limit).filter((token) => token.kind !== 'space')
  const last = tokens.at(-1)
  if (last !== undefined && last.text.length > limit)
    tokens[tokens.length - 1] = { ...last, text: last.text.slice(0, limit) }
  return tokens
}

const inlineWidth = 56
const indentMax = 48

/** Two spaces a level, short arrays of scalars on one line, as people write it. */
export function pretty(text: string): readonly Line[] {
  const tokens = tokenize(text).filter((token) => token.kind !== 'space')
  const lines: Line[] = []
  let line: Token[] = []
  let depth = 0
  let lineDepth = 0
  const flush = (): void => {
    if (line.length > 0) lines.push({ indent: Math.min(lineDepth, indentMax), tokens: line })
    line = []
    lineDepth = depth
  }
  for (let i = 0; i < tokens.length; i += 1) {
    const token = tokens[i]!
    const end = inlineEnd(tokens, i)
    if (end > i) {
      line.push(...inlined(tokens.slice(i, end + 1)))
      i = end
    } else if (token.text === '{' || token.text === '[') {
      line.push(token)
      depth += 1
      flush()
    } else if (token.text === '}' || token.text === ']') {
      depth = Math.max(0, depth - 1)
      flush()
      lineDepth = depth
      line.push(token)
    } else if (token.text === ',') {
      line.push(token)
      flush()
    } else if (token.text === ':') line.push({ kind: 'punctuation', text: ': ' })
    else line.push(token)
  }
  flush()
  return lines
}

/** Where a bracket that fits on one line closes, or -1. */
function inlineEnd(tokens: readonly Token[], start: number): number {
  const open = tokens[start]!.text
  if (open === '{') return tokens[start + 1]?.text === '}' ? start + 1 : -1
  if (open !== '[') return -1
  for (let i = start + 1, width = 2; i < tokens.length && width <= inlineWidth; i += 1) {
    const { text, kind } = tokens[i]!
    if (text === ']') return i
    if (kind === 'key' || (kind === 'punctuation' && text !== ',')) return -1
    width += text.length + 1
  }
  return -1
}

const inlined = (tokens: readonly Token[]): Token[] =>
  tokens.map((token) => (token.text === ',' ? { kind: 'punctuation', text: ', ' } : token))

/** The pretty form as one text, for the clipboard. */
export const prettyText = (text: string): string =>
  pretty(text)
    .map((line) => '  '.repeat(line.indent) + line.tokens.map((token) => token.text).join(''))
    .join('\n')
