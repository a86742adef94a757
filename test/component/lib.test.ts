import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RequestFailed } from '../../src-main/contract/rpc.ts'
import { createClient } from '../../src-renderer/api/client.ts'
import { bytes, configHint, count, duration, ranges } from '../../src-renderer/lib/format.ts'
import { cleanHex, hexLine, hexLineCount } from '../../src-renderer/lib/hex.ts'
import { compact, pretty, prettyText, tokenize } from '../../src-renderer/lib/json.ts'
import { matchScore } from '../../src-renderer/lib/match.ts'
import { href, parseRoute } from '../../src-renderer/lib/route.ts'
import { dateTime, parseTime } from '../../src-renderer/lib/time.ts'
import { pieces, plain } from '../../src-renderer/lib/visible.ts'
import { wrapLines, wrapText } from '../../src-renderer/lib/wrap.ts'

test('tokens put together are the text again, whatever it is', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.json(),
        fc.json().map((j) => j.slice(0, j.length / 2)),
      ),
      (text) => {
        expect(
          tokenize(text)
            .map((token) => token.text)
            .join(''),
        ).toBe(text)
      },
    ),
  )
})

test('pretty JSON says the same as the JSON it was made from', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const text = JSON.stringify(value)
      expect(JSON.stringify(JSON.parse(prettyText(text)))).toBe(JSON.stringify(JSON.parse(text)))
    }),
  )
})

test('pretty JSON reads as people write it, numbers untouched', () => {
  const text = '{"id":18446744073709551615,"empty":{},"tags":["a",1.50],"deep":[{"x":[]}]}'
  expect(prettyText(text)).toMatchInlineSnapshot(`
          "{
            "id": 18446744073709551615,
            "empty": {},
            "tags": ["a", 1.50],
            "deep": [
              {
                "x": []
              }
            ]
          }"
        `)
})

test('a text of open brackets, a cut text and a megabyte in one string come through', () => {
  expect(pretty('['.repeat(20_000)).length).toBe(20_000)
  expect(prettyText('{"a":"cut in the mid')).toBe('{\n  "a": "cut in the mid')
  const long = `"${'x\\"'.repeat(400_000)}"`
  expect(tokenize(long)).toEqual([{ kind: 'string', text: long }])
  expect(compact(long, 50)[0]!.text.length).toBe(50)
})

test('what hides or reorders is cut out and named; all else stays text', () => {
  expect(pieces('a\u202Eb\u200B<b>')).toEqual([
    'a',
    { mark: 'U+202E', name: 'U+202E right-to-left override' },
    'b',
    { mark: 'U+200B', name: 'U+200B zero-width space' },
    '<b>',
  ])
  expect(plain('tab\tline\n\u0000\ud800 é 語')).toBe('tab<⇥>line<↵><U+0000><U+D800> é 語')
})

test('a joiner is left alone between two emoji, and nowhere else', () => {
  for (const one of ['👩‍👩‍👧', '🏳️‍🌈', '👩🏽‍🚀']) expect(pieces(one)).toEqual([one])
  expect(plain('👩\u200d a\u200db \u200d👩')).toBe('👩<U+200D> a<U+200D>b <U+200D>👩')
})

test('times can be typed as they are shown, in either zone', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 4_000_000_000_000 }),
      fc.constantFrom('utc' as const, 'local' as const),
      (ms, zone) => {
        expect(parseTime(dateTime(ms, zone), zone)).toBe(ms)
      },
    ),
  )
  expect(parseTime('2026-02-30 10:00', 'utc')).toBeNull()
  expect(parseTime('2026-11-21T09:30Z', 'local')).toBe(Date.UTC(2026, 10, 21, 9, 30))
  expect(dateTime(2 ** 62, 'utc')).toBe(String(2 ** 62))
})

