import { expect, test } from 'vitest'
import { WireReader } from '../../../src-broker/protocol/reader.ts'
import { WireWriter } from '../../../src-broker/protocol/writer.ts'

function watched(slabBytes: number) {
  const allocated: number[] = []
  const writer = new WireWriter(slabBytes, (byteLength) => {
    allocated.push(byteLength)
    return new Uint8Array(byteLength)
  })
  return { writer, allocated }
}

test('frames that are taken share a slab until it is full', () => {
  const { writer, allocated } = watched(8)
  const taken = [1, 2, 3].map((value) => {
    writer.int32(value)
    return writer.take()
  })
  expect(taken).toEqual([new Uint8Array([0, 0, 0, 1]), new Uint8Array([0, 0, 0, 2]), new Uint8Array([0, 0, 0, 3])])
  expect(taken[0]!.buffer).toBe(taken[1]!.buffer)
  expect(allocated).toEqual([8, 12])
})

test('a frame that outgrows its slab moves as a whole; what was taken stays as it was', () => {
  const writer = new WireWriter(8)
  writer.int32(7)
  const earlier = writer.take()
  const begun = writer.beginFrame()
  writer.raw(new Uint8Array(100).fill(1))
  writer.endFrame(begun)
  expect(writer.take()).toEqual(new Uint8Array([0, 0, 0, 100, ...new Uint8Array(100).fill(1)]))
  expect(earlier).toEqual(new Uint8Array([0, 0, 0, 7]))
})

test('a large value is written once: what follows it finds room', () => {
  const { writer, allocated } = watched(64)
  writer.int32(1)
  writer.raw(new Uint8Array(1_000_000))
  writer.int32(2)
  expect(writer.length).toBe(1_000_008)
  expect(allocated).toEqual([64, 1_000_068])
})

test("a writer goes on in the caller's buffer while there is room", () => {
  const bytes = new Uint8Array(8)
  const writer = new WireWriter().into(bytes, 2)
  writer.uvarint(5)
  writer.int32(1)
  writer.int8(-1)
  expect(bytes).toEqual(new Uint8Array([0, 0, 5, 0, 0, 0, 1, 0xff]))
  expect(writer.length).toBe(6)
  writer.int8(9)
  expect(writer.take()).toEqual(new Uint8Array([5, 0, 0, 0, 1, 0xff, 9]))
})

test('rewinding forgets what was written behind a place', () => {
  const writer = new WireWriter()
  writer.int8(1)
  writer.int32(2)
  writer.rewind(1)
  writer.int8(3)
  expect(writer.take()).toEqual(new Uint8Array([1, 3]))
})

test('the size in front of something takes as many bytes as it needs, wherever the slab ends', () => {
  for (const size of [0, 1, 127, 128, 16_383, 16_384]) {
    for (const slab of [1, size, size + 1, size + 2, size + 3]) {
      const writer = new WireWriter(slab)
      const content = Uint8Array.from({ length: size }, (_, index) => index)
      const begun = writer.beginSized()
      writer.raw(content)
      writer.endSized(begun)
      writer.int8(42)
      const frame = writer.take()
      const reader = new WireReader(frame)
      expect(reader.uvarint()).toBe(size)
      expect(frame.subarray(frame.length - size - 1)).toEqual(new Uint8Array([...content, 42]))
    }
  }
})

test('int53 saturates at the ends of int64', () => {
  const hex = (value: number) => {
    const writer = new WireWriter()
    writer.int53(value)
    return Buffer.from(writer.take()).toString('hex')
  }
  expect(hex(-1)).toBe('ffffffffffffffff')
  expect(hex(2 ** 63)).toBe('7fffffffffffffff')
  expect(hex(-(2 ** 63))).toBe('8000000000000000')
  expect(hex(Number.MIN_SAFE_INTEGER)).toBe('ffe0000000000001')
})

test('a string that an int16 length cannot tell is refused, compact or not', () => {
  const writer = new WireWriter()
  expect(() => writer.string('ä'.repeat(16_384))).toThrow('a string of 32768 bytes; the wire takes 32767')
  expect(() => writer.compactString('ä'.repeat(16_384))).toThrow('a string of 32768 bytes; the wire takes 32767')
})

test('reading refuses what writing would, and bytes that are no UTF-8', () => {
  const long = Buffer.concat([Buffer.from([0x81, 0x80, 0x02]), Buffer.alloc(32_768, 0x61)])
  expect(() => new WireReader(long).compactString()).toThrow('string of length 32768; the most is 32767')
  expect(() => new WireReader(Buffer.from('0002ffff', 'hex')).string()).toThrow('string that is not UTF-8')
  expect(new WireReader(Buffer.from('0003efbfbd', 'hex')).string()).toBe('\ufffd')
})
