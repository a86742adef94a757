// Lines cut to a width in characters, for where the platform's own wrapping would lay out a megabyte.
import type { Line, Token } from './json.ts'

/** A row of a text: what stands in it, and whether it goes on the line above. */
export interface Wrapped<T> {
  readonly content: T
  readonly isContinued: boolean
}

export const wrapText = (lines: readonly string[], width: number): readonly Wrapped<string>[] =>
  lines.flatMap((line) => cuts(line, width).map((content, index) => ({ content, isContinued: index > 0 })))

/** Tokens keep their kind on either side of a cut; rows that go on are indented like their line. */
export const wrapLines = (lines: readonly Line[], width: number): readonly Wrapped<Line>[] =>
  lines.flatMap(({ indent, tokens }) => {
    const room = Math.max(1, width - 2 * indent)
    const rows: Token[][] = [[]]
    let left = room
    for (const { kind, text } of tokens) {
      for (const part of cuts(text, room, left)) {
        if (part.length > left) {
          rows.push([])
          left = room
        }
        rows.at(-1)!.push({ kind, text: part })
        left -= part.length
      }
    }
    return rows.map((row, index) => ({ content: { indent, tokens: row }, isContinued: index > 0 }))
  })

/** Parts of at most `width`, the first of at most `first`; a pair of surrogates stays whole. */
function cuts(text: string, width: number, first = width): readonly string[] {
  if (text.length <= first) return [text]
  const parts: string[] = []
  for (let from = 0, room = first > 0 ? first : width; from < text.length; room = width) {
    let to = Math.min(text.length, from + room)
    if (to < text.length && isLowSurrogate(text.charCodeAt(to))) to += to - from > 1 ? -1 : 1
    parts.push(text.slice(from, to))
    from = to
  }
  return parts
}

const isLowSurrogate = (code: number): boolean => code >= 0xdc00 && code <= 0xdfff