test('routes survive the address bar', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (name) => {
      const route = { view: 'group', groupId: name, tab: 'members', reset: name } as const
      expect(parseRoute(href(route))).toEqual(route)
    }),
  )
  expect(parseRoute('#/topics/%E0%A4%A/messages')).toMatchObject({ view: 'topic', topic: '%E0%A4%A' })
  expect(parseRoute('#/nonsense')).toEqual({ view: 'cluster' })
})

test('numbers, sizes, durations and ranges', () => {
  expect([count(16_104), bytes(999), bytes(1234), bytes(412_000_000), bytes(99_960)]).toEqual([
    '16,104',
    '999 B',
    '1.2 KB',
    '412 MB',
    '100 KB',
  ])
  expect([0.04, 38, 1900, 59_990, 112_000, 7_500_000].map(duration)).toEqual([
    '0.04 ms',
    '38 ms',
    '1.9 s',
    '1 min',
    '1 min 52 s',
    '2 h 5 min',
  ])
  expect(ranges([5, 1, 2, 3, 9])).toBe('1–3, 5, 9')
  expect([
    configHint('retention.ms', '604800000'),
    configHint('retention.bytes', '-1'),
    configHint('cleanup.policy', 'delete'),
  ]).toEqual(['7 d', 'no limit', null])
})

test('hex', () => {
  expect([cleanHex('0xDE ad:be,ef'), cleanHex('abc'), cleanHex('zz')]).toEqual(['deadbeef', null, null])
  expect([hexLineCount('00'.repeat(17), 16), hexLine(`41${'00'.repeat(16)}`, 0, 16).text]).toEqual([
    2,
    'A···············',
  ])
})

test('the best match is the name itself, then its start, then a word in it', () => {
  const order = (typed: string, names: string[]): string[] =>
    names.toSorted((a, b) => matchScore(b, typed) - matchScore(a, typed))
  expect(order('orders', ['reorders', 'old-orders', 'orders.v2', 'orders'])).toEqual([
    'orders',
    'orders.v2',
    'old-orders',
    'reorders',
  ])
  expect(matchScore('payments', 'xyz')).toBe(0)
})

test('a request fails with its code, and what waited when the host went away fails too', async () => {
  let deliver: (message: unknown) => void = () => {}
  let report: (status: 'open' | 'gone') => void = () => {}
  const sent: unknown[] = []
  const client = createClient({
    post: (message) => void sent.push(message),
    onMessage: (callback) => void (deliver = callback),
    onStatus: (callback) => void (report = callback),
  })
  client.onStatus(() => {})
  report('open')
  const refused = client.api['topics.delete']({ topic: 'x' })
  expect(sent).toEqual([{ t: 'req', id: 1, m: 'topics.delete', a: { topic: 'x' } }])
  deliver({ t: 'err', id: 1, e: { code: 'UNKNOWN_TOPIC_OR_PARTITION', message: 'There is no topic x.' } })
  await expect(refused).rejects.toEqual(new RequestFailed('UNKNOWN_TOPIC_OR_PARTITION', 'There is no topic x.'))
  const waiting = client.api['topics.list']()
  report('gone')
  await expect(waiting).rejects.toMatchObject({ code: 'HOST_GONE' })
})

test('lines are cut to a width, a character of two units is not, and tokens keep their kind', () => {
  const texts = wrapText(['abcdefgh', '', 'ab😀cd'], 3).map(
    ({ content, isContinued }) => `${isContinued ? '↪' : ''}${content}`,
  )
  expect(texts).toEqual(['abc', '↪def', '↪gh', '', 'ab', '↪😀c', '↪d'])
  const lines = wrapLines(pretty('{"key":"abcdefghij"}'), 10)
  expect(lines.map(({ content }) => content.tokens.map(({ kind, text }) => `${kind} ${text}`))).toEqual([
    ['punctuation {'],
    ['key "key"', 'punctuation : ', 'string "'],
    ['string abcdefgh'],
    ['string ij"'],
    ['punctuation }'],
  ])
  expect(wrapText(['😀😀'], 1).map(({ content }) => content)).toEqual(['😀', '😀'])
})
