// The README says what the code says, word for word where both speak of the same.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { differencesTable } from '../../../src-broker/core/config/differences.ts'
import { defaultDataDirectory, usage } from '../../../src-main/options.ts'

const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8')

test('the start options are those of --help', () => {
  const options = usage.split('\n').filter((line) => line.startsWith('  --'))
  expect(options).toHaveLength(9)
  for (const line of options) expect(readme).toContain(line.slice(2).replace(` (${defaultDataDirectory()})`, ''))
})

test('the settings that differ from Kafka’s are those of the brokers', () => {
  expect(readme).toContain(differencesTable())
})
