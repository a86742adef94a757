// Results as tables that can be read in a terminal and pasted into Markdown.
import os from 'node:os'
import type { Reading } from './measure.ts'
import { type Cell, number, type Part } from './plan.ts'
import type { Result } from './rounds.ts'

interface Quantity {
  readonly heading: string
  readonly of: (reading: Reading) => number | null
  readonly digits: number
}

const megabytesPerSecond: Quantity = { heading: 'MB/s', of: (reading) => reading.megabytesPerSecond, digits: 0 }
const cpuPerMegabyte: Quantity = { heading: 'CPU ms/MB', of: (reading) => reading.cpuMsPerMegabyte, digits: 2 }
const requestsPerSecond: Quantity = { heading: 'requests/s', of: (reading) => reading.requestsPerSecond, digits: 0 }
const cpuPerRequest: Quantity = { heading: 'CPU µs/request', of: (reading) => reading.cpuUsPerRequest, digits: 1 }
const p50: Quantity = { heading: 'p50 µs', of: (reading) => reading.p50Us, digits: 0 }
const p99: Quantity = { heading: 'p99 µs', of: (reading) => reading.p99Us, digits: 0 }

const shown: Readonly<Record<Cell['part'], { readonly title: string; readonly quantities: readonly Quantity[] }>> = {
  produce: { title: 'Produce', quantities: [megabytesPerSecond, cpuPerMegabyte, cpuPerRequest] },
  requests: { title: 'One-record requests, 64 unanswered', quantities: [requestsPerSecond, cpuPerRequest] },
  fetch: { title: 'Fetch from the page cache', quantities: [megabytesPerSecond, cpuPerMegabyte] },
  latency: { title: 'Acknowledgement, open loop', quantities: [p50, p99, cpuPerRequest] },
}

/** The first subject's numbers, and beside each the ratio to every other. All results are of one part. */
export function partTable(results: readonly Result[]): string {
  const { title, quantities } = shown[results[0]!.cell.part]
  const [ours, ...others] = [...results[0]!.readings.keys()]
  const rows = results.map(({ cell, readings }) => {
    const own = readings.get(ours!)!
    const compared = others.map((name) =>
      quantities.map((quantity) => comparison(quantity, own, readings.get(name))).join(', '),
    )
    return [cell.title, ...quantities.map((quantity) => plain(quantity, own)), ...compared]
  })
  const compares = others.map((name) => `${name}: ${quantities.map(({ heading }) => heading).join(', ')}`)
  return table([title, ...quantities.map(({ heading }) => heading), ...compares], rows)
}

const plain = ({ of, digits }: Quantity, reading: Reading): string => {
  const value = of(reading)
  return value === null ? '–' : number(value, digits)
}

/** The other's value, and ours as a multiple of it. */
function comparison(quantity: Quantity, own: Reading, other: Reading | undefined): string {
  if (other === undefined) return '–'
  const [mine, theirs] = [quantity.of(own), quantity.of(other)]
  return mine === null || theirs === null ? '–' : `${number(theirs, quantity.digits)} (${number(mine / theirs, 2)} ×)`
}

export interface SingleValue {
  readonly part: Part
  readonly title: string
  readonly unit: string
  readonly value: number
  readonly control: { readonly name: string; readonly value: number } | null
}

export function singleValuesTable(values: readonly SingleValue[]): string {
  const rows = values.map(({ title, unit, value, control }) => [
    title,
    `${number(value)} ${unit}`,
    control === null ? '–' : `${number(control.value)} ${unit} (${number(value / control.value, 2)} ×)`,
    control?.name ?? '–',
  ])
  return table(['Start, memory, recovery', 'pressroom', 'control', 'which'], rows)
}

function table(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = heading.map((text, column) => Math.max(text.length, ...rows.map((row) => row[column]!.length)))
  const line = (texts: readonly string[]) =>
    `| ${texts.map((text, column) => (column === 0 ? text.padEnd(widths[column]!) : text.padStart(widths[column]!))).join(' | ')} |`
  const rule = `|${widths.map((width, column) => `${'-'.repeat(width + 1)}${column === 0 ? '-' : ':'}`).join('|')}|`
  return [line(heading), rule, ...rows.map(line), ''].join('\n')
}

export function machine(): string {
  const cpus = os.cpus()
  const gigabytes = Math.round(os.totalmem() / 2 ** 30)
  return `${cpus.length} × ${cpus[0]?.model.trim() ?? process.arch}, ${gigabytes} GB, ${os.type()} ${os.release()}, Node ${process.versions.node}`
}
