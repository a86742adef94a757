import { expect, test } from 'vitest'
import { decodeText, encodeText } from '../../../src-broker/base/text.ts'

test.each([
  ['nothing', ''],
  ['a line', 'orders 0 17\n'],
  ['a file of a hundred kilobytes', 'orders 0 17\n'.repeat(9_000)],
  ['what is not ASCII, wherever a stretch ends', `${'x'.repeat(4_095)}ü${'y'.repeat(4_096)}€ and 🗞`],
])('text comes back from bytes as it was: %s', (_, text) => {
  expect(decodeText(encodeText(text))).toBe(text)
})

test('what is no UTF-8 becomes a mark, and costs nothing of what is around it', () => {
  expect(decodeText(Uint8Array.of(0x61, 0xff, 0x62))).toBe('a\ufffdb')
})
