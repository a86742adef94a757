// Public data that an npm package ships, as messages: vega-datasets, gathered by the Vega project from public sources.
import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { SampleSet } from '../contract/samples.ts'

export interface SampleRecord {
  /** Null where the data has nothing to key by. */
  readonly key: string | null
  /** JSON. */
  readonly value: string
}

interface SampleSource extends SampleSet {
  readonly file: string
  readonly records: (text: string) => SampleRecord[]
}

export const sampleSources: readonly SampleSource[] = [
  {
    name: 'flights',
    topic: 'flights',
    title: 'US flights: delay, distance and time of departure',
    recordCount: 200_000,
    keyedBy: 'hour of departure',
    file: 'flights-200k.json',
    records: (text) =>
      keyed<{ time: number }>(JSON.parse(text), ({ time }) => String(Math.floor(time)).padStart(2, '0')),
  },
  {
    name: 'departures',
    topic: 'departures',
    title: 'US departures of early 2001, from where to where',
    recordCount: 20_000,
    keyedBy: 'origin airport',
    file: 'flights-20k.json',
    records: (text) => keyed<{ origin: string }>(JSON.parse(text), ({ origin }) => origin),
  },
  {
    name: 'weather',
    topic: 'weather',
    title: 'Weather of Seattle and New York, day by day',
    recordCount: 2_922,
    keyedBy: 'location and date',
    file: 'weather.csv',
    records: (text) => keyed<Day>(rows(text) as unknown as Day[], ({ location, date }) => `${location}/${date}`),
  },
  {
    name: 'earthquakes',
    topic: 'earthquakes',
    title: 'Earthquakes of one week of 2018, all magnitudes',
    recordCount: 1_707,
    keyedBy: 'event id',
    file: 'earthquakes.json',
    records: (text) => keyed<{ id: string }>(JSON.parse(text).features, ({ id }) => id),
  },
  {
    name: 'movies',
    topic: 'movies',
    title: 'Films, their income and their ratings',
    recordCount: 3_201,
    keyedBy: 'title, null where there is none',
    file: 'movies.json',
    records: (text) =>
      keyed<{ Title: unknown }>(JSON.parse(text), ({ Title }) => (Title === null ? null : String(Title))),
  },
]

interface Day {
  readonly location: string
  readonly date: string
}

export async function readSamples({ file, records }: SampleSource): Promise<SampleRecord[]> {
  const entry = createRequire(import.meta.url).resolve('vega-datasets')
  return records(await readFile(join(dirname(entry), '../data', file), 'utf8'))
}

function keyed<Row>(all: readonly Row[], key: (row: Row) => string | null): SampleRecord[] {
  return all.map((row) => ({ key: key(row), value: JSON.stringify(row) }))
}

/** Comma-separated values without quotes, the first line naming the columns; what looks like a number becomes one. */
function rows(text: string): Record<string, string | number>[] {
  const [header = '', ...lines] = text.trimEnd().split(/\r?\n/)
  const names = header.split(',')
  const value = (cell: string) => (/^-?\d+(\.\d+)?$/.test(cell) ? Number(cell) : cell)
  return lines.map((line) => {
    const cells = line.split(',')
    return Object.fromEntries(names.map((name, index) => [name, value(cells[index] ?? '')]))
  })
}
