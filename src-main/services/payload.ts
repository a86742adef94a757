// Keys and values as a window shows them, without losing anything: JSON keeps the text it came as, so that 64-bit integers stay
// exact; what is not clean text is hex; null, empty and text are told apart.
import { isUtf8 } from 'node:buffer'
import type { Payload } from '../contract/messages.ts'

/** In a line of the list. */
export const rowBytesMax = 2_048
/** In the detail, and in its hex view. */
export const detailBytesMax = 1_048_576

export function payloadOf(bytes: Uint8Array | null, bytesMax: number): Payload {
  if (bytes === null) return { kind: 'null' }
  if (bytes.length === 0) return { kind: 'empty' }
  const sizeBytes = bytes.length
  const isCut = sizeBytes > bytesMax
  if (!isText(bytes)) return { kind: 'binary', hex: hexOf(bytes.subarray(0, bytesMax)), sizeBytes, isCut }
  const kind = isJson(bytes) ? 'json' : 'text'
  return { kind, text: textOf(isCut ? bytes.subarray(0, wholeCharacters(bytes, bytesMax)) : bytes), sizeBytes, isCut }
}

export const hexOf = (bytes: Uint8Array): string => asBuffer(bytes).toString('hex')

/** Valid UTF-8 without control characters other than the harmless. */
const isText = (bytes: Uint8Array): boolean => isUtf8(bytes) && !hasControls(bytes)

/** Tab, line feed, carriage return, and the escape with which programs colour the lines of their logs. */
const harmless: ReadonlySet<number> = new Set([0x09, 0x0a, 0x0d, 0x1b])

function hasControls(bytes: Uint8Array): boolean {
  for (const byte of bytes) if (byte < 0x20 ? !harmless.has(byte) : byte === 0x7f) return true
  return false
}

/** Objects and arrays only: a bare number or word reads the same either way. */
function isJson(bytes: Uint8Array): boolean {
  const first = bytes.find((byte) => byte > 0x20)
  const last = bytes.findLast((byte) => byte > 0x20)
  const isClosed = (first === 0x7b && last === 0x7d) || (first === 0x5b && last === 0x5d)
  if (!isClosed) return false
  try {
    JSON.parse(textOf(bytes)) // The values are thrown away, rounded numbers with them: only the text goes on.
    return true
  } catch {
    return false
  }
}

/** The index nearest below `at` where a character begins. */
function wholeCharacters(bytes: Uint8Array, at: number): number {
  let index = at
  while (index > 0 && (bytes[index]! & 0xc0) === 0x80) index--
  return index
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  bytes instanceof Buffer ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
const textOf = (bytes: Uint8Array): string => asBuffer(bytes).toString('utf8')
