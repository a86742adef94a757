import fc from 'fast-check'
import { expect, test } from 'vitest'
import { viewOf } from '../../../src-broker/protocol/reader.ts'
import { readText, readUuid } from '../../../src-broker/protocol/text-cache.ts'

const utf8 = (text: string) => new TextEncoder().encode(text)

test('a text reads the same the second time, whatever was read between', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ maxLength: 80 }), { minLength: 1, maxLength: 50 }), (texts) => {
      for (const text of [...texts, ...texts]) expect(readText(utf8(text), 0, utf8(text).length)).toBe(text)
    }),
  )
})

test('texts that fall on the same slot do not take each other for themselves', () => {
  // More texts than slots, of one length: collisions are certain.
  for (let round = 0; round < 2; round++) {
    for (let number = 1000; number < 6000; number++) {
      expect(readText(utf8(`topic-${number}`), 0, 10)).toBe(`topic-${number}`)
    }
  }
})

test('a text is read from its place among others', () => {
  expect(readText(utf8('ordersinvoices'), 6, 14)).toBe('invoices')
  expect(readText(utf8('xGrüße'), 1, 8)).toBe('Grüße')
})

test('ids of 16 bytes read as lower-case hex, with and without the cache', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ minLength: 16, maxLength: 16 }), { minLength: 1, maxLength: 50 }), (ids) => {
      for (const id of [...ids, ...ids]) expect(readUuid(viewOf(id), 0)).toBe(Buffer.from(id).toString('hex'))
    }),
  )
  expect(readUuid(viewOf(new Uint8Array(16)), 0)).toBe('0'.repeat(32))
})

test('ids that fall on the same slot do not take each other for themselves', () => {
  for (const word of [0, 4, 8, 12]) {
    const id = new Uint8Array(16).fill(0xab)
    for (let number = 0; number < 5000; number++) {
      viewOf(id).setInt32(word, number)
      expect(readUuid(viewOf(id), 0)).toBe(Buffer.from(id).toString('hex'))
    }
  }
})
