// SKIPPED.md names every API of Apache Kafka 4.3 that is not served, by key, and no other.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { routes } from '../../../src-broker/api/index.ts'
import { apis } from '../../../src-broker/protocol/messages/index.ts'

const text = readFileSync(join(import.meta.dirname, '../../../SKIPPED.md'), 'utf8')
/** DeleteShareGroupOffsets. */
const lastKey = 92

/** `24–28, 65` and as many names. */
const rows = [...text.matchAll(/^\| ([\d–, ]+) \| ([\w, ]+) \| (.+) \|$/gm)].map(([, keys = '', names = '', why]) => ({
  keys: keys.split(', ').flatMap((range) => {
    const [from, to = from] = range.split('–').map(Number)
    return Array.from({ length: to! - from! + 1 }, (_, index) => from! + index)
  }),
  names: names.split(', '),
  why,
}))

test('every API is either served or named with the reason why not', () => {
  const named = rows.flatMap(({ keys }) => keys)
  const all = [...routes.keys(), ...named].sort((one, other) => one - other)
  expect(all).toEqual(Array.from({ length: lastKey + 1 }, (_, key) => key))
  expect([...routes.keys()]).toEqual([...apis.keys()])
})

test('each key has its name', () => {
  for (const { keys, names } of rows) expect(names).toHaveLength(keys.length)
})
