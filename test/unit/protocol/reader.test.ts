import { expect, test } from 'vitest'
import { MalformedFrame, viewOf, WireReader } from '../../../src-broker/protocol/reader.ts'

const over = (...bytes: number[]) => new WireReader(new Uint8Array(bytes))

test('a reader stays between its bounds and can be moved', () => {
  const bytes = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8])
  const reader = new WireReader(bytes, 2, 4)
  expect(reader.int16()).toBe(0x0304)
  expect(() => reader.int8()).toThrow('value of length 1 with 0 bytes left')
  expect(reader.over(bytes, viewOf(bytes), 6, 8).int16()).toBe(0x0708)
  expect(reader.remaining).toBe(0)
})

test('a view over part of a buffer reads that part', () => {
  const part = new Uint8Array([0xff, 0, 0, 0, 42]).subarray(1)
  expect(new WireReader(part).int32()).toBe(42)
})

test('an unsigned varint has at most 32 bits in at most five bytes', () => {
  expect(over(0x7f).uvarint()).toBe(127)
  expect(over(0x80, 0x01).uvarint()).toBe(128)
  expect(over(0xff, 0xff, 0xff, 0xff, 0x0f).uvarint()).toBe(0xffff_ffff)
  expect(() => over(0xff, 0xff, 0xff, 0xff, 0x1f).uvarint()).toThrow('varint of more than 32 bits')
  expect(() => over(0xff, 0xff, 0xff, 0xff, 0xff, 0x01).uvarint()).toThrow('varint of more than 32 bits')
  expect(() => over(0x80, 0x80).uvarint()).toThrow(MalformedFrame)
})

test('int53 is exact to 2^53 and the nearest double beyond', () => {
  const int53 = (value: bigint) => {
    const bytes = new Uint8Array(8)
    new DataView(bytes.buffer).setBigInt64(0, value)
    return new WireReader(bytes).int53()
  }
  expect(int53(-1n)).toBe(-1)
  expect(int53(2n ** 53n - 1n)).toBe(Number.MAX_SAFE_INTEGER)
  expect(int53(-(2n ** 53n - 1n))).toBe(Number.MIN_SAFE_INTEGER)
  expect(int53(2n ** 53n + 3n)).toBe(Number(2n ** 53n + 3n))
  expect(int53(2n ** 63n - 1n)).toBe(2 ** 63)
  expect(int53(-(2n ** 63n))).toBe(-(2 ** 63))
})

test('an empty, a null and a refused string', () => {
  expect(over(0, 0).string()).toBe('')
  expect(over(0xff, 0xff).nullableString()).toBeNull()
  expect(() => over(0xff, 0xff).string()).toThrow('string of length -1 where null may not be')
  expect(over(0).compactNullableString()).toBeNull()
  expect(over(1).compactNullableString()).toBe('')
})
