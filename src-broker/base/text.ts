// UTF-8 without TextEncoder, which plain ECMAScript lacks. Strings on the wire are short and nearly always ASCII.

/** Bytes that `text` takes in UTF-8. A lone surrogate counts as U+FFFD. */
export function utf8Length(text: string): number {
  let length = text.length
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    if (unit < 0x80) continue
    if (unit < 0x800) length += 1
    else {
      length += 2
      if (isHighSurrogate(unit) && isLowSurrogate(text.charCodeAt(index + 1))) index++
    }
  }
  return length
}

/** Writes `text` at `at` and returns the index after it. The caller has made room (`utf8Length`). */
export function writeUtf8(text: string, into: Uint8Array, at: number): number {
  let next = at
  for (let index = 0; index < text.length; index++) {
    let point = text.charCodeAt(index)
    if (point < 0x80) {
      into[next++] = point
      continue
    }
    if (isHighSurrogate(point) && isLowSurrogate(text.charCodeAt(index + 1))) {
      point = 0x10000 + ((point - 0xd800) << 10) + (text.charCodeAt(++index) - 0xdc00)
    } else if (point >= 0xd800 && point < 0xe000) point = 0xfffd
    if (point < 0x800) into[next++] = 0xc0 | (point >> 6)
    else {
      if (point < 0x10000) into[next++] = 0xe0 | (point >> 12)
      else {
        into[next++] = 0xf0 | (point >> 18)
        into[next++] = 0x80 | ((point >> 12) & 0x3f)
      }
      into[next++] = 0x80 | ((point >> 6) & 0x3f)
    }
    into[next++] = 0x80 | (point & 0x3f)
  }
  return next
}

/** Reads UTF-8 from [from, to); what is not valid becomes U+FFFD. */
export function readUtf8(bytes: Uint8Array, from: number, to: number): string {
  let text = ''
  let at = from
  while (at < to) {
    const first = bytes[at++]!
    if (first < 0x80) {
      text += String.fromCharCode(first)
      continue
    }
    const extra = first >= 0xf0 && first < 0xf5 ? 3 : first >= 0xe0 ? 2 : first >= 0xc2 ? 1 : 0
    let point = first & (0x3f >> extra)
    let taken = 0
    while (taken < extra && first < 0xf5 && at + taken < to && (bytes[at + taken]! & 0xc0) === 0x80) {
      point = (point << 6) | (bytes[at + taken++]! & 0x3f)
    }
    const valid =
      extra > 0 &&
      taken === extra &&
      point >= smallestOf[extra]! &&
      point <= 0x10ffff &&
      (point < 0xd800 || point > 0xdfff)
    text += valid ? String.fromCodePoint(point) : '\ufffd'
    at += valid ? extra : 0
  }
  return text
}

const smallestOf = [0, 0x80, 0x800, 0x10000]
const isHighSurrogate = (unit: number) => unit >= 0xd800 && unit < 0xdc00
const isLowSurrogate = (unit: number) => unit >= 0xdc00 && unit < 0xe000

export const encodeText = (text: string): Uint8Array<ArrayBuffer> => {
  const bytes = new Uint8Array(utf8Length(text))
  writeUtf8(text, bytes, 0)
  return bytes
}

/** Of whole files: byte by byte a text of a hundred kilobytes becomes a string of as many parts. */
export function decodeText(bytes: Uint8Array): string {
  let text = ''
  let at = 0
  while (at < bytes.length) {
    const stretch = bytes.subarray(at, at + stretchBytes)
    if (!isAscii(stretch)) break
    text += String.fromCharCode.apply(null, stretch as unknown as number[])
    at += stretch.length
  }
  return text + readUtf8(bytes, at, bytes.length)
}

const stretchBytes = 4_096

function isAscii(bytes: Uint8Array): boolean {
  let all = 0
  for (let at = 0; at < bytes.length; at++) all |= bytes[at]!
  return all < 0x80
}
