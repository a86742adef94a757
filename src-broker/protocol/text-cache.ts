// The same few names travel in every request: topics, groups, client ids, topic ids. Turning bytes into a fresh string each
// time costs more than the rest of a small request, and a fresh string has to be hashed again by every Map it meets.
// So short ASCII texts and UUIDs come from a direct-mapped cache: a hit is the same string object as last time.
// A collision only replaces an entry; memory is bounded by slots × longest text.
import { readUtf8 } from '../base/text.ts'
import type { Uuid } from '../base/uuid.ts'

const slots = 1024
const textBytesMax = 64

const texts: string[] = new Array(slots).fill('')

/** The UTF-8 text of bytes [from, to). */
export function readText(bytes: Uint8Array, from: number, to: number): string {
  const length = to - from
  if (length > textBytesMax) return readUtf8(bytes, from, to)
  let hash = length
  for (let at = from; at < to; at++) {
    const byte = bytes[at]!
    if (byte > 0x7f) return readUtf8(bytes, from, to)
    hash = Math.imul(hash, 31) + byte
  }
  const slot = (hash ^ (hash >>> 10)) & (slots - 1)
  const known = texts[slot]!
  if (isTextAt(known, bytes, from, length)) return known
  return (texts[slot] = readUtf8(bytes, from, to))
}

function isTextAt(text: string, bytes: Uint8Array, from: number, length: number): boolean {
  if (text.length !== length) return false
  for (let index = 0; index < length; index++) if (text.charCodeAt(index) !== bytes[from + index]) return false
  return true
}

const uuids: Uuid[] = new Array(slots).fill('0'.repeat(32))
const uuidWords = new Int32Array(4 * slots)

/** The 16 bytes at `at` as 32 lower-case hex digits. */
export function readUuid(view: DataView, at: number): Uuid {
  const a = view.getInt32(at)
  const b = view.getInt32(at + 4)
  const c = view.getInt32(at + 8)
  const d = view.getInt32(at + 12)
  const mixed = a ^ Math.imul(b, 31) ^ Math.imul(c, 961) ^ Math.imul(d, 29791)
  const slot = (mixed ^ (mixed >>> 10) ^ (mixed >>> 20)) & (slots - 1)
  const word = 4 * slot
  if (uuidWords[word] === a && uuidWords[word + 1] === b && uuidWords[word + 2] === c && uuidWords[word + 3] === d) {
    return uuids[slot]!
  }
  uuidWords[word] = a
  uuidWords[word + 1] = b
  uuidWords[word + 2] = c
  uuidWords[word + 3] = d
  return (uuids[slot] = hexOf(a) + hexOf(b) + hexOf(c) + hexOf(d))
}

const pairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

const hexOf = (word: number): string =>
  pairs[word >>> 24]! + pairs[(word >>> 16) & 0xff] + pairs[(word >>> 8) & 0xff] + pairs[word & 0xff]
