/** Lines of a hex view, made when asked for: a value may have a million bytes. */
export interface HexLine {
  readonly offset: string
  readonly bytes: string
  readonly text: string
}

export const hexLineCount = (hex: string, width: number): number => Math.ceil(hex.length / 2 / width)

export function hexLine(hex: string, index: number, width: number): HexLine {
  const slice = hex.slice(index * width * 2, (index + 1) * width * 2)
  const pairs = slice.match(/../g) ?? []
  return {
    offset: (index * width).toString(16).padStart(6, '0'),
    bytes: pairs.join(' ').padEnd(width * 3 - 1),
    text: pairs.map(printable).join(''),
  }
}

function printable(pair: string): string {
  const code = Number.parseInt(pair, 16)
  return code >= 32 && code < 127 ? String.fromCharCode(code) : '·'
}

/** `7b22…` from a text, for contents that came as text. */
export const hexOf = (text: string): string =>
  Array.from(new TextEncoder().encode(text), (byte) => byte.toString(16).padStart(2, '0')).join('')

/** Digits only, in pairs; null when the text is not hex. Spaces, colons and 0x are let through. */
export function cleanHex(text: string): string | null {
  const digits = text.replace(/0x|[\s:,]/gi, '').toLowerCase()
  return /^[0-9a-f]*$/.test(digits) && digits.length % 2 === 0 ? digits : null
}
