// Zigzag varints as records use them: seven bits a byte, low bits first, at most 5 bytes for 32 bits and 10 for 64.
// 64-bit values are plain numbers, built from two halves.

import { CorruptBatch } from './corrupt-batch.ts'

/** Reads on from one place to the next in bytes[at, to) and never past the end. */
export class VarintReader {
  readonly bytes: Uint8Array
  at: number
  readonly to: number

  constructor(bytes: Uint8Array, at: number, to: number) {
    this.bytes = bytes
    this.at = at
    this.to = to
  }

  byte(): number {
    if (this.at >= this.to) throw new CorruptBatch('a record ends too early')
    return this.bytes[this.at++]!
  }

  varint(): number {
    const first = this.byte()
    if (first < 0x80) return (first >>> 1) ^ -(first & 1)
    let raw = first & 0x7f
    for (let shift = 7; shift < 35; shift += 7) {
      const next = this.byte()
      raw |= (next & 0x7f) << shift
      if (next < 0x80) return (raw >>> 1) ^ -(raw & 1)
    }
    throw new CorruptBatch('a varint of more than 5 bytes')
  }

  varlong(): number {
    let low = 0 // 28 bits
    let high = 0 // the other 36, as a number
    for (let index = 0; index < 10; index++) {
      const next = this.byte()
      if (index < 4) low |= (next & 0x7f) << (7 * index)
      else high += (next & 0x7f) * 2 ** (7 * (index - 4))
      if (next < 0x80) {
        const half = high * 134_217_728 + (low >>> 1)
        return (low & 1) === 0 ? half : -half - 1
      }
    }
    throw new CorruptBatch('a varlong of more than 10 bytes')
  }
}

/** Bytes of `value` as a varint, or a varlong: the two agree on small values. */
export function varlongBytes(value: number): number {
  let rest = value < 0 ? -2 * value - 1 : 2 * value
  let count = 1
  while (rest >= 128) {
    rest = Math.floor(rest / 128)
    count++
  }
  return count
}

/** Writes a varint or varlong and returns the index after it. */
export function writeVarlong(value: number, into: Uint8Array, at: number): number {
  let rest = value < 0 ? -2 * value - 1 : 2 * value
  let next = at
  while (rest >= 128) {
    into[next++] = (rest % 128) | 0x80
    rest = Math.floor(rest / 128)
  }
  into[next++] = rest
  return next
}
