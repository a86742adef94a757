// Whether the records of an uncompressed batch are what its header says, for a leader that is about to take it in: the same
// fields that consumers read, and none of them decoded. Every record costs a few reads of bytes that the CRC has just touched,
// so all is in one function, with the short way for the varints of one byte.

/** What `skipped` answers where a varint does not end. */
const nowhere = -1

/** Whether `count` records with offset deltas 0, 1, 2 … fill bytes[from, end), each with its fields filling it to its own end. */
export function areRecordsSound(bytes: Uint8Array, from: number, end: number, count: number): boolean {
  let at = from
  for (let index = 0; index < count; index++) {
    // Length of the record.
    let raw = 0
    for (let shift = 0; ; shift += 7) {
      if (at >= end || shift > 28) return false
      const byte = bytes[at++]!
      raw |= (byte & 0x7f) << shift
      if (byte < 0x80) break
    }
    const length = (raw >>> 1) ^ -(raw & 1)
    if (length < recordBodyBytesMin || length > end - at) return false
    const recordEnd = at + length
    // A step beyond the record's end, by a length that lies, does not go unseen: in the end `at` has to be there exactly.
    at++ // Attributes.
    if (bytes[at]! < 0x80) at++
    else if ((at = skipped(bytes, at, recordEnd, 10)) === nowhere) return false
    const delta = index << 1
    if (delta < 0x80) {
      if (bytes[at++] !== delta) return false
    } else if (delta < 0x4000) {
      if (bytes[at] !== ((delta & 0x7f) | 0x80) || bytes[at + 1] !== delta >>> 7) return false
      at += 2
    } else if ((at = afterVarint(bytes, at, recordEnd, index)) === nowhere) return false
    const keyLength = bytes[at]!
    if (keyLength === nullLength) at++
    else if (keyLength < 0x80 && (keyLength & 1) === 0) at += 1 + (keyLength >>> 1)
    else if ((at = afterBlob(bytes, at, recordEnd)) === nowhere) return false
    const valueLength = bytes[at]!
    if (valueLength < 0x80 && (valueLength & 1) === 0) at += 1 + (valueLength >>> 1)
    else if ((at = afterBlob(bytes, at, recordEnd)) === nowhere) return false
    if (bytes[at] === 0)
      at++ // No headers.
    else if ((at = afterHeaders(bytes, at, recordEnd)) === nowhere) return false
    if (at !== recordEnd) return false
  }
  return at === end
}

/** Attributes, two deltas, two lengths and the number of headers. */
const recordBodyBytesMin = 6

/** Behind a varint of at most so many bytes. */
function skipped(bytes: Uint8Array, from: number, end: number, bytesMax: number): number {
  for (let at = from; at < end && at < from + bytesMax; at++) if (bytes[at]! < 0x80) return at + 1
  return nowhere
}

/** Behind a varint that has to be `value`. */
function afterVarint(bytes: Uint8Array, from: number, end: number, value: number): number {
  let rest = (value << 1) >>> 0
  let at = from
  for (; rest >= 0x80; rest >>>= 7) if (bytes[at++] !== ((rest & 0x7f) | 0x80)) return nowhere
  return at < end && bytes[at] === rest ? at + 1 : nowhere
}

/** Behind a length, -1 for none, and as many bytes. */
function afterBlob(bytes: Uint8Array, from: number, end: number): number {
  let at = from
  let raw = 0
  for (let shift = 0; ; shift += 7) {
    if (at >= end || shift > 28) return nowhere
    const byte = bytes[at++]!
    raw |= (byte & 0x7f) << shift
    if (byte < 0x80) break
  }
  const length = (raw >>> 1) ^ -(raw & 1)
  if (length < 0) return length === -1 ? at : nowhere
  return length > end - at ? nowhere : at + length
}

function afterHeaders(bytes: Uint8Array, from: number, end: number): number {
  let at = skipped(bytes, from, end, 5)
  if (at === nowhere) return nowhere
  let raw = 0
  for (let index = from; index < at; index++) raw |= (bytes[index]! & 0x7f) << (7 * (index - from))
  const count = (raw >>> 1) ^ -(raw & 1)
  if (count < 0) return nowhere
  for (let index = 0; index < count; index++) {
    if (bytes[at]! === nullLength && at < end) return nowhere // A header has a key.
    if ((at = afterBlob(bytes, at, end)) === nowhere) return nowhere
    if ((at = afterBlob(bytes, at, end)) === nowhere) return nowhere
  }
  return at
}

/** −1 as a varint. */
const nullLength = 1
