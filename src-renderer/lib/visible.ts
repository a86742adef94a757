// Contents of a log are written by strangers. Characters that hide, or reorder what stands around them (bidi controls,
// zero-width, control characters, lone surrogates), are cut out and shown as marks; all else stays text. A joiner between two
// emoji hides nothing: it makes one picture of them.

export interface Mark {
  readonly mark: string
  readonly name: string
}
export type Piece = string | Mark

const hiding = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u115f\u1160\u2800\u3164\uffa0]|\u034f/gu

const names: Readonly<Record<number, string>> = {
  0: 'null character',
  9: 'tab',
  10: 'line feed',
  13: 'carriage return',
  27: 'escape',
  127: 'delete',
  173: 'soft hyphen',
  8203: 'zero-width space',
  8204: 'zero-width non-joiner',
  8205: 'zero-width joiner',
  8206: 'left-to-right mark',
  8207: 'right-to-left mark',
  8234: 'left-to-right embedding',
  8235: 'right-to-left embedding',
  8236: 'pop directional formatting',
  8237: 'left-to-right override',
  8238: 'right-to-left override',
  8288: 'word joiner',
  8294: 'left-to-right isolate',
  8295: 'right-to-left isolate',
  8296: 'first strong isolate',
  8297: 'pop directional isolate',
  65279: 'byte order mark',
}
const short: Readonly<Record<number, string>> = { 9: '⇥', 10: '↵', 13: '␍' }

/** The text in pieces; `keep` names characters left as they are (line breaks and tabs in a multi-line view). */
export function pieces(text: string, keep = ''): readonly Piece[] {
  const out: Piece[] = []
  let from = 0
  for (const match of text.matchAll(hiding)) {
    if (keep.includes(match[0]) || joinsEmoji(text, match.index)) continue
    if (match.index > from) out.push(text.slice(from, match.index))
    out.push(mark(match[0].codePointAt(0)!))
    from = match.index + match[0].length
  }
  if (from < text.length) out.push(text.slice(from))
  return out
}

const joiner = '\u200d'
const emojiBefore = /(?:\p{Extended_Pictographic}|\p{Emoji_Modifier}|\ufe0f)$/u
const emojiAfter = /^\p{Extended_Pictographic}/u
const joinsEmoji = (text: string, at: number): boolean =>
  text[at] === joiner &&
  emojiBefore.test(text.slice(Math.max(0, at - 2), at)) &&
  emojiAfter.test(text.slice(at + 1, at + 3))

function mark(code: number): Mark {
  const point = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`
  return { mark: short[code] ?? point, name: `${point} ${names[code] ?? 'invisible character'}` }
}

/** The same as plain text, where no element can stand: titles, accessible names. */
export const plain = (text: string): string =>
  pieces(text)
    .map((piece) => (typeof piece === 'string' ? piece : `<${piece.mark}>`))
    .join('')
