// The checksums of batches that follow each other in memory, all in one go. A checksum costs a call out of JavaScript, which for a
// batch of a kilobyte takes longer than the sum itself, and a recovery may meet a million of them.
//
// A CRC is linear: from the checksums that the batches name, their lengths and the few bytes between follows what the checksum
// of the whole stretch has to be, and one call tells whether it is. That is as strict as it is for one batch as long as the
// stretch. Errors within one of the batches show exactly where its own checksum would show them: both ask whether the
// polynomial divides the same error.

import * as batch from './batch.ts'

export class BatchRun {
  /** Behind the last whole batch. */
  end = 0
  /** Whether each of the batches has the checksum that it names. Where not, only they can tell which has not. */
  isValid = false

  /** Looks at the whole batches that begin at `from` and end by `to`. */
  check(bytes: Uint8Array, view: DataView, from: number, to: number, crc32c: batch.Crc32c): void {
    let at = from
    let state = initial
    while (batch.isWhole(view, at, to)) {
      const size = batch.sizeInBytes(view, at)
      if (at > from) state = passBody(passHead(state, bytes, view, at) ^ initial, size - batch.attributesAt)
      else state = 0
      state ^= ~batch.storedCrc(view, at)
      at += size
    }
    this.end = at
    this.isValid = at > from && crc32c(bytes, from + batch.attributesAt, at) === ~state >>> 0
  }
}

// The register of a CRC-32C: it begins with all ones, and what is left in it at the end, turned over, is the checksum. After a
// body it is what the batch says, if the register was fresh before; what it differed by has since passed as many zeros.

const initial = -1
const polynomial = 0x82f63b78

/** The register after the bytes before the attributes, which are in no batch's own checksum. */
function passHead(state: number, bytes: Uint8Array, view: DataView, at: number): number {
  let after = state
  for (let word = at; word < at + 20; word += 4) after = pass(zeros(2), after ^ view.getInt32(word, true))
  return pass(zeros(0), after ^ bytes[at + 20]!)
}

function passBody(state: number, byteLength: number): number {
  let after = state
  for (let power = 0, left = byteLength; left > 0; power++, left >>>= 1) {
    if ((left & 1) === 1) after = pass(zeros(power), after)
  }
  return after
}

/** What each byte of the register becomes by 2^power zeros, one table for each of the four: the sum of them is the whole. */
const zeros = (power: number): Int32Array => tables[power] ?? makeZeros(power)
const tables: Int32Array[] = []

const pass = (table: Int32Array, state: number): number =>
  table[state & 0xff]! ^
  table[0x100 | ((state >>> 8) & 0xff)]! ^
  table[0x200 | ((state >>> 16) & 0xff)]! ^
  table[0x300 | (state >>> 24)]!

function makeZeros(power: number): Int32Array {
  const table = new Int32Array(0x400)
  for (let index = 0; index < table.length; index++) {
    const state = (index & 0xff) << (8 * (index >>> 8))
    table[index] = power === 0 ? passZero(state) : pass(zeros(power - 1), pass(zeros(power - 1), state))
  }
  tables[power] = table
  return table
}

function passZero(state: number): number {
  let after = state
  for (let bit = 0; bit < 8; bit++) after = (after & 1) === 0 ? after >>> 1 : (after >>> 1) ^ polynomial
  return after
}
