// The LZ4 frame format, read with a bound on what comes out. The native decoder allocates what the input asks for.
//
//   frame    magic 04 22 4d 18 · FLG · BD · [content size, 8] · [dictionary id, 4] · header checksum · blocks · end mark 0
//            · [content checksum, 4]
//   FLG      bits 7–6 version 01 · 4 block checksums · 3 content size · 2 content checksum · 0 dictionary id
//   BD       bits 6–4 largest block: 4 is 64 KiB, 5 is 256 KiB, 6 is 1 MiB, 7 is 4 MiB
//   block    uint32 size, top bit set where the bytes are not compressed · bytes · [block checksum, 4]
//
// Little-endian. Checksums are not looked at: the batch around it has its own. A block may refer back into the blocks
// before it (bit 5 clear), which needs nothing more, since all of them go into one buffer.
import { CorruptBatch } from '../records/corrupt-batch.ts'

const magic = 0x184d2204
const minMatch = 4
/** A byte of a long match stands for 255 more, so that no block grows beyond this. */
const expansionMax = 255

/** The content of one or more frames. Throws CorruptBatch where it is none, or has more than `bytesMax` bytes. */
export function decodeLz4Frames(source: Uint8Array, bytesMax: number): Uint8Array {
  const view = new DataView(source.buffer, source.byteOffset, source.length)
  const output = new Output(Math.min(bytesMax, 4 * source.length), bytesMax)
  let at = 0
  while (at < source.length) at = decodeFrame(source, view, at, output)
  return output.taken()
}

function decodeFrame(source: Uint8Array, view: DataView, start: number, output: Output): number {
  if (source.length - start < 7 || view.getUint32(start, true) !== magic) throw new CorruptBatch('not an LZ4 frame')
  const flags = source[start + 4]!
  if (flags >> 6 !== 1) throw new CorruptBatch('an LZ4 frame of an unknown version')
  const sizeCode = (source[start + 5]! >> 4) & 7
  if (sizeCode < 4) throw new CorruptBatch('an LZ4 frame with an unknown block size')
  const blockBytesMax = 1 << (8 + 2 * sizeCode)
  const hasBlockChecksums = (flags & 0x10) !== 0
  let at = start + 6 + (flags & 0x08 ? 8 : 0) + (flags & 0x01 ? 4 : 0) + 1
  for (;;) {
    if (source.length - at < 4) throw new CorruptBatch('an LZ4 frame ends too early')
    const word = view.getUint32(at, true)
    at += 4
    if (word === 0) return at + (flags & 0x04 ? 4 : 0)
    const size = word & 0x7fff_ffff
    if (size > source.length - at) throw new CorruptBatch('an LZ4 block ends too early')
    if (word > 0x7fff_ffff) output.append(source, at, at + size)
    else output.appendBlock(source, at, at + size, blockBytesMax)
    at += size + (hasBlockChecksums ? 4 : 0)
  }
}

class Output {
  readonly #bytesMax: number
  #bytes: Uint8Array
  #length = 0

  constructor(bytesFirst: number, bytesMax: number) {
    this.#bytesMax = bytesMax
    this.#bytes = Buffer.allocUnsafe(bytesFirst)
  }

  taken(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  append(source: Uint8Array, from: number, to: number): void {
    if (to - from > this.#bytesMax - this.#length) throw tooMuch(this.#bytesMax)
    this.#ensure(to - from)
    this.#bytes.set(source.subarray(from, to), this.#length)
    this.#length += to - from
  }

  /** Block: token (literal length, match length - 4; 15 goes on in bytes of 255) · literals · distance, 2 · … The last has no match. */
  appendBlock(source: Uint8Array, from: number, to: number, blockBytesMax: number): void {
    const room = Math.min(blockBytesMax, (to - from) * expansionMax, this.#bytesMax - this.#length)
    this.#ensure(room)
    const into = this.#bytes
    const limit = this.#length + room
    let out = this.#length
    let at = from
    while (at < to) {
      const token = source[at++]!
      let length = token >> 4
      if (length === 15) {
        let more = 255
        while (more === 255 && at < to) length += more = source[at++]!
      }
      if (length > to - at) throw new CorruptBatch('LZ4 literals end too early')
      if (length > limit - out) throw tooMuch(this.#bytesMax)
      if (length > 32) into.set(source.subarray(at, at + length), out)
      else for (let index = 0; index < length; index++) into[out + index] = source[at + index]!
      at += length
      out += length
      if (at === to) break
      if (to - at < 2) throw new CorruptBatch('an LZ4 match ends too early')
      const distance = source[at]! | (source[at + 1]! << 8)
      at += 2
      if (distance === 0 || distance > out) throw new CorruptBatch('an LZ4 match from before the beginning')
      length = (token & 15) + minMatch
      if (length === 15 + minMatch) {
        let more = 255
        while (more === 255 && at < to) length += more = source[at++]!
      }
      if (length > limit - out) throw tooMuch(this.#bytesMax)
      if (length > 32 && distance >= length) into.copyWithin(out, out - distance, out - distance + length)
      else for (let index = 0; index < length; index++) into[out + index] = into[out + index - distance]!
      out += length
    }
    this.#length = out
  }

  #ensure(byteLength: number): void {
    if (byteLength <= this.#bytes.length - this.#length) return
    const grown = Buffer.allocUnsafe(
      Math.min(this.#bytesMax, Math.max(2 * this.#bytes.length, this.#length + byteLength)),
    )
    grown.set(this.taken())
    this.#bytes = grown
  }
}

const tooMuch = (bytesMax: number): CorruptBatch => new CorruptBatch(`more than ${bytesMax} bytes when decompressed`)
