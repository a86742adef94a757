import { describe, expect, test } from 'vitest'
import { readSamples, sampleSources } from '../../../src-main/services/sample-sets.ts'

describe('sample data', () => {
  test.each(sampleSources.map((source) => [source.name, source] as const))(
    '%s has as many records as it says, each JSON, keyed as it says',
    async (_name, source) => {
      const records = await readSamples(source)
      expect(records).toHaveLength(source.recordCount)
      const sampled = [records[0]!, records[Math.floor(records.length / 2)]!, records.at(-1)!]
      expect(sampled.map(({ key, value }) => `${key} ${value.slice(0, 60)}`)).toMatchSnapshot()
      for (const { value } of sampled) JSON.parse(value)
    },
  )

  test('together they are more than a hundred thousand, over keys enough to spread', async () => {
    const total = sampleSources.reduce((sum, { recordCount }) => sum + recordCount, 0)
    expect(total).toBeGreaterThan(200_000)
    const flights = await readSamples(sampleSources[0]!)
    expect(new Set(flights.map(({ key }) => key)).size).toBe(24)
  })
})
