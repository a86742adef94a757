import { describe, expect, test } from 'vitest'
import { payloadOf } from '../../../src-main/services/payload.ts'

const of = (text: string | Buffer | null, bytesMax = 2_048) =>
  payloadOf(text === null ? null : Buffer.from(text), bytesMax)

describe('what a payload is shown as', () => {
  test('null, empty and text are three things', () => {
    expect([of(null), of(''), of('DTW')]).toEqual([
      { kind: 'null' },
      { kind: 'empty' },
      { kind: 'text', text: 'DTW', sizeBytes: 3, isCut: false },
    ])
  })

  test('JSON keeps the text it came as: integers beyond 2^53, their notation, the order and the spaces', () => {
    const text = ' {"id": 9007199254740993, "big":123456789012345678901234567890,"e":1.0E+2, "a":1,"a":2}\n'
    expect(of(text)).toEqual({ kind: 'json', text, sizeBytes: Buffer.byteLength(text), isCut: false })
  })

  test('objects and arrays are JSON; bare words, numbers and what only begins like JSON are text', () => {
    const kinds = ['{}', '[1]', '"DTW"', '42', 'null', 'true', '{"a":1', '{a:1}', '[1]]', '{}]'].map(
      (text) => of(text).kind,
    )
    expect(kinds).toEqual(['json', 'json', 'text', 'text', 'text', 'text', 'text', 'text', 'text', 'text'])
  })

  test('a deep nest of brackets neither overflows nor hangs', () => {
    expect(of('['.repeat(200_000) + ']'.repeat(200_000)).kind).toMatch(/json|text/)
  })

  test('what is no clean text is hex', () => {
    const kinds = [
      Buffer.from([0xff, 0xfe]),
      Buffer.from([0, 0, 0, 42]),
      Buffer.from('a\u0007b'),
      Buffer.from('tab\tand\r\nline'),
      Buffer.from('Zürich 🛫'),
      Buffer.from('\u001b[31mERROR\u001b[0m out of paper'),
    ]
    expect(kinds.map((bytes) => of(bytes).kind)).toEqual(['binary', 'binary', 'binary', 'text', 'text', 'text'])
    expect(of(Buffer.from([0xff, 0x00]))).toEqual({ kind: 'binary', hex: 'ff00', sizeBytes: 2, isCut: false })
  })

  test('a cut falls between characters, and the size tells what is missing', () => {
    const text = 'ü'.repeat(2_000)
    expect(of(text, 5)).toEqual({ kind: 'text', text: 'üü', sizeBytes: 4_000, isCut: true })
    expect(of('🛫🛫', 7)).toMatchObject({ text: '🛫', isCut: true })
    expect(of(`{"a":"${'x'.repeat(5_000)}"}`)).toMatchObject({ kind: 'json', sizeBytes: 5_008, isCut: true })
    expect(of(Buffer.alloc(10_000))).toMatchObject({ kind: 'binary', hex: '00'.repeat(2_048), isCut: true })
  })
})
