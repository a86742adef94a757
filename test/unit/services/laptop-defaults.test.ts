import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { configSources } from '../../../src-broker/client/configs.ts'
import { laptopDefaultsAmong, reasons } from '../../../src-main/services/laptop-defaults.ts'

const entry = (name: string, value: string, source: number, defaultValue: string | null) => ({
  ...{ name, value, source, defaultValue, inheritedValue: value, isReadOnly: false },
  documentation: `What ${name} is.`,
})

test('what differs from Kafka says why, and what is Kafka’s own or the user’s is not in the list', () => {
  const { static: started, allBrokers, default: kafkas } = configSources
  const list = laptopDefaultsAmong([
    entry('num.partitions', '3', started, '1'),
    entry('min.insync.replicas', '2', allBrokers, '1'), // It follows the number of brokers.
    entry('log.retention.ms', '1000', allBrokers, '604800000'), // Somebody wanted it so.
    entry('num.io.threads', '8', kafkas, '8'),
    entry('node.id', '1', started, null),
  ])
  expect(list.map(({ name, value, kafkaDefault }) => `${name} ${value} ${kafkaDefault}`)).toEqual([
    'num.partitions 3 1',
    'min.insync.replicas 2 1',
  ])
  expect(list[0]!.why).toBe('one for each broker, so that every broker has something to lead')
})

test('README and the window list the same settings', () => {
  const readme = readFileSync(join(import.meta.dirname, '../../../README.md'), 'utf8')
  const table = readme.slice(readme.indexOf("## Settings that differ from Kafka's"), readme.indexOf('## Limits'))
  const names = [...table.matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name)
  expect(names).toEqual(Object.keys(reasons))
})
